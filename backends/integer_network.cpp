#include "backends/integer_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>

namespace loci::backends {

namespace {

class LayerCheck {
 public:
  LayerCheck(const IntegerLayer& layer, std::size_t index) : layer_(layer), index_(index) {}

  void sizes(std::size_t n_sources) const {
    const IntegerConnection& incoming = layer_.incoming;
    const IntegerParameters& parameters = layer_.parameters;
    require(incoming.n_sources == n_sources, "its sources are not as many as the layer before has neurons");
    require(incoming.n_targets == layer_.size(), "its connection and its thresholds differ in number");
    require(parameters.leak.size() == layer_.size(), "its leaks and its thresholds differ in number");
    require(parameters.bias.empty() || parameters.bias.size() == layer_.size(),
            "its biases and its thresholds differ in number");
    const std::size_t n_pairs = incoming.n_sources * incoming.n_targets;
    require(incoming.weight.size() == n_pairs, "its weights are not (sources, targets)");
    require(incoming.delay.empty() || incoming.delay.size() == n_pairs,
            "its delays are not (sources, targets)");
  }

  void registers() const {
    const auto of_32_bits = [](const Range& range) {
      return std::numeric_limits<std::int32_t>::lowest() <= range.lowest && range.lowest <= range.highest &&
             range.highest <= std::numeric_limits<std::int32_t>::max();
    };
    const IntegerModel& model = layer_.model;
    require(of_32_bits(model.membrane), "its membrane's range is empty or has more than 32 bits");
    require(!model.current || of_32_bits(model.current->range),
            "its current's range is empty or has more than 32 bits");
    require(!model.current || (0 <= model.current->bits && model.current->bits <= 31 &&
                               0 <= model.current->factor && model.current->factor <= largest_sum),
            "its current forgets by a factor that is negative or too large, or by more than 31 bits");
    require(0 <= model.leak_bits && model.leak_bits <= 31,
            "its leak is shifted by less than 0 or more than 31 bits");
    require(0 <= model.input_shift && model.input_shift <= 31,
            "its input is shifted by less than 0 or more than 31 bits");
  }

  // No sum of a step needs more than 31 bits, whoever fires.
  void sums() const {
    const IntegerConnection& incoming = layer_.incoming;
    require(std::abs(incoming.exponent) <= 15, "its weights' exponent is not in -15..15");
    const std::vector<std::int64_t> most = sums_of_magnitudes(incoming);
    const std::int64_t largest = most.empty() ? 0 : *std::ranges::max_element(most);
    require(largest << std::max(0, incoming.exponent) <= largest_sum,
            "the weights of a neuron add up to more than its sums can hold");
  }

  // Who looks at thresholds after each spike has no sums.
  void one_by_one() const {
    const IntegerModel& model = layer_.model;
    require(std::ranges::all_of(layer_.incoming.delay, [](auto delay) { return delay == 0; }) &&
                layer_.incoming.exponent == 0 && model.input_shift == 0,
            "spikes that arrive one by one have no delays, exponents or shifts");
    require(!model.current && layer_.parameters.bias.empty(),
            "where spikes arrive one by one there are no currents or biases");
    require(model.reset_time == ResetTime::at_once,
            "where spikes arrive one by one resets cannot wait for the next update");
  }

  void in_turn() const {
    const IntegerModel& model = layer_.model;
    require(std::ranges::all_of(layer_.incoming.delay, [](auto delay) { return delay == 0; }) &&
                layer_.incoming.exponent >= 0 && model.input_shift == 0,
            "spikes that arrive in turn have no delays, negative exponents or shifts");
    require(!model.current && layer_.parameters.bias.empty(),
            "where spikes arrive in turn there are no currents or biases");
  }

 private:
  void require(bool fits, const char* what) const {
    if (!fits) throw std::invalid_argument(fmt::format("layer {} of an integer network: {}", index_, what));
  }

  const IntegerLayer& layer_;
  std::size_t index_;
};

}  // namespace

std::vector<std::int64_t> sums_of_magnitudes(const IntegerConnection& connection) {
  std::vector<std::int64_t> sums(connection.n_targets);
  for (std::size_t pair = 0; pair < connection.weight.size(); ++pair)
    sums[pair % connection.n_targets] += std::abs(connection.weight[pair]);
  return sums;
}

void validate(const IntegerNetwork& network) {
  if (network.layers.empty()) throw std::invalid_argument("an integer network has no layer");
  std::size_t n_sources = network.n_inputs();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LayerCheck check(network.layers[l], l);
    check.sizes(n_sources);
    check.registers();
    check.sums();
    if (network.order == SpikeOrder::one_by_one) check.one_by_one();
    if (network.order == SpikeOrder::in_turn) check.in_turn();
    n_sources = network.layers[l].size();
  }
}

}  // namespace loci::backends
