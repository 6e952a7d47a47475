#include "backends/emulator.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

namespace loci::backends {

Emulator::Emulator(const IntegerNetwork& network) : network_(network) {
  validate(network);
  layers_.reserve(network.layers.size());
  for (const IntegerLayer& layer : network.layers)
    layers_.push_back({layer.incoming, SpikeSums(layer.incoming), {layer.model, layer.parameters}});
}

void Emulator::run(const IntegerStimulus& stimulus, sim::Step n_steps, EmulationListener& listener) {
  require_fits(stimulus);
  for (Layer& layer : layers_) {
    layer.sums.clear();
    layer.neurons.clear();
  }
  const bool one_by_one = network_.order == SpikeOrder::one_by_one;
  std::vector<std::uint32_t> arriving;
  for (sim::Step step = 0; step < n_steps; ++step) {
    arriving.clear();
    if (stimulus.spikes != nullptr && step + 1 < stimulus.spikes->begin.size()) {
      const auto spikes = stimulus.spikes->at(step);
      arriving.assign(spikes.begin(), spikes.end());
    }
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      fired_.clear();
      if (one_by_one)
        step_one_by_one(layers_[l], arriving);
      else
        step_summed(layers_[l], arriving, l == 0 ? stimulus.sums : std::span<const std::int32_t>{});
      listener.on_step(l, step, fired_, layers_[l].neurons);
      std::swap(arriving, fired_);
    }
  }
}

void Emulator::step_summed(Layer& layer, std::span<const std::uint32_t> arriving,
                           std::span<const std::int32_t> constant) {
  std::span<const std::int32_t> sums = layer.sums.step(arriving);
  if (!constant.empty()) {
    together_.resize(sums.size());
    std::ranges::transform(sums, constant, together_.begin(), std::plus{});
    sums = together_;
  }
  layer.neurons.leak();
  layer.neurons.integrate(sums);
  layer.neurons.fire(fired_);
}

void Emulator::step_one_by_one(Layer& layer, std::span<const std::uint32_t> arriving) {
  const std::size_t n = layer.incoming.n_targets;
  layer.neurons.leak();
  layer.neurons.fire(fired_);
  for (const std::uint32_t source : arriving) {
    layer.neurons.add(std::span(layer.incoming.weight).subspan(source * n, n));
    layer.neurons.fire(fired_);
  }
}

void Emulator::require_fits(const IntegerStimulus& stimulus) const {
  const auto require = [](bool fits, const char* what) {
    if (!fits) throw std::invalid_argument(what);
  };
  const std::size_t n_inputs = network_.n_inputs();
  if (stimulus.spikes != nullptr)
    require(std::ranges::all_of(stimulus.spikes->neuron, [&](auto input) { return input < n_inputs; }),
            "a stimulus has spikes of inputs that the integer network does not have");
  if (stimulus.sums.empty()) return;
  require(network_.order == SpikeOrder::summed,
          "sums cannot drive an integer network that takes spikes one by one");
  require(stimulus.sums.size() == network_.layers.front().size(),
          "a stimulus has not one sum for each neuron of the integer network's first layer");
  require(
      std::ranges::all_of(stimulus.sums, [](auto sum) { return std::abs(std::int64_t{sum}) <= largest_sum; }),
      "a stimulus has sums too large to be added to those of spikes");
}

Overflows Emulator::overflows() const {
  Overflows all;
  for (const Layer& layer : layers_) {
    all.membrane += layer.neurons.overflows().membrane;
    all.current += layer.neurons.overflows().current;
  }
  return all;
}

}  // namespace loci::backends
