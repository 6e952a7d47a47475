#include <algorithm>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/two_bit_color_map.hpp>
#include <cmath>
#include <limits>
#include <mutex>

#include "sim/circuit/parallel.hpp"
#include "sim/graph/measures.hpp"

namespace loci::sim {
namespace {

constexpr Vertex unreached = std::numeric_limits<Vertex>::max();

// How many neurons are so many edges away from a source: whole numbers, which add up the same in any order.
using Counts = std::vector<std::uint64_t>;

template <typename Graph>
class Search {
 public:
  explicit Search(const Graph& graph) : graph_(graph), distance_(num_vertices(graph)) {}

  const Counts& from(Vertex source) {
    std::ranges::fill(distance_, unreached);
    std::ranges::fill(counts_, 0);
    distance_[source] = 0;
    const auto index = get(boost::vertex_index, graph_);
    const auto distances = boost::make_iterator_property_map(distance_.begin(), index);
    boost::breadth_first_search(
        graph_, source,
        boost::color_map(boost::make_two_bit_color_map(distance_.size(), index))
            .visitor(boost::make_bfs_visitor(boost::record_distances(distances, boost::on_tree_edge()))));
    for (const Vertex distance : distance_) {
      if (distance == unreached) continue;
      if (distance >= counts_.size()) counts_.resize(distance + std::size_t{1});
      ++counts_[distance];
    }
    return counts_;
  }

 private:
  const Graph& graph_;
  std::vector<Vertex> distance_;
  Counts counts_;
};

void add(const Counts& counts, Counts& sum) {
  if (sum.size() < counts.size()) sum.resize(counts.size());
  for (std::size_t d = 0; d < counts.size(); ++d) sum[d] += counts[d];
}

double mean_of(const Counts& counts) {
  double n = 0.0;
  double sum = 0.0;
  for (std::size_t d = 1; d < counts.size(); ++d) {
    n += static_cast<double>(counts[d]);
    sum += static_cast<double>(counts[d]) * static_cast<double>(d);
  }
  return sum / n;
}

PathLengths summary(const Counts& counts, std::size_t n_sources, std::size_t n_vertices) {
  PathLengths result{.mean = mean_of(counts), .n_sources = n_sources};
  const std::uint64_t n_pairs = std::uint64_t{n_sources} * (std::max<std::size_t>(n_vertices, 1) - 1);
  double inverse = 0.0;
  for (std::size_t d = 1; d < counts.size(); ++d) {
    if (counts[d] > 0) result.longest = d;
    result.n_reached += counts[d];
    inverse += static_cast<double>(counts[d]) / static_cast<double>(d);
  }
  result.n_unreachable = n_pairs - result.n_reached;
  if (n_pairs > 0) result.efficiency = inverse / static_cast<double>(n_pairs);
  return result;
}

template <typename Graph>
PathLengths lengths(const Graph& graph, const std::vector<Vertex>& sources, std::size_t n_threads) {
  Counts sum;
  std::mutex guard;
  std::vector<double> means(sources.size());
  for_each_parallel(
      n_threads, sources.size(), [&] { return Search<Graph>(graph); },
      [&](std::size_t i, Search<Graph>& search) {
        const Counts& counts = search.from(sources[i]);
        means[i] = mean_of(counts);
        const std::lock_guard lock(guard);
        add(counts, sum);
      });
  std::erase_if(means, [](double mean) { return std::isnan(mean); });
  PathLengths result = summary(sum, sources.size(), num_vertices(graph));
  if (sources.size() < num_vertices(graph)) result.error = sampled_mean(means, num_vertices(graph)).error;
  return result;
}

}  // namespace

PathLengths path_lengths(const BoostNeuronGraph& graph, const std::vector<Vertex>& sources,
                         std::size_t n_threads) {
  return lengths(graph, sources, n_threads);
}

PathLengths path_lengths(const UndirectedGraph& graph, const std::vector<Vertex>& sources,
                         std::size_t n_threads) {
  return lengths(graph, sources, n_threads);
}

}  // namespace loci::sim
