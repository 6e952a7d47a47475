#include <cmath>
#include <numeric>

#include "sim/circuit/parallel.hpp"
#include "sim/graph/measures.hpp"

namespace loci::sim {
namespace {

// Boost's clustering_coefficient() searches a row for every pair of neighbours; marking them first makes that
// a look at every neighbour's neighbours.
double local_clustering(const UndirectedGraph& graph, Vertex vertex, std::vector<std::uint8_t>& marked) {
  const auto [first, last] = adjacent_vertices(vertex, graph);
  const auto degree = static_cast<double>(last - first);
  if (degree < 2.0) return 0.0;
  for (auto each = first; each != last; ++each) marked[*each] = 1;
  std::size_t n_found = 0;  // each joined pair twice
  for (auto each = first; each != last; ++each) {
    const auto [begin, end] = adjacent_vertices(*each, graph);
    n_found = std::accumulate(begin, end, n_found, [&](std::size_t n, Vertex v) { return n + marked[v]; });
  }
  for (auto each = first; each != last; ++each) marked[*each] = 0;
  return static_cast<double>(n_found) / (degree * (degree - 1.0));
}

}  // namespace

SampledMean clustering(const UndirectedGraph& graph, const std::vector<Vertex>& sample,
                       std::size_t n_threads) {
  std::vector<double> local(sample.size());
  for_each_parallel(
      n_threads, sample.size(), [&] { return std::vector<std::uint8_t>(num_vertices(graph), 0); },
      [&](std::size_t i, std::vector<std::uint8_t>& marked) {
        local[i] = local_clustering(graph, sample[i], marked);
      });
  return sampled_mean(local, num_vertices(graph));
}

double clustering_work(const UndirectedGraph& graph) {
  double work = 0.0;
  for (Vertex v = 0; v < num_vertices(graph); ++v)
    work += std::pow(static_cast<double>(out_degree(v, graph)), 2);
  return work / static_cast<double>(num_vertices(graph));
}

}  // namespace loci::sim
