#include "sim/graph/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/graph/measures.hpp"

namespace loci::sim {
namespace {

// Of the samples and the random graphs: values of `number` that tell their random numbers apart.
constexpr std::uint32_t directed_sample = 0;
constexpr std::uint32_t undirected_sample = 1;
constexpr std::uint32_t clustering_sample = 2;
constexpr std::uint32_t first_random_graph = 16;

void add_degrees(const NeuronGraph& graph, std::size_t n_bins, GraphSummary& summary) {
  std::vector<std::size_t> in(graph.n_neurons(), 0);
  for (Vertex v = 0; v < graph.n_neurons(); ++v)
    for (const Vertex target : graph.targets_of(v)) ++in[target];
  for (Vertex v = 0; v < graph.n_neurons(); ++v) {
    summary.in_degree.add(static_cast<double>(in[v]));
    summary.out_degree.add(static_cast<double>(graph.targets_of(v).size()));
  }
  summary.in_degrees = whole_number_histogram(summary.in_degree, n_bins);
  summary.out_degrees = whole_number_histogram(summary.out_degree, n_bins);
  for (Vertex v = 0; v < graph.n_neurons(); ++v) {
    summary.in_degrees.add(static_cast<double>(in[v]));
    summary.out_degrees.add(static_cast<double>(graph.targets_of(v).size()));
  }
}

void add_lengths(const NeuronGraph& graph, const Moments& moments, std::size_t n_bins,
                 GraphSummary& summary) {
  Lengths& lengths = summary.lengths.emplace(Lengths{moments, histogram_from_zero(moments, n_bins)});
  for (Vertex v = 0; v < graph.n_neurons(); ++v)
    for (const GraphEdge& edge : graph.edges_of(v)) {
      lengths.histogram.add(static_cast<double>(edge.length));
      lengths.total += static_cast<double>(edge.length);
    }
}

void add_edges(const NeuronGraph& graph, std::size_t n_bins, GraphSummary& summary) {
  const std::size_t n_groups = graph.groups().size();
  std::vector<GroupEdges> between(n_groups * n_groups);
  for (Vertex v = 0; v < graph.n_neurons(); ++v) {
    const std::size_t source = graph.group_of(v);
    const auto targets = graph.targets_of(v);
    const auto edges = graph.edges_of(v);
    std::size_t target = 0;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      while (graph.groups()[target].end <= targets[e]) ++target;  // targets rise
      GroupEdges& each = between[source * n_groups + target];
      each.weight.add(edges[e].weight);
      each.delay_ms.add(edges[e].delay);
      each.length.add(static_cast<double>(edges[e].length));
    }
  }
  Moments length;
  for (std::size_t i = 0; i < between.size(); ++i) {
    GroupEdges& each = between[i];
    if (each.n_edges() == 0) continue;
    each.source = i / n_groups;
    each.target = i % n_groups;
    each.delay_ms = each.delay_ms.scaled(graph.step_ms());
    summary.weight.add(each.weight);
    summary.delay_ms.add(each.delay_ms);
    length.add(each.length);
    summary.groups.push_back(each);
  }
  if (graph.dims() > 0) add_lengths(graph, length, n_bins, summary);
}

// How many of n neurons to look at, each at the cost of so many edges; ten at least.
std::size_t n_affordable(std::size_t n, double work, const AnalysisOptions& options) {
  const double affordable = std::max(10.0, std::floor(options.most_work / std::max(work, 1.0)));
  return affordable < static_cast<double>(n) ? static_cast<std::size_t>(affordable) : n;
}

template <typename Graph>
PathLengths sampled_paths(const Graph& graph, std::uint32_t sample, const AnalysisOptions& options) {
  const std::size_t n = num_vertices(graph);
  const auto work = static_cast<double>(n) + static_cast<double>(num_edges(graph));
  return path_lengths(graph, sample_vertices(n, n_affordable(n, work, options), options.seed, sample),
                      options.n_threads);
}

SampledMean sampled_clustering(const UndirectedGraph& graph, const AnalysisOptions& options) {
  const std::size_t n = num_vertices(graph);
  const std::size_t k = n_affordable(n, clustering_work(graph), options);
  return clustering(graph, sample_vertices(n, k, options.seed, clustering_sample), options.n_threads);
}

// Against several random graphs where they are so small that one may be unlike another.
SmallWorld small_world(const GraphSummary& summary, const AnalysisOptions& options) {
  const auto n = static_cast<double>(summary.n_neurons);
  const double work = n * (n + 2.0 * static_cast<double>(summary.n_pairs));
  SmallWorld result;
  result.n_random = static_cast<std::size_t>(std::clamp(options.most_work / work, 1.0, 10.0));
  for (std::size_t r = 0; r < result.n_random; ++r) {
    const auto graph = random_graph(summary.n_neurons, summary.n_pairs, options.seed,
                                    first_random_graph + static_cast<std::uint32_t>(r));
    const auto share = 1.0 / static_cast<double>(result.n_random);
    result.random_clustering += share * sampled_clustering(graph, options).mean;
    result.random_path_length += share * sampled_paths(graph, undirected_sample, options).mean;
  }
  const double ratio = (summary.clustering.mean / result.random_clustering) /
                       (summary.undirected.mean / result.random_path_length);
  result.index = std::isfinite(ratio) ? ratio : std::numeric_limits<double>::quiet_NaN();
  return result;
}

}  // namespace

GraphSummary analyse(const NeuronGraph& graph, const AnalysisOptions& options) {
  GraphSummary summary{.n_neurons = graph.n_neurons(), .n_edges = graph.n_edges()};
  add_degrees(graph, options.n_bins, summary);
  add_edges(graph, options.n_bins, summary);
  summary.weak = weak_components(graph);
  summary.strong = strong_components(graph);
  summary.directed = sampled_paths(graph.graph(), directed_sample, options);

  JoinedPairs joined = joined_pairs(graph);
  summary.n_autapses = joined.n_autapses;
  summary.n_multapses = graph.n_edges() - joined.n_autapses - joined.n_directed;
  summary.n_pairs = joined.pairs.size();
  const auto n = static_cast<double>(graph.n_neurons());
  const auto n_directed = static_cast<double>(joined.n_directed);
  if (n > 1.0) summary.density = n_directed / (n * (n - 1.0));
  if (n_directed > 0.0)
    summary.reciprocity = 2.0 * (n_directed - static_cast<double>(summary.n_pairs)) / n_directed;
  {
    const UndirectedGraph undirected = undirected_graph(graph.n_neurons(), joined.pairs);
    joined = {};
    summary.clustering = sampled_clustering(undirected, options);
    summary.undirected = sampled_paths(undirected, undirected_sample, options);
  }
  summary.small_world = small_world(summary, options);
  return summary;
}

}  // namespace loci::sim
