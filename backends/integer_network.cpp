#include "backends/integer_network.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace loci::backends {

void validate(const IntegerNetwork& network) {
  if (network.layers.empty()) throw std::invalid_argument("an integer network has no layer");
  std::size_t n_sources = network.n_inputs();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerLayer& layer = network.layers[l];
    const IntegerConnection& incoming = layer.incoming;
    const auto require = [&](bool fits, const char* what) {
      if (!fits) throw std::invalid_argument(fmt::format("layer {} of an integer network: {}", l, what));
    };
    require(incoming.n_sources == n_sources, "its sources are not as many as the layer before has neurons");
    require(incoming.n_targets == layer.size(), "its connection and its thresholds differ in number");
    const std::size_t n_pairs = incoming.n_sources * incoming.n_targets;
    require(incoming.weight.size() == n_pairs, "its weights are not (sources, targets)");
    require(incoming.delay.empty() || incoming.delay.size() == n_pairs,
            "its delays are not (sources, targets)");
    n_sources = layer.size();
  }
}

}  // namespace loci::backends
