#include <algorithm>
#include <boost/graph/incremental_components.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/pending/disjoint_sets.hpp>
#include <numeric>

#include "sim/graph/measures.hpp"

namespace loci::sim {
namespace {

// component: of each vertex, numbers below n.
Components counted(const std::vector<Vertex>& component) {
  std::vector<std::size_t> size(component.size(), 0);
  for (const Vertex each : component) ++size[each];
  return {static_cast<std::size_t>(std::ranges::count_if(size, [](std::size_t n) { return n > 0; })),
          size.empty() ? 0 : *std::ranges::max_element(size)};
}

}  // namespace

Components weak_components(const NeuronGraph& graph) {
  // Boost's connected_components() takes undirected graphs only; its disjoint sets take any list of edges.
  std::vector<Vertex> parent(graph.n_neurons());
  std::vector<Vertex> rank(graph.n_neurons(), 0);
  std::iota(parent.begin(), parent.end(), Vertex{0});
  boost::disjoint_sets sets(rank.data(), parent.data());
  boost::incremental_components(graph.graph(), sets);
  std::vector<Vertex> component(graph.n_neurons());
  for (Vertex v = 0; v < graph.n_neurons(); ++v) component[v] = sets.find_set(v);
  return counted(component);
}

Components strong_components(const NeuronGraph& graph) {
  std::vector<Vertex> component(graph.n_neurons());
  boost::strong_components(graph.graph(), boost::make_iterator_property_map(
                                              component.begin(), get(boost::vertex_index, graph.graph())));
  return counted(component);
}

}  // namespace loci::sim
