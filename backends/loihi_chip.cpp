#include "backends/loihi_chip.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <stdexcept>

namespace loci::backends {

LoihiChip::LoihiChip(const IntegerNetwork& network, std::vector<LoihiReset> resets) : network_(network) {
  validate(network);
  if (!resets.empty() && resets.size() != network.layers.size())
    throw std::invalid_argument("a Loihi network has not one periodic reset a layer");
  resets.resize(network.layers.size());
  const auto sums = sums_of_magnitudes(network.layers.front().incoming);
  if (!sums.empty()) largest_first_sum_ = *std::ranges::max_element(sums);
  layers_.reserve(network.layers.size());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerLayer& layer = network.layers[l];
    layers_.push_back({SpikeSums(layer.incoming), {layer.model, layer.parameters}, resets[l], {}});
  }
}

void LoihiChip::step(const LoihiInput& input) {
  require_fits(input);
  ++now_;
  // The last layer first: each takes what the one before it sent in the step before.
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    const LoihiReset& reset = layer.reset;
    if (reset.interval > 0 && now_ % reset.interval == reset.offset % reset.interval) layer.neurons.clear();
    std::span<const std::int32_t> sums =
        l == 0 ? layer.sums.step(sent_, sent_payload_) : layer.sums.step(layers_[l - 1].fired);
    if (l == 0 && !input.dendrite.empty()) {
      together_.resize(sums.size());
      std::ranges::transform(sums, input.dendrite, together_.begin(), std::plus{});
      sums = together_;
    }
    layer.neurons.leak();
    layer.neurons.integrate(sums);
    layer.fired.clear();
    layer.neurons.fire(layer.fired);
  }
  sent_.assign(input.fired.begin(), input.fired.end());
  sent_payload_.assign(input.payload.begin(), input.payload.end());
}

void LoihiChip::require_fits(const LoihiInput& input) const {
  const auto require = [](bool fits, const char* what) {
    if (!fits) throw std::invalid_argument(what);
  };
  const std::size_t n_inputs = network_.n_inputs();
  require(std::ranges::all_of(input.fired, [&](auto source) { return source < n_inputs; }),
          "a Loihi network has not the inputs that spike");
  require(input.payload.empty() || input.payload.size() == input.fired.size(),
          "spikes and their payloads differ in number");
  require(input.dendrite.empty() || input.dendrite.size() == network_.layers.front().size(),
          "the sums that reach a Loihi network are not as many as its first layer's neurons");
  for (const std::int64_t payload : input.payload)
    require(std::abs(payload) * largest_first_sum_ <= largest_sum, "the payload of a spike is too large");
}

void LoihiChip::clear() {
  for (Layer& layer : layers_) {
    layer.sums.clear();
    layer.neurons.clear();
    layer.fired.clear();
  }
  sent_.clear();
  sent_payload_.clear();
  now_ = 0;
}

void LoihiChip::run(const IntegerStimulus& stimulus, sim::Step n_steps, EmulationListener& listener) {
  clear();
  const auto n_lagging = static_cast<sim::Step>(layers_.size());
  for (sim::Step chip_step = 0; chip_step < n_steps + n_lagging; ++chip_step) {
    const bool has_spikes =
        stimulus.spikes != nullptr && chip_step < n_steps && chip_step + 1 < stimulus.spikes->begin.size();
    step({.fired = has_spikes ? stimulus.spikes->at(chip_step) : std::span<const std::uint32_t>{},
          .payload = {},
          .dendrite = stimulus.sums});
    for (std::size_t l = 0; l < layers_.size(); ++l)
      listener.on_step(l, chip_step, layers_[l].fired, layers_[l].neurons);
  }
}

}  // namespace loci::backends
