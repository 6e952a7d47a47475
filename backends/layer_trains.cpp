#include "backends/layer_trains.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace loci::backends {

void add_mismatches(const sim::SpikeTrains& spikes, const sim::SpikeTrains& reference,
                    std::span<std::uint64_t> by_neuron) {
  assert(spikes.begin.size() == reference.begin.size());
  std::vector<int> difference(by_neuron.size());
  for (std::size_t step = 0; step + 1 < reference.begin.size(); ++step) {
    for (const std::uint32_t neuron : spikes.at(step)) ++difference[neuron];
    for (const std::uint32_t neuron : reference.at(step)) --difference[neuron];
    for (const auto trains : {&spikes, &reference})
      for (const std::uint32_t neuron : trains->at(step)) {
        const int of_neuron = std::exchange(difference[neuron], 0);
        by_neuron[neuron] += static_cast<std::uint64_t>(of_neuron < 0 ? -of_neuron : of_neuron);
      }
  }
}

std::uint64_t mismatches(const sim::SpikeTrains& spikes, const sim::SpikeTrains& reference,
                         std::size_t n_neurons) {
  std::vector<std::uint64_t> by_neuron(n_neurons);
  add_mismatches(spikes, reference, by_neuron);
  return std::accumulate(by_neuron.begin(), by_neuron.end(), std::uint64_t{0});
}

std::size_t most_active(const sim::SpikeTrains& output, std::size_t n_outputs) {
  std::vector<std::size_t> counts(n_outputs);
  for (const std::uint32_t neuron : output.neuron) ++counts[neuron];
  return static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin());
}

void SpikeDigest::add(const LayerTrains& sample) {
  for (const sim::SpikeTrains& layer : sample) {
    for (const std::uint32_t end : layer.begin) add_word(end);
    for (const std::uint32_t neuron : layer.neuron) add_word(neuron);
  }
}

void SpikeDigest::add(std::uint64_t digest) {
  add_word(static_cast<std::uint32_t>(digest));
  add_word(static_cast<std::uint32_t>(digest >> 32));
}

void SpikeDigest::add_word(std::uint32_t word) {
  for (int byte = 0; byte < 4; ++byte) {
    value_ ^= word >> (8 * byte) & 0xFF;
    value_ *= 0x100000001b3;
  }
}

}  // namespace loci::backends
