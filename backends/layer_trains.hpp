// Spikes of all layers of one sample, and how two such records compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/encoder.hpp"

namespace loci::backends {

// By layer, the first after the input first; each in the layer's own steps. A neuron that fires several times
// in a step is there several times.
using LayerTrains = std::vector<sim::SpikeTrains>;

// Neuron by neuron and step by step: in how many of them two records of one layer differ, added to
// `by_neuron`, (n_neurons). Where a neuron fires several times in a step, each spike more or less counts.
void add_mismatches(const sim::SpikeTrains& spikes, const sim::SpikeTrains& reference,
                    std::span<std::uint64_t> by_neuron);
std::uint64_t mismatches(const sim::SpikeTrains& spikes, const sim::SpikeTrains& reference,
                         std::size_t n_neurons);

// The first neuron with the most spikes.
std::size_t most_active(const sim::SpikeTrains& output, std::size_t n_outputs);

// FNV-1a of 64 bits over layers, steps and neurons in the order in which they fired: equal for equal spikes.
class SpikeDigest {
 public:
  void add(const LayerTrains& sample);
  void add(std::uint64_t digest);  // of something else
  std::uint64_t value() const { return value_; }

 private:
  void add_word(std::uint32_t word);

  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace loci::backends
