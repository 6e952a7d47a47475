// What placement on cores asks of a network: where neurons are, whom they reach, how often they fire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/integer_network.hpp"
#include "sim/parameters.hpp"

namespace loci::backends {

// Neurons are numbered layer by layer, the input first. The input lies on no core: its spikes come from
// outside.
struct CoreNetwork {
  std::vector<std::uint32_t> layer_begin;  // (n_layers + 1)
  std::size_t dims = 0;                    // 0: neurons without positions
  std::vector<float> positions;            // (n_neurons, dims), row-major; all layers in one space
  std::vector<std::size_t> first_edge;     // (n_neurons + 1): where each neuron's targets begin
  std::vector<std::uint32_t> target;       // (n_edges), rising for each source
  std::vector<std::uint64_t> spikes;       // (n_neurons), in some time

  std::uint32_t n_neurons() const { return layer_begin.back(); }
  std::uint32_t n_inputs() const { return layer_begin[1]; }
  std::size_t n_layers() const { return layer_begin.size() - 1; }
  std::size_t layer_of(std::uint32_t neuron) const;
  std::span<const std::uint32_t> targets_of(std::uint32_t neuron) const {
    return std::span(target).subspan(first_edge[neuron], first_edge[neuron + 1] - first_edge[neuron]);
  }
};

// Learned coordinates of all neurons, (n_neurons, n_coordinates), row-major, input first; empty for a dense
// network.
std::vector<float> learned_positions(const sim::NetworkDescription& network,
                                     const sim::Parameters& parameters);

// Each takes spikes: (n_neurons), input first. Throw std::invalid_argument for another number of them, or of
// coordinates.
// The edges are those of the trained network (sim::connection_edges).
CoreNetwork core_network(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                         std::span<const std::uint64_t> spikes);
// The edges are the weights that are not 0. positions: (n_neurons, dims) or none.
CoreNetwork core_network(const IntegerNetwork& network, std::span<const float> positions, std::size_t dims,
                         std::span<const std::uint64_t> spikes);
CoreNetwork core_network(const FloatNetwork& network, std::span<const float> positions, std::size_t dims,
                         std::span<const std::uint64_t> spikes);

}  // namespace loci::backends
