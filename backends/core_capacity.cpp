#include "backends/core_capacity.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace loci::backends {

std::size_t SynapseMemory::axon_bits(std::size_t n_synapses) const {
  std::size_t sum = 0;
  while (n_synapses > 0) {
    const std::size_t n = std::min(n_synapses, synapses_per_block);
    const std::size_t block = n * synapse_bits + block_bits;
    sum += (block + word_bits - 1) / word_bits * word_bits;
    n_synapses -= n;
  }
  return sum;
}

CoreCapacity loihi_core(const LoihiSynapse& synapse) {
  const std::size_t synapse_bits =
      synapse.weight_bits + synapse.delay_bits + synapse.tag_bits + synapse.index_bits;
  return {.neurons = 1024,
          .cores = 128,
          .input_axons = 4096,
          .output_axons = 4096,
          .memory = SynapseMemory{.bits = std::size_t{16'384} * 64, .synapse_bits = synapse_bits}};
}

CoreCapacity spinnaker_core() {
  return {.neurons = 255,
          .cores = {},
          .input_axons = {},
          .output_axons = {},
          .memory = {},
          .layers_share_cores = false};
}

CoreCapacity spinnaker2_core() {
  CoreCapacity capacity = spinnaker_core();
  capacity.neurons = 0;
  return capacity;
}

CoreCapacity with_delays(CoreCapacity capacity, sim::Step longest) {
  if (capacity.memory) capacity.memory->synapse_bits += static_cast<std::size_t>(std::bit_width(longest));
  return capacity;
}

std::size_t least_cores(const CoreCapacity& capacity, std::size_t n_neurons, std::size_t n_synapses) {
  const auto parts = [](double whole, double part) {
    return static_cast<std::size_t>(std::ceil(whole / part));
  };
  std::size_t cores =
      capacity.neurons > 0 ? parts(static_cast<double>(n_neurons), static_cast<double>(capacity.neurons)) : 1;
  if (!capacity.memory) return cores;
  // In blocks of the size that wastes least.
  double bits = std::numeric_limits<double>::infinity();
  for (std::size_t n = 1; n <= capacity.memory->synapses_per_block; ++n)
    bits = std::min(bits, static_cast<double>(capacity.memory->axon_bits(n)) / static_cast<double>(n));
  return std::max(cores,
                  parts(bits * static_cast<double>(n_synapses), static_cast<double>(capacity.memory->bits)));
}

}  // namespace loci::backends
