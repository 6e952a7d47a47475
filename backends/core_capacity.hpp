// What one core of a chip holds: neurons, axons, and synapses in bits of memory.
#pragma once

#include <cstddef>
#include <optional>

#include "sim/time.hpp"

namespace loci::backends {

// Synapses lie in memory axon by axon, in blocks that begin at a word.
struct SynapseMemory {
  std::size_t bits = 0;          // of a core
  std::size_t synapse_bits = 8;  // of one synapse: weight, delay, tag and index of its target
  std::size_t synapses_per_block = 64;
  std::size_t block_bits = 10;  // of a block besides its synapses
  std::size_t word_bits = 64;   // to which blocks are rounded up

  // Of one axon with so many synapses on the core.
  std::size_t axon_bits(std::size_t n_synapses) const;
};

struct CoreCapacity {
  std::size_t neurons = 1;                  // 0: not known
  std::optional<std::size_t> cores;         // of the chip; this and what follows: no limit unless given
  std::optional<std::size_t> input_axons;   // sources, inputs among them, with targets on the core
  std::optional<std::size_t> output_axons;  // pairs of a neuron of the core and a core where it has targets
  std::optional<SynapseMemory> memory;
  bool layers_share_cores = true;  // a core may hold neurons of several layers
};

// Bits of one synapse on Loihi. Chips know weights of 1 to 6 and 8 bits, delays below 8, indices of 6 to 12.
struct LoihiSynapse {
  std::size_t weight_bits = 8;
  std::size_t delay_bits = 0;
  std::size_t tag_bits = 0;
  std::size_t index_bits = 10;  // 1024 neurons
};

// Loihi 1 as nengo-loihi describes it: 1024 neurons, 4096 axons either way, 16,384 words of 64 bits. 128
// cores.
CoreCapacity loihi_core(const LoihiSynapse& synapse = {});
// SpiNNaker with sPyNNaker: 255 neurons, all of one population. Synapses lie in memory that cores share.
CoreCapacity spinnaker_core();
// SpiNNaker2 with py-spinnaker2: neurons of one population. How many is not known.
CoreCapacity spinnaker2_core();

// With synapses that keep a delay of up to `longest` steps: as many bits more as that number has.
CoreCapacity with_delays(CoreCapacity capacity, sim::Step longest);

// Cores that any placement needs at least, by neurons and by synapse memory alone. n_synapses: of all
// neurons.
std::size_t least_cores(const CoreCapacity& capacity, std::size_t n_neurons, std::size_t n_synapses);

}  // namespace loci::backends
