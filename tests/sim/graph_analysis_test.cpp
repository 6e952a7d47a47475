// What graphs are like: every number against small graphs worked out by hand, closed forms and Boost's own.
#include "sim/graph/analysis.hpp"

#include <boost/graph/adjacency_matrix.hpp>
#include <boost/graph/clustering_coefficient.hpp>
#include <catch2/catch.hpp>
#include <numbers>

#include "sim/graph/measures.hpp"
#include "sim/graph/undirected_graph.hpp"
#include "sim/random.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

using Ends = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

Circuit circuit_of(std::size_t n, const Ends& ends) {
  Circuit circuit = one_population(n);
  if (ends.empty()) return circuit;
  circuit.projections = {{.source = "A", .target = "A", .rule = ConnectionRule::given}};
  EdgeList& edges = circuit.projections[0].edges;
  for (const auto& [source, target] : ends) {
    edges.source.push_back(source);
    edges.target.push_back(target);
    edges.weight.push_back(2.0);
    edges.delay_ms.push_back(1.5);
  }
  return circuit;
}

NeuronGraph graph_of(const Circuit& circuit, std::size_t n_threads = 1) {
  return build_neuron_graph(circuit, Connectivity(circuit, {.n_threads = n_threads}));
}

GraphSummary analysed(std::size_t n, const Ends& ends) {
  return analyse(graph_of(circuit_of(n, ends)), {});
}

Ends both_ways(const Ends& ends) {
  Ends result = ends;
  for (const auto& [a, b] : ends) result.emplace_back(b, a);
  return result;
}

// Each joined with its k / 2 nearest on either side.
Ends ring_lattice(std::uint32_t n, std::uint32_t k) {
  Ends ends;
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::uint32_t d = 1; d <= k / 2; ++d) ends.emplace_back(i, (i + d) % n);
  return both_ways(ends);
}

// So many tenths of all ordered pairs of n.
Ends scattered(std::uint32_t n, std::uint32_t in_ten) {
  Ends ends;
  for (std::uint32_t a = 0; a < n; ++a)
    for (std::uint32_t b = 0; b < n; ++b)
      if (a != b && random_words(1, Stream::test, a * n + b, 0)[0] % 10 < in_ten) ends.emplace_back(a, b);
  return ends;
}

void check_moments(const Moments& moments, double mean, double sd, double min, double max) {
  CHECK(moments.mean() == Approx(mean).epsilon(1e-12));
  CHECK(moments.sd() == Approx(sd).epsilon(1e-12).margin(1e-12));
  CHECK(moments.min() == min);
  CHECK(moments.max() == max);
}

}  // namespace

TEST_CASE("a directed ring: every neuron is 1, 2, ... n - 1 edges from the others, and the graph is strong") {
  const auto summary =
      analysed(10, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}, {6, 7}, {7, 8}, {8, 9}, {9, 0}});
  CHECK(summary.n_edges == 10);
  check_moments(summary.in_degree, 1, 0, 1, 1);
  check_moments(summary.out_degree, 1, 0, 1, 1);
  check_moments(summary.weight, 2, 0, 2, 2);
  check_moments(summary.delay_ms, 1.5, 0, 15 * 0.1, 15 * 0.1);
  CHECK(summary.in_degrees.counts == std::vector<std::size_t>{10});
  CHECK(summary.density == Approx(10.0 / 90.0));
  CHECK(summary.reciprocity == 0.0);
  CHECK(summary.weak.count == 1);
  CHECK(summary.strong.count == 1);
  CHECK(summary.strong.largest == 10);
  CHECK(summary.clustering.mean == 0.0);
  CHECK(summary.directed.mean == Approx(5.0));  // 45 / 9
  CHECK(summary.directed.longest == 9);
  CHECK(summary.directed.n_sources == 10);
  CHECK(summary.directed.n_reached == 90);
  CHECK(summary.directed.n_unreachable == 0);
  double harmonic = 0.0;
  for (int d = 1; d < 10; ++d) harmonic += 1.0 / d / 9.0;
  CHECK(summary.directed.efficiency == Approx(harmonic));
  CHECK(summary.undirected.mean == Approx(25.0 / 9.0));  // 1, 1, 2, 2, 3, 3, 4, 4, 5
  CHECK(summary.undirected.longest == 5);
}

TEST_CASE("a triangle with a tail: clustering 1, 1, 1/3 and 0, one step there and one way only") {
  // 0, 1 and 2 joined both ways, 2 -> 3.
  const auto summary = analysed(4, {{0, 1}, {1, 0}, {1, 2}, {2, 1}, {0, 2}, {2, 0}, {2, 3}});
  CHECK(summary.clustering.mean == Approx((1.0 + 1.0 + 1.0 / 3.0 + 0.0) / 4.0));
  CHECK(summary.clustering.error == 0.0);
  CHECK(summary.clustering.n_sampled == 4);
  CHECK(summary.reciprocity == Approx(6.0 / 7.0));
  CHECK(summary.n_pairs == 4);
  check_moments(summary.in_degree, 7.0 / 4.0, std::sqrt(3.0) / 4.0, 1, 2);
  check_moments(summary.out_degree, 7.0 / 4.0, std::sqrt(19.0) / 4.0, 0, 3);
  CHECK(summary.out_degrees.low == 0.0);
  CHECK(summary.out_degrees.counts == std::vector<std::size_t>{1, 0, 2, 1});
  CHECK(summary.weak.count == 1);
  CHECK(summary.strong.count == 2);
  CHECK(summary.strong.largest == 3);
  // From 0 and 1: 1, 1, 2 edges, from 2: 1, 1, 1, from 3 nowhere.
  CHECK(summary.directed.mean == Approx(11.0 / 9.0));
  CHECK(summary.directed.n_unreachable == 3);
  CHECK(summary.directed.efficiency == Approx((7.0 + 2.0 / 2.0) / 12.0));
  CHECK(summary.undirected.mean == Approx(16.0 / 12.0));
}

TEST_CASE("two components and a neuron alone") {
  const auto summary = analysed(6, {{0, 1}, {1, 0}, {2, 3}, {3, 4}});
  CHECK(summary.weak.count == 3);
  CHECK(summary.weak.largest == 3);
  CHECK(summary.strong.count == 5);
  CHECK(summary.strong.largest == 2);
  CHECK(summary.directed.n_reached == 5);
  CHECK(summary.directed.n_unreachable == 25);
  CHECK(summary.directed.mean == Approx(6.0 / 5.0));
  CHECK(summary.undirected.n_reached == 8);
  CHECK(summary.directed.longest == 2);
}

TEST_CASE("a directed chain: strong components are single neurons, half of all pairs unreachable") {
  const auto summary = analysed(5, {{3, 4}, {0, 1}, {2, 3}, {1, 2}});
  CHECK(summary.weak.count == 1);
  CHECK(summary.strong.count == 5);
  CHECK(summary.strong.largest == 1);
  CHECK(summary.directed.mean == Approx(20.0 / 10.0));  // 4 x 1, 3 x 2, 2 x 3, 1 x 4
  CHECK(summary.directed.n_unreachable == 10);
  CHECK(summary.directed.longest == 4);
}

TEST_CASE("a complete graph: everything is 1, and so is the small-world index") {
  const auto summary = analysed(9, scattered(9, 10));
  CHECK(summary.n_edges == 72);
  CHECK(summary.density == 1.0);
  CHECK(summary.reciprocity == 1.0);
  CHECK(summary.clustering.mean == Approx(1.0));
  CHECK(summary.directed.mean == Approx(1.0));
  CHECK(summary.directed.efficiency == Approx(1.0));
  CHECK(summary.small_world.random_clustering == Approx(1.0));
  CHECK(summary.small_world.index == Approx(1.0));
}

TEST_CASE("a ring lattice has the clustering and the path length of the closed forms") {
  const std::uint32_t k = GENERATE(4, 6, 10);
  constexpr std::uint32_t n = 101;
  const auto summary = analysed(n, ring_lattice(n, k));
  CHECK(summary.clustering.mean == Approx(3.0 * (k - 2) / (4.0 * (k - 1))));  // Watts (1999)
  // ceil(d / (k / 2)) edges to the neurons d = 1 ... 50 places away on either side.
  double sum = 0.0;
  for (std::uint32_t d = 1; d <= n / 2; ++d) sum += std::ceil(d / (k / 2.0));
  CHECK(summary.directed.mean == Approx(sum / 50.0));
  CHECK(summary.undirected.mean == Approx(sum / 50.0));
  CHECK(summary.directed.error == 0.0);
  CHECK(summary.reciprocity == 1.0);
  CHECK(summary.small_world.index ==
        Approx(summary.clustering.mean / summary.small_world.random_clustering /
               (summary.undirected.mean / summary.small_world.random_path_length)));
}

TEST_CASE(
    "neurons joined to all within a cutoff in the plane cluster like overlapping discs, and are a small "
    "world") {
  Circuit circuit = one_population(3000);
  circuit.space = {.dims = 2, .periodic = true};
  circuit.projections = {{.source = "A", .target = "A", .cutoff = 0.1}};
  const auto summary = analyse(graph_of(circuit), {});
  // Of a disc of neighbours, another disc around one of them covers 1 - 3 sqrt(3) / (4 pi) on average: Dall
  // and Christensen (2002). One neuron's coefficient, of some 94 neighbours, deviates by 0.03 or so, and
  // eight patches at least share no neighbours: 0.01 for the mean.
  CHECK(std::abs(summary.clustering.mean - (1.0 - 3.0 * std::sqrt(3.0) / (4.0 * std::numbers::pi))) <
        3 * 0.01);
  CHECK(summary.reciprocity == 1.0);
  // The mean distance in a disc of radius r is 2 r / 3; 280,000 edges, each pair of neurons twice.
  REQUIRE(summary.lengths);
  CHECK(std::abs(summary.lengths->moments.mean() - 0.2 / 3.0) <
        5 * 0.1 / std::sqrt(18.0) / std::sqrt(140'000));
  CHECK(summary.small_world.index > 5.0);
}

TEST_CASE("clustering is Boost's, neuron by neuron") {
  const std::uint32_t in_ten = GENERATE(1, 3, 8);
  constexpr std::uint32_t n = 60;
  const auto ends = scattered(n, in_ten);
  boost::adjacency_matrix<boost::undirectedS> matrix(n);
  for (const auto& [a, b] : ends)
    if (!edge(a, b, matrix).second) add_edge(a, b, matrix);
  const auto undirected = undirected_graph(n, joined_pairs(graph_of(circuit_of(n, ends))).pairs);
  REQUIRE(num_edges(undirected) == 2 * num_edges(matrix));
  double sum = 0.0;
  for (Vertex v = 0; v < n; ++v) {
    const double expected = boost::clustering_coefficient(matrix, v);
    CHECK(clustering(undirected, {v}, 1).mean == Approx(expected));
    sum += expected;
  }
  CHECK(sum > 1.0);
  CHECK(clustering(undirected, sample_vertices(n, n, 1, 0), 1).mean == Approx(sum / n));
}

TEST_CASE("autapses and multapses are edges and degrees, and join nobody else") {
  // 0 -> 1 three times, 1 -> 1 twice, 1 -> 0.
  const auto summary = analysed(3, {{0, 1}, {1, 1}, {0, 1}, {1, 0}, {1, 1}, {0, 1}});
  CHECK(summary.n_edges == 6);
  CHECK(summary.n_autapses == 2);
  CHECK(summary.n_multapses == 2);
  CHECK(summary.n_pairs == 1);
  CHECK(summary.reciprocity == 1.0);
  CHECK(summary.density == Approx(2.0 / 6.0));
  check_moments(summary.in_degree, 2, std::sqrt(14.0 / 3.0), 0, 5);
  CHECK(summary.directed.mean == 1.0);
  CHECK(summary.directed.n_unreachable == 4);
}

TEST_CASE("the wiring of a small placed circuit, by hand") {
  // A square of side 8: 0 at (1, 1), 1 at (1, 3), 2 at (4, 3) and 3 at (4, 7.5); 0 -> 1 -> 2 -> 3, 0 -> 3, 0
  // -> 0.
  Circuit circuit = circuit_of(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {0, 0}});
  const bool periodic = GENERATE(false, true);
  circuit.space = {.dims = 2, .extent = {8, 8, 1}, .periodic = periodic};
  circuit.populations[0].placement = {.kind = PlacementKind::given, .positions = {1, 1, 1, 3, 4, 3, 4, 7.5}};
  const auto summary = analyse(graph_of(circuit), {.n_bins = 3});
  REQUIRE(summary.lengths);
  const double last = periodic ? std::hypot(3, 1.5) : std::hypot(3, 6.5);
  // In float: each to 6e-8 of itself.
  const double between = periodic ? 3.5 : 4.5;
  CHECK(summary.lengths->total == Approx(2.0 + 3.0 + between + last).epsilon(1e-7));
  CHECK(summary.lengths->moments.mean() == Approx((2.0 + 3.0 + between + last) / 5.0).epsilon(1e-7));
  CHECK(summary.lengths->moments.min() == 0.0);
  CHECK(summary.lengths->moments.max() == Approx(std::max(between, last)).epsilon(1e-7));
  // Thirds of 3.5 are 1.17 and 2.33, of 7.16 they are 2.39 and 4.77.
  CHECK(summary.lengths->histogram.counts ==
        (periodic ? std::vector<std::size_t>{1, 1, 3} : std::vector<std::size_t>{2, 2, 1}));
}

TEST_CASE("what has no space has no lengths, what has no edge no paths, and one neuron is a graph") {
  const auto without = analysed(5, {});
  CHECK_FALSE(without.lengths);
  CHECK(without.n_edges == 0);
  CHECK(without.weak.count == 5);
  CHECK(std::isnan(without.directed.mean));
  CHECK(without.directed.efficiency == 0.0);
  CHECK(without.directed.n_unreachable == 20);
  CHECK(std::isnan(without.small_world.index));
  const auto one = analysed(1, {{0, 0}});
  CHECK(one.strong.largest == 1);
  CHECK(one.density == 0.0);
  CHECK(one.directed.n_unreachable == 0);
}

TEST_CASE("edges are told by the groups they join") {
  Circuit circuit;
  circuit.populations = {{.name = "A", .size = 4}, {.name = "B", .size = 2}};
  circuit.projections = {{.source = "A", .target = "B", .weight = {.amplitude = 0.5}, .delay_ms = 2.0},
                         {.source = "B",
                          .target = "A",
                          .rule = ConnectionRule::fixed_indegree,
                          .indegree = 3,
                          .weight = {.amplitude = -1.5}}};
  const auto summary = analyse(graph_of(circuit), {});
  REQUIRE(summary.groups.size() == 2);
  CHECK(summary.groups[0].source == 0);
  CHECK(summary.groups[0].target == 1);
  CHECK(summary.groups[0].n_edges() == 8);
  check_moments(summary.groups[0].delay_ms, 2.0, 0.0, 2.0, 2.0);
  CHECK(summary.groups[1].n_edges() == 12);
  check_moments(summary.groups[1].weight, -1.5, 0.0, -1.5, -1.5);
  check_moments(summary.weight, (4.0 - 18.0) / 20.0, 2.0 * std::sqrt(0.24), -1.5, 0.5);
}

namespace {

void check_equal(const PathLengths& a, const PathLengths& b) {
  CHECK(a.mean == b.mean);
  CHECK(a.error == b.error);
  CHECK(a.efficiency == b.efficiency);
  CHECK(a.n_reached == b.n_reached);
  CHECK(a.n_sources == b.n_sources);
}

}  // namespace

TEST_CASE(
    "a graph too large to look at all neurons gives a sample's numbers, the same for any number of threads") {
  const Circuit circuit = circuit_of(300, scattered(300, 1));
  const NeuronGraph graph = graph_of(circuit);
  // About 9000 edges and 300 neurons for a source, 57^2 edges for a neuron's clustering: some 21 and 60 of
  // 200,000.
  AnalysisOptions options{.seed = 3, .most_work = 2e5};
  const auto summary = analyse(graph, options);
  CHECK(summary.directed.n_sources ==
        static_cast<std::size_t>(2e5 / static_cast<double>(300 + graph.n_edges())));
  CHECK(summary.directed.n_sources < 50);
  CHECK(summary.clustering.n_sampled < 300);
  CHECK(summary.directed.error > 0.0);
  const auto whole = analyse(graph, {});
  CHECK(whole.directed.n_sources == 300);
  CHECK(std::abs(summary.directed.mean - whole.directed.mean) < 5 * summary.directed.error);
  CHECK(std::abs(summary.clustering.mean - whole.clustering.mean) < 5 * summary.clustering.error);
  for (const std::size_t n_threads : {2, 3}) {
    options.n_threads = n_threads;
    const auto other = analyse(graph_of(circuit, n_threads), options);
    check_equal(other.directed, summary.directed);
    check_equal(other.undirected, summary.undirected);
    CHECK(other.clustering.mean == summary.clustering.mean);
    CHECK(other.clustering.error == summary.clustering.error);
    CHECK(other.small_world.index == summary.small_world.index);
    CHECK(other.weight.mean() == summary.weight.mean());
  }
  options.seed = 4;
  CHECK(analyse(graph, options).directed.mean != summary.directed.mean);
}
