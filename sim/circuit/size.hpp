// How large a circuit will be, before any of its edges is made.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/circuit/connectivity.hpp"

namespace loci::sim {

struct CircuitSize {
  std::vector<double> edges;   // by projection, expected
  double synapse_bytes = 0.0;  // stored
  double neuron_bytes = 0.0;   // places, state, and input under way
  double build_bytes = 0.0;    // on top while the largest projection is built

  double n_edges() const;
  double bytes() const { return synapse_bytes + neuron_bytes + build_bytes; }
};

// Lists, in-degrees and pairs of one probability are counted; of the other rules the rows of 256 sources at
// most are made. The circuit has passed validate().
CircuitSize expected_size(const Circuit& circuit, std::span<const PlacedPopulation> populations,
                          const ConnectivityOptions& options);
CircuitSize expected_size(const Circuit& circuit, const ConnectivityOptions& options);

// "1.50 GiB"
std::string in_gib(double bytes);
// Throws InputError saying how much is needed and how much there is.
void require_memory(const CircuitSize& size, double memory_bytes);

}  // namespace loci::sim
