// A circuit as a graph: its edges are the connectivity's, between neurons by number, with lengths of space.
#include "sim/graph/neuron_graph.hpp"

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "sim/error.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci;
using namespace loci::sim;

namespace {

// Two populations in a square that closes on itself, joined by distance, at random and one to one.
Circuit mixed(std::size_t dims) {
  Circuit circuit;
  circuit.space = {.dims = dims, .lower = {-1, 2, 0}, .extent = {1, 2, 1}, .periodic = true};
  circuit.populations = {{.name = "A", .size = 300}, {.name = "B", .size = 170}};
  std::vector<double> mask(300, 1.0);
  for (std::size_t i = 0; i < 300; i += 7) mask[i] = -2.0;
  circuit.populations[0].mask = PerNeuron(mask);
  circuit.projections = {
      {.source = "A", .target = "B", .probability = {.amplitude = 0.1}, .weight = {.amplitude = 0.3}},
      {.source = "B", .target = "B", .rule = ConnectionRule::one_to_one, .delay_ms = 0.4},
      {.source = "B", .target = "A", .rule = ConnectionRule::fixed_indegree, .indegree = 20},
  };
  if (dims > 0)
    circuit.projections.push_back({.source = "A",
                                   .target = "A",
                                   .cutoff = 0.3,
                                   .weight = {KernelShape::exponential, 1.0, 0.1},
                                   .delay_ms = 0.5,
                                   .velocity = 0.1});
  return circuit;
}

// (source, target, delay, weight) as the graph has it, in its order.
std::vector<JoinedEdge> edges_in(const NeuronGraph& graph) {
  std::vector<JoinedEdge> edges;
  for (Vertex v = 0; v < graph.n_neurons(); ++v)
    for (std::size_t e = 0; e < graph.targets_of(v).size(); ++e) {
      const GraphEdge& edge = graph.edges_of(v)[e];
      edges.push_back({v, graph.targets_of(v)[e], edge.delay, edge.weight});
    }
  return edges;
}

// The same from the rows of every projection, places become neurons, populations numbered one after another.
std::vector<JoinedEdge> edges_of_rows(const Circuit& circuit, const ConnectivityOptions& options) {
  std::vector<JoinedEdge> all;
  for (std::size_t i = 0; i < circuit.projections.size(); ++i) {
    const std::uint32_t first_source = circuit.projections[i].source == "A" ? 0 : 300;
    const std::uint32_t first_target = circuit.projections[i].target == "A" ? 0 : 300;
    for (const JoinedEdge& edge : edges_of(circuit, options, i))
      all.push_back({edge.source + first_source, edge.target + first_target, edge.delay, edge.weight});
  }
  std::ranges::sort(all);
  return all;
}

NeuronGraph graph_of(const Circuit& circuit, const ConnectivityOptions& options = {}) {
  return build_neuron_graph(circuit, Connectivity(circuit, options));
}

}  // namespace

TEST_CASE("a circuit's graph has the rows of every projection, sorted, from and to neurons by number") {
  const std::size_t dims = GENERATE(0, 1, 2);
  const auto precision = GENERATE(Precision::single, Precision::exact);
  const Circuit circuit = mixed(dims);
  const auto expected = edges_of_rows(circuit, {.precision = precision});
  REQUIRE(expected.size() > 10'000);
  for (const std::size_t n_threads : {1, 3}) {
    const NeuronGraph graph = graph_of(circuit, {.precision = precision, .n_threads = n_threads});
    CHECK(graph.n_neurons() == 470);
    CHECK(graph.n_edges() == expected.size());
    CHECK(edges_in(graph) == expected);
  }
}

TEST_CASE("populations are groups of the graph, named and one after another, with their positions") {
  const Circuit circuit = mixed(2);
  const NeuronGraph graph = graph_of(circuit);
  REQUIRE(graph.groups().size() == 2);
  CHECK(graph.groups()[0].name == "A");
  CHECK(graph.groups()[1].name == "B");
  CHECK(graph.groups()[1].begin == 300);
  CHECK(graph.groups()[1].size() == 170);
  CHECK(graph.group_of(299) == 0);
  CHECK(graph.group_of(300) == 1);
  CHECK(graph.step_ms() == 0.1);
  const auto b = place_population(circuit, 1);
  REQUIRE(graph.dims() == 2);
  CHECK(graph.position(305)[0] == b[10]);
  CHECK(graph.position(305)[1] == b[11]);
}

TEST_CASE("an edge is as long as its neurons are apart, the shorter way round, to single precision") {
  const Circuit circuit = mixed(2);
  const NeuronGraph graph = graph_of(circuit);
  std::size_t n_round = 0;
  for (Vertex v = 0; v < graph.n_neurons(); ++v)
    for (std::size_t e = 0; e < graph.targets_of(v).size(); ++e) {
      const Vertex w = graph.targets_of(v)[e];
      double dx = std::abs(graph.position(v)[0] - graph.position(w)[0]);
      double dy = std::abs(graph.position(v)[1] - graph.position(w)[1]);
      n_round += dx > 0.5 || dy > 1.0 ? 1 : 0;
      dx = std::min(dx, 1.0 - dx);
      dy = std::min(dy, 2.0 - dy);
      const double length = std::hypot(dx, dy);
      CHECK(std::abs(static_cast<double>(graph.edges_of(v)[e].length) - length) <= 0x1p-24 * length + 1e-15);
    }
  CHECK(n_round > 100);
  const NeuronGraph nowhere = graph_of(mixed(0));
  for (const GraphEdge& edge : nowhere.edges_of(0)) CHECK(edge.length == 0.0F);
}

TEST_CASE("Boost's algorithms run on a circuit's graph: the earliest arrivals of a spike") {
  // 0 -> 1 -> 2 takes 3 + 4 steps, 0 -> 2 takes 9, and nothing leads to 3.
  Circuit circuit = one_population(4);
  circuit.projections = {{.source = "A", .target = "A", .rule = ConnectionRule::given}};
  circuit.projections[0].edges = {{0, 0, 1, 3}, {2, 1, 2, 0}, {1, 1, 1, 1}, {0.9, 0.3, 0.4, 0.1}};
  const NeuronGraph neurons = graph_of(circuit);
  const BoostNeuronGraph& graph = neurons.graph();
  std::vector<Step> earliest(4);
  boost::dijkstra_shortest_paths(graph, Vertex{0},
                                 boost::weight_map(boost::get(&GraphEdge::delay, graph))
                                     .distance_map(boost::make_iterator_property_map(
                                         earliest.begin(), boost::get(boost::vertex_index, graph))));
  CHECK(earliest == std::vector<Step>{0, 3, 7, std::numeric_limits<Step>::max()});
}

TEST_CASE("a circuit without projections is a graph without edges") {
  const NeuronGraph graph = graph_of(one_population(5));
  CHECK(graph.n_neurons() == 5);
  CHECK(graph.n_edges() == 0);
  CHECK(graph.targets_of(4).empty());
  CHECK(graph.edges_of(4).empty());
}

TEST_CASE("a graph that does not fit into memory, and delays off the grid, are refused") {
  const Circuit circuit = mixed(2);
  const Connectivity connectivity(circuit, {});
  const double needed = graph_bytes(470.0, static_cast<double>(connectivity.n_edges()));
  CHECK(needed > 20.0 * static_cast<double>(connectivity.n_edges()));
  CHECK_NOTHROW(build_neuron_graph(circuit, connectivity, needed));
  CHECK_THROWS_AS(build_neuron_graph(circuit, connectivity, needed - 1.0), InputError);
  CHECK_THROWS_WITH(require_graph_memory(1e12, graph_bytes(1e6, 1e12), 0x1p33),
                    Catch::Contains("about 1e+12 edges as a graph need 18627 GiB") &&
                        Catch::Contains("there are 8.00 GiB") && Catch::Contains("smaller cutoff"));
  CHECK_THROWS_WITH(graph_of(circuit, {.off_grid = true}), Catch::Contains("on the grid"));
}
