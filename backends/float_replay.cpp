#include "backends/float_replay.hpp"

#include <algorithm>
#include <cassert>

#include "sim/lif.hpp"

namespace loci::backends {

// In the order of sim's own sum, which makes the result the same to the bit.
std::vector<double> first_layer_currents(const FloatNetwork& network, std::span<const std::uint8_t> pixels) {
  const FloatLayer& layer = network.layers.front();
  assert(pixels.size() == layer.n_sources);
  std::vector<double> currents = layer.bias;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] == 0) continue;
    const double amplitude = pixels[i] / 255.0;
    const float* row = &layer.weight[i * layer.n_targets];
    for (std::size_t j = 0; j < layer.n_targets; ++j) currents[j] += amplitude * row[j];
  }
  return currents;
}

void FloatReplay::run(const FloatStimulus& stimulus, sim::Step n_steps, LayerTrains& spikes) {
  spikes.resize(network_.layers.size());
  const sim::SpikeTrains* input = stimulus.spikes;
  for (std::size_t l = 0; l < network_.layers.size(); ++l) {
    const FloatLayer& layer = network_.layers[l];
    const bool driven = l == 0 && !stimulus.currents.empty();
    run_layer(layer, input, driven ? stimulus.currents : std::span<const double>(layer.bias), n_steps,
              spikes[l]);
    input = &spikes[l];
  }
}

void FloatReplay::run_layer(const FloatLayer& layer, const sim::SpikeTrains* input,
                            std::span<const double> currents, sim::Step n_steps, sim::SpikeTrains& fired) {
  const std::size_t n = layer.n_targets;
  const sim::LifDynamics lif(layer.lif);
  const bool delayed = !layer.delay.empty();
  arrived_.assign(delayed ? n_steps * n : n, 0.0);
  membrane_.assign(n, 0.0);
  fired.begin.assign(1, 0);
  fired.neuron.clear();
  for (sim::Step now = 0; now < n_steps; ++now) {
    if (input != nullptr) send(layer, input->at(now), now, n_steps);
    const std::span<double> arrived = std::span(arrived_).subspan(delayed ? now * n : 0, n);
    for (std::size_t j = 0; j < n; ++j)
      if (lif.step(currents[j] + arrived[j], membrane_[j]))
        fired.neuron.push_back(static_cast<std::uint32_t>(j));
    std::ranges::fill(arrived, 0.0);
    fired.begin.push_back(static_cast<std::uint32_t>(fired.neuron.size()));
  }
}

void FloatReplay::send(const FloatLayer& layer, std::span<const std::uint32_t> spikes, sim::Step now,
                       sim::Step n_steps) {
  const std::size_t n = layer.n_targets;
  for (const std::uint32_t source : spikes) {
    const float* row = &layer.weight[source * n];
    if (layer.delay.empty()) {
      for (std::size_t j = 0; j < n; ++j) arrived_[j] += row[j];
      continue;
    }
    for (std::size_t j = 0; j < n; ++j) {
      const sim::Step arrival = now + layer.delay[source * n + j];
      if (arrival < n_steps) arrived_[arrival * n + j] += row[j];
    }
  }
}

}  // namespace loci::backends
