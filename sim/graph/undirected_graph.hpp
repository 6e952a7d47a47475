// Who is joined to whom, in whichever direction and however often: the simple graph on which clustering and
// the small-world index are defined. Brings Boost.Graph with it.
#pragma once

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/graph/neuron_graph.hpp"

namespace loci::sim {

// Boost's CSR graphs are directed: each pair is there as two edges. Rows rise.
using UndirectedGraph =
    boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                       boost::no_property, Vertex, std::size_t>;

// A pair of different vertices, the smaller one in the upper half.
using VertexPair = std::uint64_t;
constexpr VertexPair pair_of(Vertex a, Vertex b) {
  return a < b ? VertexPair{a} << 32 | b : VertexPair{b} << 32 | a;
}

// pairs: sorted, each once.
UndirectedGraph undirected_graph(std::size_t n_vertices, const std::vector<VertexPair>& pairs);

struct JoinedPairs {
  std::vector<VertexPair> pairs;  // sorted, each once
  std::size_t n_autapses = 0;
  std::size_t n_directed = 0;  // ordered pairs of different neurons with an edge or more
};
JoinedPairs joined_pairs(const NeuronGraph& graph);

// A random graph of as many vertices and pairs, every one as likely: G(n, M) of Erdos and Renyi (1959).
// `number` tells several of one seed apart.
UndirectedGraph random_graph(std::size_t n_vertices, std::size_t n_pairs, std::uint64_t seed,
                             std::uint32_t number);

}  // namespace loci::sim
