#include "sim/spatial_graph.hpp"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <boost/graph/topological_sort.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using namespace loci::sim;

namespace {

const NetworkDescription small{.sizes = {12, 9, 5}, .dims = 3};

double distance(const SpatialGraph& graph, Vertex a, Vertex b) {
  double squared = 0.0;
  for (std::size_t k = 0; k < graph.dims(); ++k)
    squared +=
        std::pow(static_cast<double>(graph.position(a)[k]) - static_cast<double>(graph.position(b)[k]), 2);
  return std::sqrt(squared);
}

}  // namespace

TEST_CASE("without a cutoff every neuron reaches every neuron of the next layer, in order") {
  const auto graph = build_spatial_graph(small, initialise(small, {}));
  CHECK(graph.n_neurons() == 26);
  CHECK(graph.n_layers() == 3);
  CHECK(graph.n_edges() == 12 * 9 + 9 * 5);
  for (Vertex v = 0; v < 26; ++v) {
    const std::size_t layer = v < 12 ? 0 : v < 21 ? 1 : 2;
    CHECK(graph.layer_of(v) == layer);
    const auto targets = graph.targets_of(v);
    CHECK(graph.edges_of(v).size() == targets.size());
    REQUIRE(targets.size() == (layer == 0 ? 9U : layer == 1 ? 5U : 0U));
    for (std::size_t k = 0; k < targets.size(); ++k) CHECK(targets[k] == graph.layer_begin(layer + 1) + k);
  }
}

TEST_CASE(
    "a cutoff keeps exactly the pairs of neighbouring layers that are no farther apart, by the positions "
    "themselves") {
  const double cutoff = 1.8;
  for (const LayerDistance kind : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed}) {
    NetworkDescription network = small;
    network.layer_distance = kind;
    const auto graph =
        build_spatial_graph(network, initialise(network, {.gap = -0.5, .seed = 3}), {.cutoff = cutoff});
    std::size_t n_edges = 0;
    for (Vertex v = 0; v < graph.n_neurons(); ++v) {
      std::vector<Vertex> near;
      for (Vertex w = 0; w < graph.n_neurons(); ++w)
        if (graph.layer_of(w) == graph.layer_of(v) + 1 && distance(graph, v, w) <= cutoff) near.push_back(w);
      const auto targets = graph.targets_of(v);
      CHECK(std::vector<Vertex>(targets.begin(), targets.end()) == near);
      n_edges += near.size();
    }
    CHECK(graph.n_edges() == n_edges);
    CHECK(n_edges > 20);
    CHECK(n_edges < 12 * 9 + 9 * 5);
  }
}

TEST_CASE("layers lie at the sum of the gaps before them, whatever the gaps' signs") {
  auto parameters = initialise(small, {});
  parameters.group("gap", 0)[0] = -0.5F;
  parameters.group("gap", 1)[0] = 2.0F;
  const auto graph = build_spatial_graph(small, parameters);
  REQUIRE(graph.dims() == 3);
  CHECK(graph.position(0)[0] == parameters.group("position", 0)[0]);
  CHECK(graph.position(1)[1] == parameters.group("position", 0)[3]);
  CHECK(graph.position(0)[2] == 0.0F);
  CHECK(graph.position(12)[2] == 0.5F);
  CHECK(graph.position(25)[2] == 2.5F);
}

TEST_CASE("weights are balanced before edges are culled") {
  NetworkDescription network = small;
  network.balanced = true;
  const auto parameters = initialise(network, {});
  const auto whole = build_spatial_graph(network, parameters);
  const auto culled = build_spatial_graph(network, parameters, {.cutoff = 1.8});
  for (Vertex v = 0; v < 12; ++v) {
    float sum = 0.0F;
    for (const Edge& edge : whole.edges_of(v)) sum += edge.weight;
    CHECK(std::abs(sum) < 1e-5F);  // 9 terms of order 1, each rounded to 6e-8
    for (std::size_t k = 0; k < culled.targets_of(v).size(); ++k)
      CHECK(culled.edges_of(v)[k].weight == whole.edges_of(v)[culled.targets_of(v)[k] - 12].weight);
  }
}

TEST_CASE("delays are one step plus the distance over the velocity, on the grid") {
  const auto parameters = initialise(small, {});
  const auto graph = build_spatial_graph(small, parameters, {.velocity = 3.0, .step_ms = 0.1});
  for (Vertex v = 0; v < 21; ++v) {
    for (std::size_t k = 0; k < graph.targets_of(v).size(); ++k) {
      const Edge& edge = graph.edges_of(v)[k];
      const double steps = distance(graph, v, graph.targets_of(v)[k]) / 3.0 / 0.1;
      CHECK(std::abs(static_cast<double>(edge.delay) - 1.0 - steps) < 0.5001);
      CHECK(graph.delay_ms(edge) == Approx(edge.delay * 0.1));
    }
  }
  const auto prompt = build_spatial_graph(small, parameters);
  for (const Edge& edge : prompt.edges_of(0)) CHECK(edge.delay == 1);
}

TEST_CASE("the bundles in which spikes travel hold every edge once, by delay and then by target") {
  const auto graph = build_spatial_graph(small, initialise(small, {}), {.cutoff = 2.5, .velocity = 1.0});
  std::size_t n_bundles = 0;
  for (Vertex v = 0; v < graph.n_neurons(); ++v) {
    std::vector<double> expected(graph.n_neurons(), 0.0);
    std::vector<double> delivered(graph.n_neurons(), 0.0);
    for (std::size_t k = 0; k < graph.targets_of(v).size(); ++k)
      expected[graph.targets_of(v)[k]] = 2.0 * static_cast<double>(graph.edges_of(v)[k].weight);
    Step last = 0;
    for (const auto& bundle : graph.synapses().from(v)) {
      CHECK(bundle.delay > last);
      last = bundle.delay;
      CHECK(std::ranges::is_sorted(graph.synapses().targets(bundle)));
      graph.synapses().deliver(bundle, 2.0, delivered);
      ++n_bundles;
    }
    CHECK(delivered == expected);
  }
  CHECK(n_bundles > 30);  // 12 + 9 sources fire; several delays for many
}

TEST_CASE("degrees sum to the edges and Boost's algorithms run on the graph") {
  const auto spatial = build_spatial_graph(small, initialise(small, {}), {.cutoff = 2.0, .velocity = 1.0});
  const BoostGraph& graph = spatial.graph();
  std::size_t degrees = 0;
  for (Vertex v = 0; v < spatial.n_neurons(); ++v) degrees += out_degree(v, graph);
  CHECK(degrees == spatial.n_edges());
  CHECK(num_edges(graph) == spatial.n_edges());

  std::vector<Vertex> order;
  topological_sort(graph, std::back_inserter(order));  // a layered graph has no cycle
  CHECK(order.size() == spatial.n_neurons());

  std::vector<Step> earliest(spatial.n_neurons());
  boost::dijkstra_shortest_paths(graph, Vertex{0},
                                 boost::weight_map(boost::get(&Edge::delay, graph))
                                     .distance_map(boost::make_iterator_property_map(
                                         earliest.begin(), boost::get(boost::vertex_index, graph))));
  std::vector<Step> expected(spatial.n_neurons(), std::numeric_limits<Step>::max());
  expected[0] = 0;
  for (Vertex v = 0; v < spatial.n_neurons(); ++v)
    for (std::size_t k = 0; k < spatial.targets_of(v).size(); ++k)
      if (expected[v] != std::numeric_limits<Step>::max())
        expected[spatial.targets_of(v)[k]] =
            std::min(expected[spatial.targets_of(v)[k]], expected[v] + spatial.edges_of(v)[k].delay);
  CHECK(earliest == expected);
  CHECK(std::ranges::count(earliest, std::numeric_limits<Step>::max()) < 26 - 4);  // it reaches some
}

namespace {

struct Kept {
  std::size_t edges = 0;
  std::size_t pairs = 0;
};

// The graph's edges, in order and to the last bit, are those of the definition no longer than the options'
// cutoff.
Kept check_edges(const NetworkDescription& network, const Parameters& parameters, double cutoff) {
  const auto exact = in_double(network, parameters);
  const auto graph = build_spatial_graph(network, parameters, {.cutoff = cutoff, .velocity = 0.5});
  Kept kept;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const auto edges = connection_edges(network, exact, l);
    const auto weights = connection_weights(network, exact, l);
    const auto distances = connection_distances(network, exact, l);
    for (std::size_t i = 0; i < network.sizes[l]; ++i) {
      std::vector<Vertex> targets;
      std::vector<float> expected;
      std::vector<Step> delays;
      for (std::size_t j = 0; j < network.sizes[l + 1]; ++j) {
        const std::size_t pair = i * network.sizes[l + 1] + j;
        if (edges[pair] == 0 || distances[pair] > cutoff) continue;
        targets.push_back(graph.layer_begin(l + 1) + static_cast<Vertex>(j));
        expected.push_back(static_cast<float>(weights[pair]));
        delays.push_back(1 + static_cast<Step>(std::lround(distances[pair] / 0.5)));
      }
      const Vertex source = graph.layer_begin(l) + static_cast<Vertex>(i);
      CHECK(std::ranges::equal(graph.targets_of(source), targets));
      CHECK(std::ranges::equal(graph.edges_of(source), expected, {}, &Edge::weight));
      CHECK(std::ranges::equal(graph.edges_of(source), delays, {}, &Edge::delay));
      kept.edges += targets.size();
    }
    kept.pairs += edges.size();
  }
  CHECK(graph.n_edges() == kept.edges);
  return kept;
}

}  // namespace

TEST_CASE("a graph has the network's own edges and weights, culled further on request, wherever they lie") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto distance : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed})
    for (const bool balanced : {false, true})
      for (const double pruned : {0.0, 0.3})
        for (const std::size_t dims : {2U, 3U, 6U}) {
          NetworkDescription network{.sizes = {70, 50, 20},
                                     .dims = dims,
                                     .layer_distance = distance,
                                     .weight_scale = {0.7, 1.3},
                                     .balanced = balanced,
                                     .softening = 0.1,
                                     .pruned = pruned};
          const auto parameters = initialise(network, {.gap = -0.6, .seed = dims});
          CAPTURE(name_of(distance), balanced, pruned, dims);
          const double middle = 1.2 + 0.4 * static_cast<double>(dims);
          for (const double own : {inf, 1e200, middle, 1.1 * middle})
            for (const double further : {inf, 1e200, middle, 0.8 * middle}) {
              network.cutoff = own;
              const auto kept = check_edges(network, parameters, further);
              CHECK(kept.edges > 50);
              const bool all = own >= 1e200 && further >= 1e200 && pruned == 0.0;
              CHECK((kept.edges == kept.pairs) == all);
            }
        }
}

TEST_CASE("neurons at exactly the cutoff are connected though the search is in float") {
  // Two learned coordinates on whole numbers and a gap of 4: distances 5 where the coordinates are 3 apart.
  NetworkDescription network{.sizes = {1, 4}, .dims = 3, .cutoff = 5.0};
  Parameters parameters(network);
  std::ranges::copy(std::vector<float>{3.0F, 0.0F, 0.0F, -3.0F, 3.0F, 1.0F, 0.0F, 0.0F},
                    parameters.group("position", 1).begin());
  parameters.group("gap", 0)[0] = 4.0F;
  parameters.group("inhibition", 0)[0] = 1.0F;
  const auto graph = build_spatial_graph(network, parameters);
  const std::vector<Vertex> expected{1, 2, 4};
  CHECK(std::ranges::equal(graph.targets_of(0), expected));
  CHECK(build_spatial_graph(network, parameters, {.cutoff = 4.999}).n_edges() == 1);
  // The gap alone is the cutoff.
  CHECK(build_spatial_graph(network, parameters, {.cutoff = 4.0}).n_edges() == 1);
}

TEST_CASE("a pruned dense network's graph has the edges that are left") {
  const NetworkDescription network{.sizes = {3, 2}, .wiring = Wiring::dense, .pruned = 0.5};
  Parameters parameters(network);
  std::ranges::copy(std::vector<float>{0.5F, -4.0F, 0.25F, 2.0F, -0.125F, 1.0F},
                    parameters.group("weight", 0).begin());
  const auto graph = build_spatial_graph(network, parameters);
  REQUIRE(graph.n_edges() == 3);
  CHECK(graph.targets_of(0)[0] == 4);
  CHECK(graph.edges_of(0)[0].weight == -4.0F);
  CHECK(graph.targets_of(1)[0] == 4);
  CHECK(graph.edges_of(1)[0].weight == 2.0F);
  CHECK(graph.targets_of(2)[0] == 4);
  CHECK(graph.edges_of(2)[0].weight == 1.0F);
}

TEST_CASE("dense networks become graphs without positions and with a delay of one step") {
  const NetworkDescription network{.sizes = {3, 2}, .wiring = Wiring::dense};
  Parameters parameters(network);
  for (std::size_t k = 0; k < 6; ++k) parameters.group("weight", 0)[k] = static_cast<float>(k) + 0.5F;
  const auto graph = build_spatial_graph(network, parameters);
  CHECK(graph.dims() == 0);
  CHECK(graph.position(4).empty());
  CHECK(graph.edges_of(2)[1].weight == 5.5F);
  CHECK(graph.edges_of(2)[1].delay == 1);
  CHECK_THROWS_WITH(build_spatial_graph(network, parameters, {.cutoff = 1.0}), Catch::Contains("cutoff"));
  CHECK_THROWS_WITH(build_spatial_graph(network, parameters, {.velocity = 1.0}), Catch::Contains("velocity"));
}

TEST_CASE("a cutoff that leaves a connection without edges is refused with the shortest distance there") {
  NetworkDescription network{.sizes = {1, 1, 1}, .dims = 2};
  Parameters parameters(network);
  parameters.group("gap", 0)[0] = 1.0F;
  parameters.group("gap", 1)[0] = 4.0F;
  CHECK_THROWS_WITH(build_spatial_graph(network, parameters, {.cutoff = 2.0}),
                    Catch::Contains("connection 1 (layer 1 to layer 2)") && Catch::Contains("at least 4,"));
  network.cutoff = 2.0;
  CHECK_THROWS_WITH(build_spatial_graph(network, parameters),
                    Catch::Contains("connection 1 (layer 1 to layer 2)") &&
                        Catch::Contains("network.cutoff, which is 2") && Catch::Contains("at least 4,"));
}

TEST_CASE("graphs that make no sense are refused") {
  const auto parameters = initialise(small, {});
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_AS(build_spatial_graph(small, parameters, {.cutoff = bad}), InputError);
    CHECK_THROWS_AS(build_spatial_graph(small, parameters, {.velocity = bad}), InputError);
    CHECK_THROWS_AS(build_spatial_graph(small, parameters, {.step_ms = bad}), InputError);
  }
  CHECK_THROWS_AS(build_spatial_graph(small, parameters, {.velocity = 1e-12}), InputError);
  NetworkDescription rate = small;
  rate.neuron = NeuronModel::relu;
  CHECK_THROWS_WITH(build_spatial_graph(rate, parameters),
                    Catch::Contains("a rate network has no spikes to simulate"));
  for (const char* kind : {"position", "inhibition", "gap"}) {
    Parameters broken = parameters;
    broken.group(kind, 1)[0] = std::numeric_limits<float>::quiet_NaN();
    for (const double cutoff : {std::numeric_limits<double>::infinity(), 3.0})
      CHECK_THROWS_WITH(build_spatial_graph(small, broken, {.cutoff = cutoff}),
                        Catch::Contains("is not finite"));
  }
}
