// Networks as a report shows them: places, edges and histograms of networks small enough to work out by hand.
#include <catch2/catch.hpp>
#include <cmath>

#include "experiments/report/circuit_view.hpp"
#include "experiments/report/edge_digest.hpp"
#include "experiments/report/model_view.hpp"
#include "experiments/report/points.hpp"

using namespace loci;
using Catch::Contains;
using experiments::EdgeDigest;
using Neurons = std::vector<std::uint32_t>;

namespace {

// 2-1-1 neurons in the plane and a layer coordinate, gaps 3 and 4. Masks: tanh(k v / 2) with k = 2, so
// tanh(v).
struct Small {
  sim::NetworkDescription network{.sizes = {2, 1, 1}, .dims = 3, .mask_steepness = 2.0};
  sim::Parameters parameters{network};

  Small() {
    set("position", 0, {0, 0, 4, 0});
    set("position", 1, {0, 0});
    set("position", 2, {0, 3});
    set("inhibition", 0, {1, -1});
    set("inhibition", 1, {1});
    set("gap", 0, {3});
    set("gap", 1, {4});
  }
  void set(const char* kind, std::size_t layer, const std::vector<float>& values) {
    std::ranges::copy(values, parameters.group(kind, layer).begin());
  }
};

}  // namespace

TEST_CASE("a neuron's strongest edges are kept by falling weight, equal ones by number") {
  EdgeDigest digest(5, 2);
  digest.add(0, 3, 0.5);
  digest.add(0, 1, -2.0);
  digest.add(0, 4, 1.0);
  digest.add(0, 2, 1.0);
  const auto out = digest.outgoing({0, 1});
  CHECK(out.begin == Neurons{0, 2, 2});
  CHECK(out.neuron == Neurons{1, 2});  // -2, then 1 to the smaller of two
  CHECK(out.weight == std::vector<float>{-2.0F, 1.0F});
  const auto in = digest.incoming({1, 3});
  CHECK(in.begin == Neurons{0, 1, 2});
  CHECK(in.neuron == Neurons{0, 0});
  CHECK(digest.degrees() == Neurons{4, 1, 1, 1, 1});
  CHECK(digest.n_edges() == 4);
  CHECK(digest.sign_of(0) == Approx(0.5 / 4.5));
  CHECK(digest.sign_of(1) == 0.0F);
}

TEST_CASE("weights over lengths are counted in cells of equal logarithms, whose last hold the largest") {
  const auto grid = experiments::weight_over_length(
      "a to b",
      [](const experiments::VisitEdge& visit) {
        visit(1.0, -4.0);
        visit(100.0, 0.04);
        visit(90.0, 0.04);
        visit(90.0, 0.0);
      },
      2);
  CHECK(grid.x_low == 0.0);
  CHECK(grid.x_width == 1.0);
  CHECK(grid.y_low == Approx(std::log10(0.04)));
  CHECK(grid.y_width == Approx(1.0));
  CHECK(grid.counts == Neurons{0, 3, 1, 0});  // light and long three times, heavy and short once
  CHECK(experiments::weight_over_length(
            "none", [](const auto&) {}, 2)
            .n_x == 0);
}

TEST_CASE("of many neurons every group keeps its share, and one at least") {
  const std::vector<experiments::NeuronGroup> groups{{"a", 6}, {"b", 1}, {"c", 3}};
  CHECK(experiments::shown_neurons(groups, 10).size() == 10);
  CHECK(experiments::shown_neurons(groups, 5) == Neurons{0, 2, 4, 6, 7});
}

TEST_CASE("neurons without positions lie on a grid around zero, row by row from the top") {
  CHECK(experiments::grid_places(3) == std::vector<float>{-0.5F, 0.5F, 0.5F, 0.5F, -0.5F, -0.5F});
  CHECK(experiments::grid_places(1) == std::vector<float>{0.0F, 0.0F});
}

TEST_CASE("a model's neurons are shown where they are, layers as far apart as their gaps") {
  const Small small;
  std::vector<std::string> notes;
  const auto view = experiments::model_view(small.network, small.parameters, "small", {}, notes);
  CHECK(notes.empty());
  CHECK(view.placed);
  CHECK(view.groups == std::vector<experiments::NeuronGroup>{{"input", 2}, {"hidden", 1}, {"output", 1}});
  CHECK(view.positions == std::vector<float>{0, 0, 0, 4, 0, 0, 0, 0, 3, 0, 3, 7});
  const auto mask = std::tanh(1.0F);
  REQUIRE(view.sign.size() == 4);
  CHECK(view.sign[0] == Approx(mask));
  CHECK(view.sign[1] == Approx(-mask));
  CHECK(view.sign[2] == Approx(mask));
  CHECK(view.sign[3] == 0.0F);
}

TEST_CASE("a model's edges are its own, and the weakest go first when it is pruned") {
  const Small small;
  std::vector<std::string> notes;
  const auto view = experiments::model_view(small.network, small.parameters, "small", {}, notes);
  CHECK(view.n_edges == 3);
  // Into the hidden neuron: over distances 3 and 5 (4 beside, 3 before); out of it: 5 (3 beside, 4 before).
  const double mask = std::tanh(1.0);
  CHECK(view.incoming.neuron == Neurons{0, 1, 2});
  REQUIRE(view.incoming.weight.size() == 3);
  CHECK(view.incoming.weight[0] == Approx(mask / 3));
  CHECK(view.incoming.weight[1] == Approx(-mask / 5));
  CHECK(view.incoming.weight[2] == Approx(mask / 5));
  REQUIRE(view.edge_grids.size() == 2);
  CHECK(view.edge_grids[0].name == "input to hidden");
  CHECK(view.edge_grids[0].x_low == Approx(std::log10(3.0)));
  CHECK(view.edge_grids[0].x_width * 48 == Approx(std::log10(5.0 / 3.0)));
  CHECK(view.edge_grids[0].y_low == Approx(std::log10(mask / 5)));
  // Half of two edges is one; the only edge of the second connection stays.
  REQUIRE(view.degrees.front().pruned == 0.0);
  CHECK(view.degrees.front().degree == Neurons{1, 1, 3, 1});
  const auto at_60 = std::ranges::find(view.degrees, 0.6, &experiments::PrunedDegrees::pruned);
  REQUIRE(at_60 != view.degrees.end());
  CHECK(at_60->degree == Neurons{1, 0, 2, 1});
}

TEST_CASE("coordinates are counted in bins that all layers share") {
  const Small small;
  std::vector<std::string> notes;
  const auto view = experiments::model_view(small.network, small.parameters, "small", {.n_bins = 4}, notes);
  REQUIRE(view.axis_histograms.size() == 9);
  const auto& x_of_input = view.axis_histograms[0];
  CHECK(x_of_input.low == 0.0);
  CHECK(x_of_input.width == 1.0);
  CHECK(x_of_input.counts == Neurons{1, 0, 0, 1});
  const auto& z_of_hidden = view.axis_histograms[7];  // at 3 of 0 to 7
  CHECK(z_of_hidden.low == 0.0);
  CHECK(z_of_hidden.width == 1.75);
  CHECK(z_of_hidden.counts == Neurons{0, 1, 0, 0});
  CHECK(view.axis_histograms[8].counts == Neurons{0, 0, 0, 1});
}

TEST_CASE("a space of many dimensions is seen along the directions of its largest spread") {
  sim::NetworkDescription network{.sizes = {4, 1}, .dims = 5, .layer_distance = sim::LayerDistance::fixed};
  sim::Parameters parameters(network);
  // Spread along the third learned coordinate, and less along the first.
  const std::vector<float> positions{1, 0, 9, 0, -1, 0, 9, 0, 1, 0, -9, 0, -1, 0, -9, 0};
  std::ranges::copy(positions, parameters.group("position", 0).begin());
  std::vector<std::string> notes;
  const auto view = experiments::model_view(network, parameters, "deep", {}, notes);
  const std::vector<float> expected{9, 1, 0, 9, -1, 0, -9, 1, 0, -9, -1, 0, 0, 0, 1};
  REQUIRE(view.positions.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(view.positions[i] == Approx(expected[i]).margin(1e-5));
  CHECK_THAT(view.axes[0], Contains("of 4 directions"));
}

TEST_CASE("a dense network has no positions and lies on grids") {
  const sim::NetworkDescription network{.sizes = {4, 1}, .wiring = sim::Wiring::dense};
  sim::Parameters parameters(network);
  std::ranges::copy(std::vector<float>{1, -2, 3, 0.5F}, parameters.group("weight", 0).begin());
  std::vector<std::string> notes;
  const auto view = experiments::model_view(network, parameters, "dense", {}, notes);
  CHECK_FALSE(view.placed);
  CHECK(view.positions[0] == -0.5F);
  CHECK(view.positions[14] == 1.0F);  // the layer of the last neuron
  CHECK(view.incoming.neuron == Neurons{2, 1, 0, 3});
  CHECK(view.sign == std::vector<float>{1, -1, 1, 1, 0});
  CHECK(view.edge_grids.empty());
}

TEST_CASE("a network too large to look at all its pairs is shown without edges, and that is said") {
  const Small small;
  std::vector<std::string> notes;
  const auto view =
      experiments::model_view(small.network, small.parameters, "small", {.most_edges = 2}, notes);
  CHECK(view.n_edges == 0);
  CHECK(view.incoming.begin == Neurons{0, 0, 0, 0, 0});
  REQUIRE(notes.size() == 1);
  CHECK_THAT(notes[0], Contains("3 pairs"));
}

TEST_CASE("a circuit's neurons and given edges are shown") {
  sim::Circuit circuit{.space = {.dims = 2}};
  circuit.populations = {
      {.name = "a",
       .size = 2,
       .placement = {.kind = sim::PlacementKind::given, .positions = {0.1, 0.2, 0.3, 0.4}}},
      {.name = "b", .size = 1, .placement = {.kind = sim::PlacementKind::given, .positions = {0.1, 0.6}}}};
  circuit.projections = {
      {.source = "a",
       .target = "b",
       .rule = sim::ConnectionRule::given,
       .edges = {.source = {0, 1}, .target = {0, 0}, .weight = {1.5, -3.0}, .delay_ms = {1, 1}}}};
  std::vector<std::string> notes;
  const auto view = experiments::circuit_view(circuit, "pair", "circuit", {}, 1e9, notes);
  CHECK(notes.empty());
  CHECK(view.positions == std::vector<float>{0.1F, 0.2F, 0, 0.3F, 0.4F, 0, 0.1F, 0.6F, 0});
  CHECK(view.incoming.neuron == Neurons{1, 0});
  CHECK(view.incoming.weight == std::vector<float>{-3.0F, 1.5F});
  CHECK(view.sign == std::vector<float>{1, -1, 0});
  CHECK(view.weight_unit == "mV");
  CHECK(view.axis_histograms.size() == 4);  // of two groups along x and y: all are at z = 0
  REQUIRE(view.edge_grids.size() == 1);
  CHECK(view.edge_grids[0].name == "a to b");
  CHECK(view.edge_grids[0].x_low == Approx(std::log10(std::hypot(0.2, 0.2))));  // from (0.3, 0.4), and ...
  CHECK(view.edge_grids[0].x_low + view.edge_grids[0].x_width * 48 == Approx(std::log10(0.4)));
  circuit.projections.clear();
  CHECK(experiments::circuit_view(circuit, "pair", "circuit", {}, 1e9, notes).n_edges == 0);
  CHECK(notes.size() == 1);
}
