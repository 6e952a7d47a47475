#include "backends/core_capacity.hpp"

#include <algorithm>

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
          .cores = {},
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

}  // namespace loci::backends
