// NIR graphs as networks in real numbers, pair by pair and with their delays, which layers that train do not
// have.
#pragma once

#include <span>
#include <string>

#include "backends/exported_file.hpp"
#include "backends/float_network.hpp"
#include "backends/nir_graph.hpp"

namespace loci::backends {

// As network_of() (nir_import.hpp) reads it, and besides each Delay node as steps of the edges behind it. A
// file that nir_of() wrote gives the weights, delays, biases and neurons that it was made from, bit for bit.
// Throws InputError at `where` for what network_of() refuses, delays that are no whole steps, and pairs of
// neurons that two delays join.
FloatNetwork float_network(const NirGraph& graph, const std::string& where);

// The network in the one NIR file of an export. Throws InputError where there is none, too.
FloatNetwork import_nir(std::span<const ExportedFile> files);

}  // namespace loci::backends
