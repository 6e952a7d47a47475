#include "sim/graph/undirected_graph.hpp"

#include <algorithm>
#include <boost/iterator/counting_iterator.hpp>
#include <boost/iterator/transform_iterator.hpp>

#include "sim/random.hpp"

namespace loci::sim {
namespace {

// The pairs as edges: first all from the larger to the smaller vertex, then all the other way. Boost sorts
// them by source and leaves the order of a source's edges alone, so that rows rise.
struct BothWays {
  const std::vector<VertexPair>* pairs = nullptr;

  std::pair<Vertex, Vertex> operator()(std::size_t i) const {
    const bool down = i < pairs->size();
    const VertexPair pair = (*pairs)[down ? i : i - pairs->size()];
    const auto smaller = static_cast<Vertex>(pair >> 32);
    const auto larger = static_cast<Vertex>(pair);
    return down ? std::pair(larger, smaller) : std::pair(smaller, larger);
  }
};

Vertex below(std::uint64_t n, std::uint32_t high, std::uint32_t low) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<Vertex>(Wide{std::uint64_t{high} << 32 | low} * n >> 64);
}

// The first n_pairs different pairs of a sequence of random ones, sorted.
std::vector<VertexPair> random_pairs(std::size_t n_vertices, std::size_t n_pairs, std::uint64_t seed,
                                     std::uint32_t number) {
  std::vector<VertexPair> pairs;
  pairs.reserve(n_pairs);
  std::uint64_t draw = 0;
  while (pairs.size() < n_pairs) {
    const auto before = static_cast<std::ptrdiff_t>(pairs.size());
    for (std::size_t missing = n_pairs - pairs.size(); missing > 0;) {
      const auto words = random_words(seed, Stream::graph, draw++, number);
      const Vertex a = below(n_vertices, words[0], words[1]);
      const Vertex b = below(n_vertices, words[2], words[3]);
      if (a == b) continue;
      pairs.push_back(pair_of(a, b));
      --missing;
    }
    std::sort(pairs.begin() + before, pairs.end());
    std::inplace_merge(pairs.begin(), pairs.begin() + before, pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  }
  return pairs;
}

std::vector<VertexPair> all_other_pairs(std::size_t n_vertices, const std::vector<VertexPair>& pairs) {
  std::vector<VertexPair> others;
  others.reserve(n_vertices * (n_vertices - 1) / 2 - pairs.size());
  auto next = pairs.begin();
  for (Vertex a = 0; a < n_vertices; ++a)
    for (Vertex b = a + 1; b < n_vertices; ++b) {
      if (next != pairs.end() && *next == pair_of(a, b))
        ++next;
      else
        others.push_back(pair_of(a, b));
    }
  return others;
}

}  // namespace

UndirectedGraph undirected_graph(std::size_t n_vertices, const std::vector<VertexPair>& pairs) {
  const auto edge = [&](std::size_t i) {
    return boost::make_transform_iterator(boost::counting_iterator<std::size_t>(i), BothWays{&pairs});
  };
  return {boost::edges_are_unsorted_multi_pass, edge(0), edge(2 * pairs.size()),
          static_cast<Vertex>(n_vertices)};
}

JoinedPairs joined_pairs(const NeuronGraph& graph) {
  JoinedPairs joined;
  joined.pairs.reserve(graph.n_edges());
  for (Vertex source = 0; source < graph.n_neurons(); ++source) {
    const auto targets = graph.targets_of(source);
    for (std::size_t e = 0; e < targets.size(); ++e) {
      if (targets[e] == source)
        ++joined.n_autapses;
      else if (e == 0 || targets[e] != targets[e - 1])
        joined.pairs.push_back(pair_of(source, targets[e]));
    }
  }
  joined.n_directed = joined.pairs.size();
  std::ranges::sort(joined.pairs);
  joined.pairs.erase(std::unique(joined.pairs.begin(), joined.pairs.end()), joined.pairs.end());
  return joined;
}

UndirectedGraph random_graph(std::size_t n_vertices, std::size_t n_pairs, std::uint64_t seed,
                             std::uint32_t number) {
  // Where most pairs are joined, those that are not are drawn.
  const std::size_t n_all = n_vertices * (n_vertices - std::min<std::size_t>(n_vertices, 1)) / 2;
  if (n_pairs <= n_all / 2)
    return undirected_graph(n_vertices, random_pairs(n_vertices, n_pairs, seed, number));
  return undirected_graph(
      n_vertices, all_other_pairs(n_vertices, random_pairs(n_vertices, n_all - n_pairs, seed, number)));
}

}  // namespace loci::sim
