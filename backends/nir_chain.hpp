// NIR graphs that are layers in a row: all that lies between two nodes of neurons becomes one affine map.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backends/nir_graph.hpp"

namespace loci::backends {

struct NirMap {
  std::size_t n_in = 0;
  std::size_t n_out = 0;
  std::vector<double> weight;  // (n_out, n_in), row-major
  std::vector<double> bias;    // (n_out)
};

struct NirLayer {
  std::string neurons;  // the node
  NirMap incoming;
};

struct NirChain {
  std::size_t n_inputs = 0;
  std::vector<NirLayer> layers;
};

// Branches between the same two nodes add up; linear nodes in a row are multiplied. Throws InputError at
// `where` for a graph of another form: several inputs or outputs, connections that recur or skip layers,
// neurons missing before the output, Threshold nodes, and delays unless they are to be ignored.
NirChain chain_of(const NirGraph& graph, bool ignore_delays, const std::string& where,
                  std::vector<std::string>& notes);

}  // namespace loci::backends
