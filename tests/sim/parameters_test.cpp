#include "sim/parameters.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

using namespace loci::sim;

namespace {

using DoubleParameters = BasicParameters<double>;

void set(std::span<double> group, std::initializer_list<double> values) {
  REQUIRE(group.size() == values.size());
  std::ranges::copy(values, group.begin());
}

// atanh(1/2) = ln(3) / 2, so v = ln(3) / 10 gives a mask of tanh(10 v / 2) = 1/2.
const double half_mask = std::log(3.0) / 10.0;

// Two inputs at (0, 0) and (3, 0), two outputs at (0, 4) and (3, 0) of the plane.
DoubleParameters tiny(const NetworkDescription& network) {
  DoubleParameters parameters(network);
  set(parameters.group("position", 0), {0, 0, 3, 0});
  set(parameters.group("position", 1), {0, 4, 3, 0});
  set(parameters.group("inhibition", 0), {half_mask, -half_mask});
  return parameters;
}

}  // namespace

TEST_CASE("weights are scale times mask over distance, with the layers one apart when the gap is fixed") {
  const NetworkDescription network{
      .sizes = {2, 2}, .dims = 3, .layer_distance = LayerDistance::fixed, .weight_scale = {2.0}};
  const auto parameters = tiny(network);
  const auto distances = connection_distances(network, parameters, 0);
  // 16 + 1, 9 + 1, 9 + 16 + 1, 0 + 1.
  CHECK(distances[0] == Approx(std::sqrt(17.0)));
  CHECK(distances[1] == Approx(std::sqrt(10.0)));
  CHECK(distances[2] == Approx(std::sqrt(26.0)));
  CHECK(distances[3] == Approx(1.0));
  const auto weights = connection_weights(network, parameters, 0);
  CHECK(weights[0] == Approx(1.0 / std::sqrt(17.0)));
  CHECK(weights[1] == Approx(1.0 / std::sqrt(10.0)));
  CHECK(weights[2] == Approx(-1.0 / std::sqrt(26.0)));
  CHECK(weights[3] == Approx(-1.0));
}

TEST_CASE("a learned gap counts by its square, whatever its sign") {
  const NetworkDescription network{.sizes = {2, 2}, .dims = 3};
  auto parameters = tiny(network);
  set(parameters.group("gap", 0), {-3});
  const auto distances = connection_distances(network, parameters, 0);
  CHECK(distances[0] == Approx(5.0));
  CHECK(distances[3] == Approx(3.0));
}

TEST_CASE("softening is added to every squared distance") {
  const NetworkDescription network{
      .sizes = {2, 2}, .dims = 3, .layer_distance = LayerDistance::fixed, .softening = 8.0};
  const auto distances = connection_distances(network, tiny(network), 0);
  CHECK(distances[0] == Approx(5.0));  // 16 + 1 + 8
  CHECK(distances[3] == Approx(3.0));  // 0 + 1 + 8
}

TEST_CASE("relaxed networks measure distance with all coordinates and no gap") {
  const NetworkDescription network{.sizes = {1, 1}, .dims = 3, .layer_distance = LayerDistance::relaxed};
  DoubleParameters parameters(network);
  set(parameters.group("position", 0), {0, 1, 0});
  set(parameters.group("position", 1), {2, 3, 1});
  set(parameters.group("inhibition", 0), {half_mask});
  CHECK(connection_weights(network, parameters, 0)[0] == Approx(0.5 / 3.0));  // 4 + 4 + 1
}

TEST_CASE("balanced biases of the first layer sum to zero, the others are left alone") {
  const NetworkDescription network{.sizes = {2, 3, 2}, .balanced = true};
  Parameters parameters(network);
  const std::vector<float> hidden{1.0F, 2.0F, 6.0F};
  const std::vector<float> output{1.0F, 2.0F};
  std::ranges::copy(hidden, parameters.group("bias", 1).begin());
  std::ranges::copy(output, parameters.group("bias", 2).begin());
  CHECK(connection_biases(network, parameters, 0) == std::vector<float>{-2.0F, -1.0F, 3.0F});
  CHECK(connection_biases(network, parameters, 1) == output);
}

TEST_CASE("balanced layers are the first hidden one, all hidden ones, or the output, too") {
  NetworkDescription network{.sizes = {8, 6, 7, 4}, .dims = 3, .balanced = true};
  const Parameters initial = initialise(network, {.seed = 3});
  DoubleParameters parameters(network);
  std::ranges::copy(initial.values, parameters.values.begin());
  for (const auto& [layers, n_balanced] :
       {std::pair{BalancedLayers::first, 1}, {BalancedLayers::hidden, 2}, {BalancedLayers::all, 3}}) {
    network.balanced_layers = layers;
    for (std::size_t l = 0; l < 3; ++l) {
      const auto weights = connection_weights(network, parameters, l);
      const double sum = std::accumulate(weights.begin(), weights.begin() + network.sizes[l + 1], 0.0);
      CHECK((std::abs(sum) < 1e-12) == (l < std::size_t(n_balanced)));
    }
  }
}

TEST_CASE("balanced rows of the first connection sum to zero, the others are left alone") {
  const NetworkDescription network{.sizes = {20, 30, 5}, .dims = 4, .balanced = true};
  const Parameters initial = initialise(network, {.seed = 4});
  DoubleParameters parameters(network);
  std::ranges::copy(initial.values, parameters.values.begin());
  const auto weights = connection_weights(network, parameters, 0);
  NetworkDescription plain = network;
  plain.balanced = false;
  const auto unbalanced = connection_weights(plain, parameters, 0);
  for (std::size_t i = 0; i < 20; ++i) {
    double sum = 0.0;
    for (std::size_t j = 0; j < 30; ++j) sum += weights[i * 30 + j];
    // 30 terms of at most 1 each, summed with an error of at most 30 * 30 * 2^-53.
    CHECK(std::abs(sum) < 1e-13);
    CHECK(weights[i * 30] - weights[i * 30 + 1] ==
          Approx(unbalanced[i * 30] - unbalanced[i * 30 + 1]).margin(1e-13));
  }
  CHECK(connection_weights(network, parameters, 1) == connection_weights(plain, parameters, 1));
}

TEST_CASE("dense weights are the stored ones") {
  const NetworkDescription network{.sizes = {2, 3}, .wiring = Wiring::dense};
  DoubleParameters parameters(network);
  set(parameters.group("weight", 0), {1, 2, 3, 4, 5, 6});
  CHECK(connection_weights(network, parameters, 0) == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("initial parameters are a function of the seed and start with gaps as asked and no bias") {
  const NetworkDescription network{.sizes = {50, 40, 10}, .dims = 3};
  const auto parameters = initialise(network, {.spread = 3.0, .gap = 0.5, .seed = 8});
  CHECK(initialise(network, {.spread = 3.0, .gap = 0.5, .seed = 8}).values == parameters.values);
  CHECK(initialise(network, {.spread = 3.0, .gap = 0.5, .seed = 9}).values != parameters.values);
  CHECK(parameters.group("gap", 1)[0] == 0.5F);
  for (const float bias : parameters.group("bias", 1)) CHECK(bias == 0.0F);
  const auto first = parameters.group("position", 0);
  const auto second = parameters.group("position", 1);
  CHECK_FALSE(std::equal(second.begin(), second.end(), first.begin()));
}

TEST_CASE("relaxed layer coordinates begin between their layer and the next") {
  const NetworkDescription network{
      .sizes = {50, 40, 10}, .dims = 3, .layer_distance = LayerDistance::relaxed};
  const auto parameters = initialise(network, {.spread = 9.0, .seed = 8});
  for (std::size_t l = 0; l < 3; ++l) {
    const auto position = parameters.group("position", l);
    for (std::size_t i = 2; i < position.size(); i += 3) {
      CHECK(position[i] >= static_cast<float>(l));
      CHECK(position[i] <= static_cast<float>(l + 1));
    }
  }
}

TEST_CASE("dense parameters begin within one over the root of the fan-in") {
  const NetworkDescription network{.sizes = {100, 25, 10}, .wiring = Wiring::dense};
  const auto parameters = initialise(network, {.seed = 8});
  float largest = 0.0F;
  for (const float weight : parameters.group("weight", 0)) largest = std::max(largest, std::abs(weight));
  CHECK(largest <= 0.1F);
  CHECK(largest > 0.099F);  // 2,500 draws: all below 99 % with probability 0.99^2500
  for (const float bias : parameters.group("bias", 2)) CHECK(std::abs(bias) <= 0.2F);
}
