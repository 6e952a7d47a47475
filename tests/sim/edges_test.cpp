// Which pairs have an edge, and what balancing makes of their weights.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sim/parameters.hpp"

using namespace loci::sim;

namespace {

using DoubleParameters = BasicParameters<double>;
using Edges = std::vector<std::uint8_t>;

void set(std::span<double> group, std::initializer_list<double> values) {
  REQUIRE(group.size() == values.size());
  std::ranges::copy(values, group.begin());
}

// Neurons of the first layer at 0 and 8 of a line, of the second at 0, 4 and 9.6; gaps of 3. Distances
//   3        5            sqrt(101.16) = 10.06
//   sqrt(73) = 8.54   5   sqrt(11.56) = 3.4
DoubleParameters on_a_line(const NetworkDescription& network) {
  DoubleParameters parameters(network);
  set(parameters.group("position", 0), {0, 8});
  set(parameters.group("position", 1), {0, 4, 9.6});
  // Masks near 1 and -1/2: tanh(10 v / 2).
  set(parameters.group("inhibition", 0), {10, -std::log(3.0) / 10});
  set(parameters.group("gap", 0), {-3});
  if (network.n_connections() > 1) set(parameters.group("gap", 1), {3});
  return parameters;
}

}  // namespace

TEST_CASE("pairs farther apart than the cutoff have no edge and no weight, those at it have") {
  NetworkDescription network{.sizes = {2, 3}, .dims = 2, .cutoff = 5.0};
  const auto parameters = on_a_line(network);
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 1, 1});
  const auto weights = connection_weights(network, parameters, 0);
  CHECK(weights[0] == Approx(1.0 / 3));
  CHECK(weights[1] == Approx(1.0 / 5));
  CHECK(weights[2] == 0.0);
  CHECK(weights[3] == 0.0);
  CHECK(weights[4] == Approx(-0.5 / 5));
  CHECK(weights[5] == Approx(-0.5 / 3.4));
  network.cutoff = std::nextafter(5.0, 0.0);
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 0, 0, 0, 0, 1});
  network.cutoff = 1.0;  // shorter than the gap
  CHECK(connection_edges(network, parameters, 0) == Edges(6, 0));
  CHECK(connection_weights(network, parameters, 0) == std::vector<double>(6, 0.0));
  // Distances count as they are, softening included: 9 + 16 + 0.5 is beyond 5.
  network.cutoff = 5.0;
  network.softening = 0.5;
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 0, 0, 0, 0, 1});
}

TEST_CASE("pruning removes the smallest weights of those within the cutoff, connection by connection") {
  // |W|: 1/3, 1/5, 0.0994 and 0.0585, 0.1, 0.147.
  NetworkDescription network{.sizes = {2, 3}, .dims = 2, .pruned = 0.5};
  const auto parameters = on_a_line(network);
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 0, 1});
  network.pruned = 0.3;  // floor(0.3 x 6) = 1
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 1, 0, 1, 1});
  network.cutoff = 5.0;  // four edges: floor(0.3 x 4) = 1
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 0, 1});
  network.pruned = 0.999;
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 0, 0, 0, 0, 0});
  network.cutoff = 1.0;
  CHECK(connection_edges(network, parameters, 0) == Edges(6, 0));
}

TEST_CASE("of equal weights at the border of pruning none is removed") {
  const NetworkDescription network{.sizes = {2, 3}, .wiring = Wiring::dense, .pruned = 0.5};
  DoubleParameters parameters(network);
  set(parameters.group("weight", 0), {1, -2, 2, 3, 2, 0});
  // Sorted: 0 1 2 | 2 2 3. The border is 2, and all of 2 stay.
  CHECK(connection_edges(network, parameters, 0) == Edges{0, 1, 1, 1, 1, 0});
  CHECK(connection_weights(network, parameters, 0) == std::vector<double>{0, -2, 2, 3, 2, 0});
  set(parameters.group("weight", 0), {1, -1, 1, 1, -1, 1});
  CHECK(connection_edges(network, parameters, 0) == Edges(6, 1));
}

TEST_CASE("pruning by length removes the longest edges, connection by connection and share by share") {
  NetworkDescription network{.sizes = {2, 3, 1}, .dims = 2, .pruned = 0.5, .pruned_by = PrunedBy::length};
  const auto parameters = on_a_line(network);
  // 3, 3.4, 5, 5 | 8.54, 10.06: the third to go is one of two equal ones, and both stay.
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 1, 1});
  network.pruned = 0.7;  // floor(4.2): the two of 5 go, too
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 0, 0, 0, 0, 1});
  network.pruned = 0.0;
  network.pruned_shares = {0.2, 0.4};
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 1, 1, 1});
  // The target is at 0: 4 and 9.6 away along the line, the first neuron at no distance but the gap's.
  CHECK(connection_edges(network, parameters, 1) == Edges{1, 1, 0});
}

TEST_CASE("soft pruning makes all weights smaller by the largest that it removes") {
  NetworkDescription network{
      .sizes = {2, 3}, .dims = 2, .pruned = 0.5, .pruned_by = PrunedBy::soft_threshold};
  // |W|: 1/3, 1/5, 0.0994 and 0.0585, 0.1, 0.147: the third from below is 0.1.
  const auto parameters = on_a_line(network);
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 0, 1});
  const auto weights = connection_weights(network, parameters, 0);
  CHECK(weights[0] == Approx(1.0 / 3 - 0.1));
  CHECK(weights[1] == Approx(0.1));
  CHECK(weights[5] == Approx(0.1 - 0.5 / 3.4));
  CHECK((weights[2] == 0.0 && weights[3] == 0.0 && weights[4] == 0.0));
  network.pruned = 0.1;  // floor(0.6): none
  CHECK(connection_edges(network, parameters, 0) == Edges(6, 1));
  CHECK(connection_weights(network, parameters, 0)[3] == Approx(-0.5 / std::sqrt(73.0)));
}

TEST_CASE("soft pruning goes by balanced weights: pairs near and far keep edges, those between lose theirs") {
  const NetworkDescription network{.sizes = {2, 3, 1},
                                   .dims = 2,
                                   .weight_scale = {3.0, 1.0},
                                   .balanced = true,
                                   .cutoff = 9.0,
                                   .pruned = 0.4,
                                   .pruned_by = PrunedBy::soft_threshold};
  const auto parameters = on_a_line(network);
  // Row 0: 0.2 and -0.2, the third beyond the cutoff. Row 1: 0.1300, 0.0056, -0.1356; two of the five go.
  const double mean = (1 / std::sqrt(73.0) + 1 / 5.0 + 1 / 3.4) / 3;
  const double threshold = 1.5 * (mean - 1 / std::sqrt(73.0));
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 0, 0, 1});
  const auto weights = connection_weights(network, parameters, 0);
  CHECK(weights[0] == Approx(0.2 - threshold));
  CHECK(weights[1] == Approx(threshold - 0.2));
  CHECK(weights[5] == Approx(threshold - 1.5 * (1 / 3.4 - mean)));
  CHECK((weights[2] == 0.0 && weights[3] == 0.0 && weights[4] == 0.0));
}

TEST_CASE("of equal weights at the border of soft pruning nothing is left") {
  const NetworkDescription network{
      .sizes = {2, 3}, .wiring = Wiring::dense, .pruned = 0.5, .pruned_by = PrunedBy::soft_threshold};
  DoubleParameters parameters(network);
  set(parameters.group("weight", 0), {1, -2, 2, -3, 2, 0});
  CHECK(connection_edges(network, parameters, 0) == Edges{0, 0, 0, 1, 0, 0});
  CHECK(connection_weights(network, parameters, 0) == std::vector<double>{0, 0, 0, -1, 0, 0});
}

TEST_CASE("a weight that is no number is not pruned away unseen") {
  const NetworkDescription network{.sizes = {1, 4}, .wiring = Wiring::dense, .pruned = 0.5};
  DoubleParameters parameters(network);
  set(parameters.group("weight", 0), {1, std::numeric_limits<double>::quiet_NaN(), 2, 3});
  CHECK(connection_edges(network, parameters, 0) == Edges{0, 1, 0, 1});
}

TEST_CASE("balancing takes the mean over the edges a neuron has, chosen before, and leaves the others at 0") {
  const NetworkDescription network{
      .sizes = {2, 3, 1}, .dims = 2, .weight_scale = {3.0, 1.0}, .balanced = true, .cutoff = 9.0};
  const auto parameters = on_a_line(network);
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 1, 0, 1, 1, 1});
  const auto weights = connection_weights(network, parameters, 0);
  // Row 0: 1 and 0.6, mean 0.8. Row 1: -1.5 / (sqrt(73), 5, 3.4) less their mean.
  CHECK(weights[0] == Approx(0.2));
  CHECK(weights[1] == Approx(-0.2));
  CHECK(weights[2] == 0.0);
  const double mean = (1 / std::sqrt(73.0) + 1 / 5.0 + 1 / 3.4) / 3;
  CHECK(weights[3] == Approx(-1.5 * (1 / std::sqrt(73.0) - mean)));
  CHECK(weights[4] == Approx(-1.5 * (1 / 5.0 - mean)));
  CHECK(weights[5] == Approx(-1.5 * (1 / 3.4 - mean)));
  NetworkDescription pruned = network;
  pruned.pruned = 0.4;  // two of the five, by |W| before balancing: 0.176, 0.3 of 1, 0.6, 0.176, 0.3, 0.441
  CHECK(connection_edges(pruned, parameters, 0) == Edges{1, 1, 0, 0, 0, 1});
  const auto left = connection_weights(pruned, parameters, 0);
  CHECK(left[0] == Approx(0.2));
  CHECK(left[1] == Approx(-0.2));
  CHECK(left[5] == 0.0);  // a single edge is its own mean
}

TEST_CASE("biases of a balanced layer are centred over the whole layer, whatever the edges") {
  const NetworkDescription network{.sizes = {2, 3, 1}, .dims = 2, .balanced = true, .cutoff = 4.0};
  auto parameters = on_a_line(network);
  set(parameters.group("bias", 1), {1, 2, 6});
  CHECK(connection_edges(network, parameters, 0) == Edges{1, 0, 0, 0, 0, 1});
  CHECK(connection_biases(network, parameters, 0) == std::vector<double>{-2, -1, 3});
}

TEST_CASE("a cutoff beyond every pair changes no bit, balanced or not") {
  for (const bool balanced : {false, true}) {
    const NetworkDescription whole{.sizes = {40, 30, 5}, .dims = 4, .balanced = balanced};
    NetworkDescription wide = whole;
    wide.cutoff = 1e6;
    NetworkDescription hardly = whole;
    hardly.pruned = 1e-4;  // less than one edge of 1,200
    const auto parameters = initialise(whole, {.seed = 4});
    for (std::size_t l = 0; l < 2; ++l) {
      CHECK(connection_weights(wide, parameters, l) == connection_weights(whole, parameters, l));
      CHECK(connection_weights(hardly, parameters, l) == connection_weights(whole, parameters, l));
      CHECK(connection_edges(whole, parameters, l) == Edges(whole.sizes[l] * whole.sizes[l + 1], 1));
    }
  }
}
