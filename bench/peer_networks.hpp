// The benchmark networks that simulators are compared on: CUBA (Vogels and Abbott; Brette et al. 2007,
// benchmark 2), Brunel's random network with delta synapses, and the same neurons joined by distance in two
// and three dimensions.
#pragma once

#include <string>

#include "sim/circuit/circuit.hpp"

namespace loci::bench {

// name: cuba, brunel, brunel-indegree, spatial2d, spatial3d. size: a multiple of their neurons; the number of
// synapses a neuron has stays (spatial and indegree networks). Throws InputError for another name.
sim::Circuit peer_network(const std::string& name, std::uint64_t seed, double size = 1.0);

}  // namespace loci::bench
