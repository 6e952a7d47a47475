// What graphs of neurons are made of: the number of a neuron, and Boost's graph by name.
#pragma once

#include <cstdint>

// Declared, not included: Boost.Graph takes seconds to compile. Whoever runs an algorithm on a graph()
// includes <boost/graph/compressed_sparse_row_graph.hpp>.
namespace boost {
struct directedS;
struct no_property;
template <typename Directed, typename VertexProperty, typename EdgeProperty, typename GraphProperty,
          typename Vertex, typename EdgeIndex>
class compressed_sparse_row_graph;
}  // namespace boost

namespace loci::sim {

using Vertex = std::uint32_t;

}  // namespace loci::sim
