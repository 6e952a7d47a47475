// Small layered networks in real numbers, and spikes to drive them.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/float_network.hpp"
#include "sim/encoder.hpp"
#include "sim/random.hpp"

// Weights uniform in [-0.4, 0.8), one pair in four without an edge, biases in [-0.05, 0.1), delays below
// n_delays.
inline loci::backends::FloatNetwork small_network(const std::vector<std::size_t>& sizes,
                                                  const loci::sim::Lif& lif, unsigned n_delays = 1) {
  using namespace loci;
  backends::FloatNetwork network;
  for (std::uint32_t l = 0; l + 1 < sizes.size(); ++l) {
    backends::FloatLayer layer{.n_sources = sizes[l], .n_targets = sizes[l + 1], .lif = lif};
    for (std::size_t pair = 0; pair < layer.n_sources * layer.n_targets; ++pair) {
      const auto words = sim::random_words(8, sim::Stream::test, pair, l);
      const float weight = 1.2F * sim::uniform_from(words[0]) - 0.4F;
      layer.weight.push_back(words[1] % 4 == 0 ? 0.0F : weight);
      if (n_delays > 1) layer.delay.push_back(words[2] % n_delays);
    }
    for (std::size_t j = 0; j < layer.n_targets; ++j)
      layer.bias.push_back(0.15 * sim::uniform_from(sim::random_words(9, sim::Stream::test, j, l)[0]) - 0.05);
    network.layers.push_back(layer);
  }
  return network;
}

// One input in four fires at each step.
inline loci::sim::SpikeTrains random_trains(std::size_t n_inputs, std::uint32_t n_steps) {
  using namespace loci;
  sim::SpikeTrains trains{.begin = {0}, .neuron = {}};
  for (std::uint32_t step = 0; step < n_steps; ++step) {
    for (std::uint32_t i = 0; i < n_inputs; ++i)
      if (sim::random_words(10, sim::Stream::test, i, step)[0] % 4 == 0) trains.neuron.push_back(i);
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }
  return trains;
}
