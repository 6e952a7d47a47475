#include "backends/emulator.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

namespace loci::backends {

namespace {

constexpr std::span<const std::int32_t> no_sums;

void append_spikes(const IntegerStimulus& stimulus, sim::Step step, std::vector<std::uint32_t>& arriving) {
  if (stimulus.spikes == nullptr || step + 1 >= stimulus.spikes->begin.size()) return;
  const auto spikes = stimulus.spikes->at(step);
  arriving.insert(arriving.end(), spikes.begin(), spikes.end());
}

}  // namespace

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
  const auto n_layers = static_cast<sim::Step>(layers_.size());
  // The last layer's steps before its first input.
  const sim::Step n_before = n_layers * network_.layer_latency;
  std::vector<std::uint32_t> arriving;
  for (sim::Step step = 0; step < n_before + n_steps; ++step) {
    const bool has_input = step >= n_before;
    arriving.clear();
    if (has_input) append_spikes(stimulus, step - n_before, arriving);
    for (sim::Step l = 0; l < n_layers; ++l) {
      const bool has_begun = step + (l + 1) * network_.layer_latency >= n_before;
      fired_.clear();
      if (has_begun) advance(layers_[l], arriving, has_input && l == 0 ? stimulus.sums : no_sums);
      if (has_input) listener.on_step(l, step - n_before, fired_, layers_[l].neurons);
      std::swap(arriving, fired_);
    }
  }
}

void Emulator::advance(Layer& layer, std::span<const std::uint32_t> arriving,
                       std::span<const std::int32_t> constant) {
  if (network_.order == SpikeOrder::one_by_one)
    step_one_by_one(layer, arriving);
  else if (network_.order == SpikeOrder::in_turn)
    step_in_turn(layer, arriving);
  else
    step_summed(layer, arriving, constant);
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

void Emulator::step_in_turn(Layer& layer, std::span<const std::uint32_t> arriving) {
  layer.neurons.leak();
  for (const std::uint32_t source : arriving)
    layer.neurons.add(layer.sums.step(std::span(&source, 1)));  // one spike's weights, scaled
  layer.neurons.fire(fired_);
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
          "sums cannot drive an integer network whose spikes arrive one after another");
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
