// Spikes in memory: who fired when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loci::sim {

// Neurons are numbered through the whole network: layer by layer, input first.
enum class NeuronId : std::uint32_t {};

constexpr std::uint32_t index_of(NeuronId neuron) {
  return static_cast<std::uint32_t>(neuron);
}

// Spikes sorted by (time, neuron), as long as blocks are appended in the order of their times.
struct Raster {
  std::vector<NeuronId> neuron;
  std::vector<double> time_ms;

  std::size_t size() const { return neuron.size(); }
  void append(double block_time_ms, std::span<const NeuronId> spikes) {
    neuron.insert(neuron.end(), spikes.begin(), spikes.end());
    time_ms.insert(time_ms.end(), spikes.size(), block_time_ms);
  }
  bool operator==(const Raster&) const = default;
};

}  // namespace loci::sim
