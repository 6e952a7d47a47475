// Cores while neurons are put on them and moved between them: what each holds, and the messages between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backends/core_capacity.hpp"
#include "backends/core_network.hpp"

namespace loci::backends {

// Every change costs as many operations as the neuron has edges into it. The network must outlive it.
class CoreOccupancy {
 public:
  CoreOccupancy(const CoreNetwork& network, const CoreCapacity& capacity);

  static constexpr std::uint32_t nowhere = 0xFFFFFFFF;

  std::uint32_t n_cores() const { return static_cast<std::uint32_t>(cores_.size()); }
  std::uint32_t core_of(std::uint32_t neuron) const { return core_of_[neuron]; }
  std::span<const std::uint32_t> sources_of(std::uint32_t neuron) const {
    return std::span(source_).subspan(first_source_[neuron],
                                      first_source_[neuron + 1] - first_source_[neuron]);
  }

  std::uint32_t open_core();                // an empty one
  void close_last() { cores_.pop_back(); }  // which is empty
  // A neuron that is nowhere goes to a core; a neuron on a core goes nowhere.
  void put(std::uint32_t neuron, std::uint32_t core);
  void take(std::uint32_t neuron);

  // Neurons, input axons and memory of one core are within the capacity: what filling it can heed.
  bool fits(std::uint32_t core) const;
  // And output axons, of all cores.
  bool all_fit() const;
  std::size_t neurons_on(std::uint32_t core) const { return cores_[core].n_neurons; }
  std::size_t bits_on(std::uint32_t core) const { return cores_[core].bits; }
  std::size_t input_axons_of(std::uint32_t core) const { return cores_[core].n_input_axons; }
  std::size_t output_axons_of(std::uint32_t core) const { return cores_[core].n_output_axons; }

  // Messages: one for each spike and core that it goes to, the neuron's own aside.
  std::uint64_t messages() const { return messages_; }
  // How many messages fewer there would be if the neuron were on another core and nothing else changed.
  std::int64_t gain(std::uint32_t neuron, std::uint32_t core) const;

 private:
  struct Core {
    std::size_t n_neurons = 0;
    std::size_t n_input_axons = 0;
    std::size_t n_output_axons = 0;
    std::size_t bits = 0;
    std::vector<std::uint32_t> reached;  // (n_neurons of the network): targets of each source on this core
  };
  std::size_t axon_bits(std::size_t n_synapses) const;

  const CoreNetwork& network_;
  CoreCapacity capacity_;
  std::vector<std::size_t> first_source_;  // (n_neurons + 1)
  std::vector<std::uint32_t> source_;      // (n_edges), rising for each target
  std::vector<std::uint32_t> core_of_;     // (n_neurons)
  std::vector<std::uint32_t> n_reached_;   // (n_neurons): cores on which each source has targets
  std::vector<Core> cores_;
  std::uint64_t messages_ = 0;
};

}  // namespace loci::backends
