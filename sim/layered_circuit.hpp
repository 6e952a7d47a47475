// A trained layered network as a circuit: a population for each layer, and its edges one by one.
#pragma once

#include "sim/circuit/circuit.hpp"
#include "sim/encoder.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::sim {

// "input", "hidden_1", ..., "output".
std::string layer_name(std::size_t layer, std::size_t n_layers);

// Weights, delays and the step are the graph's, biases the parameters'. The input is a population of relays:
// neurons without memory that fire in the step in which a spike arrives. sample: what arrives at them, from
// the first step on; none if null.
// Biases of a layer are the edges of a relay of its own, "bias_hidden_1" after the layers' populations, which
// fires at every step. So each layer fires as in a LayeredSimulation during that layer's own steps, from step
// l on (sim/engine.hpp). Of more than three dimensions a circuit has the first two and the last, the layer
// coordinate. Throws InputError for a rate network.
Circuit layered_circuit(const NetworkDescription& network, const Parameters& parameters,
                        const SpatialGraph& graph, const SpikeTrains* sample = nullptr);

}  // namespace loci::sim
