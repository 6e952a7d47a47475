// Layered networks out of circuits: the way back from sim::layered_circuit().
#pragma once

#include <string>

#include "backends/float_network.hpp"
#include "sim/circuit/circuit.hpp"

namespace loci::backends {

// Weights, delays, biases and neurons of a circuit as layered_circuit() makes it, bit for bit. Throws
// InputError at `where` for a circuit of another form: populations that are no layers, other neurons, edges
// that skip layers or join a pair twice, delays that are no whole steps, biases that do not flow from the
// layer's first step on, and what arrives from outside at other neurons than the input's.
FloatNetwork float_network(const sim::Circuit& circuit, const std::string& where);

}  // namespace loci::backends
