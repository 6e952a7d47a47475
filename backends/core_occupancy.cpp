#include "backends/core_occupancy.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace loci::backends {

CoreOccupancy::CoreOccupancy(const CoreNetwork& network, const CoreCapacity& capacity)
    : network_(network),
      capacity_(capacity),
      first_source_(network.n_neurons() + std::size_t{1}, 0),
      source_(network.target.size()),
      core_of_(network.n_neurons(), nowhere),
      n_reached_(network.n_neurons(), 0) {
  for (const std::uint32_t target : network.target) ++first_source_[target + std::size_t{1}];
  std::partial_sum(first_source_.begin(), first_source_.end(), first_source_.begin());
  auto next = first_source_;
  for (std::uint32_t source = 0; source < network.n_neurons(); ++source)
    for (const std::uint32_t target : network.targets_of(source)) source_[next[target]++] = source;
}

std::uint32_t CoreOccupancy::open_core() {
  cores_.emplace_back().reached.resize(network_.n_neurons(), 0);
  return n_cores() - 1;
}

std::size_t CoreOccupancy::axon_bits(std::size_t n_synapses) const {
  return capacity_.memory ? capacity_.memory->axon_bits(n_synapses) : 0;
}

void CoreOccupancy::put(std::uint32_t neuron, std::uint32_t index) {
  assert(core_of_[neuron] == nowhere);
  Core& core = cores_[index];
  for (const std::uint32_t source : sources_of(neuron)) {
    const std::uint32_t n = ++core.reached[source];
    core.bits += axon_bits(n) - axon_bits(n - 1);
    if (n > 1) continue;
    ++core.n_input_axons;
    ++n_reached_[source];
    if (core_of_[source] != nowhere) ++cores_[core_of_[source]].n_output_axons;
    if (core_of_[source] != index) messages_ += network_.spikes[source];
  }
  ++core.n_neurons;
  core.n_output_axons += n_reached_[neuron];
  core_of_[neuron] = index;
  if (core.reached[neuron] > 0) messages_ -= network_.spikes[neuron];
}

void CoreOccupancy::take(std::uint32_t neuron) {
  const std::uint32_t index = core_of_[neuron];
  assert(index != nowhere);
  Core& core = cores_[index];
  if (core.reached[neuron] > 0) messages_ += network_.spikes[neuron];
  core_of_[neuron] = nowhere;
  core.n_output_axons -= n_reached_[neuron];
  --core.n_neurons;
  for (const std::uint32_t source : sources_of(neuron)) {
    const std::uint32_t n = core.reached[source]--;
    core.bits -= axon_bits(n) - axon_bits(n - 1);
    if (n > 1) continue;
    --core.n_input_axons;
    --n_reached_[source];
    if (core_of_[source] != nowhere) --cores_[core_of_[source]].n_output_axons;
    if (core_of_[source] != index) messages_ -= network_.spikes[source];
  }
}

bool CoreOccupancy::fits(std::uint32_t index) const {
  const Core& core = cores_[index];
  return core.n_neurons <= capacity_.neurons &&
         (!capacity_.input_axons || core.n_input_axons <= *capacity_.input_axons) &&
         (!capacity_.memory || core.bits <= capacity_.memory->bits);
}

bool CoreOccupancy::all_fit() const {
  for (std::uint32_t core = 0; core < n_cores(); ++core)
    if (!fits(core) || (capacity_.output_axons && cores_[core].n_output_axons > *capacity_.output_axons))
      return false;
  return true;
}

std::int64_t CoreOccupancy::gain(std::uint32_t neuron, std::uint32_t index) const {
  const std::uint32_t from = core_of_[neuron];
  if (from == index) return 0;
  const Core& old_core = cores_[from];
  const Core& new_core = cores_[index];
  std::int64_t gain = 0;
  for (const std::uint32_t source : sources_of(neuron)) {
    const auto spikes = static_cast<std::int64_t>(network_.spikes[source]);
    if (old_core.reached[source] == 1 && core_of_[source] != from) gain += spikes;
    if (new_core.reached[source] == 0 && core_of_[source] != index) gain -= spikes;
  }
  const auto own = static_cast<std::int64_t>(network_.spikes[neuron]);
  if (old_core.reached[neuron] > 0) gain -= own;
  if (new_core.reached[neuron] > 0) gain += own;
  return gain;
}

}  // namespace loci::backends
