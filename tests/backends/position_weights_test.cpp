#include "backends/position_weights.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

// The definition, by trying: the largest y with y^2 m <= 2^62, m = squared 4^e in [2^30, 2^32).
std::uint32_t slow_inverse_root(std::uint32_t squared) {
  int e = 0;
  std::uint64_t m = squared;
  for (; m < (std::uint64_t{1} << 30); m *= 4) ++e;
  std::uint64_t y = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 16; bit != 0; bit /= 2)
    if ((y + bit) * (y + bit) <= (std::uint64_t{1} << 62) / m) y += bit;
  return static_cast<std::uint32_t>(y << e);
}

sim::NetworkDescription spatial_description() {
  sim::NetworkDescription network;
  network.sizes = {40, 30, 10};
  network.dims = 4;
  network.weight_scale = {0.3, 0.05};
  network.balanced = true;
  return network;
}

}  // namespace

TEST_CASE("inverse roots are what their definition says, at both ends and in between") {
  CHECK(inverse_root(1) == 0x80000000U);
  CHECK(inverse_root(4) == 0x40000000U);
  CHECK(inverse_root(0xFFFFFFFF) == 32768);
  std::uint32_t squared = 1;
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(inverse_root(squared) == slow_inverse_root(squared));
    squared = i < 5000 ? squared + 1 : squared * 747796405U + 2891336453U;
    if (squared == 0) squared = 1;
  }
  for (int bit = 1; bit < 32; ++bit)
    for (const std::uint32_t near : {(1U << bit) - 1, 1U << bit, (1U << bit) + 1})
      REQUIRE(inverse_root(near) == slow_inverse_root(near));
}

TEST_CASE("inverse roots lose less than a 32768th") {
  for (std::uint32_t squared = 1; squared < 4000000000U; squared += squared / 97 + 1) {
    const double exact = 0x1p31 / std::sqrt(static_cast<double>(squared));
    const double relative = (exact - inverse_root(squared)) / exact;
    REQUIRE(relative >= 0.0);
    REQUIRE(relative < 0x1p-15);
  }
}

TEST_CASE("a generated weight follows its rule by hand") {
  // d = 4 (3^2 + 4^2) + 0 = 100: m = 100 4^12, y = floor(2^31 / sqrt(m)) = floor(2^31 / 40960) = 52428,
  // inverse 52428 2^12 = 214745088; times 5 = 1073725440, over 2^24 = 63.999: 64.
  PositionNetwork network{.n_coordinates = 2, .position = {{0, 0}, {3, 4, 300, 400}}};
  network.connections.push_back({.mask = {5}, .base = 0, .distance_shift = 2, .shift = 24});
  CHECK(inverse_root(100) == 214745088);
  CHECK(generated_weight(network, 0, 0, 0) == 64);
  CHECK(generated_weight(network, 0, 0, 1) == 1);  // a hundredth, 0.64
  network.connections[0].mask = {-5};
  CHECK(generated_weight(network, 0, 0, 0) == -64);
  network.connections[0].multiplier = 3;
  network.connections[0].shift = 26;
  CHECK(generated_weight(network, 0, 0, 0) == -48);  // of 64, 3/4
  network.connections[0].limit = 40;
  CHECK(generated_weight(network, 0, 0, 0) == -41);  // as a signed number has one more below 0
  network.connections[0].farthest = 99;
  CHECK(generated_weight(network, 0, 0, 0) == 0);
  network.connections[0].farthest = 100;
  CHECK(generated_weight(network, 0, 0, 0) == -41);
  network.connections[0].least = 1073725441;
  CHECK(generated_weight(network, 0, 0, 0) == 0);
}

TEST_CASE("ties between two weights go away from zero, on both sides") {
  PositionNetwork network{.n_coordinates = 1, .position = {{0}, {0}}};
  network.connections.push_back({.mask = {3}, .base = 1, .shift = 32});  // 3 2^31 / 2^32 = 1.5
  CHECK(generated_weight(network, 0, 0, 0) == 2);
  network.connections[0].mask = {-3};
  CHECK(generated_weight(network, 0, 0, 0) == -2);
}

TEST_CASE("weights regenerated from a fine grid are within a step of the float ones") {
  const auto description = spatial_description();
  const auto parameters = sim::initialise(description, {.spread = 2.0, .gap = 0.7, .seed = 3});
  const std::vector<double> units{800.0, 3000.0};
  const std::vector<std::int32_t> limits{32767, 32767};
  const auto positions = quantise_positions(description, parameters, units, limits);
  for (std::size_t l = 0; l < 2; ++l) {
    const auto exact = sim::connection_weights(description, sim::in_double(description, parameters), l);
    const auto generated = generated_connection(positions, l);
    REQUIRE(generated.weight.size() == exact.size());
    double largest = 0.0;
    double mean = 0.0;
    for (std::size_t at = 0; at < exact.size(); ++at) {
      const double error = generated.weight[at] - exact[at] * units[l];
      largest = std::max(largest, std::abs(exact[at] * units[l]));
      mean += error / static_cast<double>(exact.size());
      REQUIRE(std::abs(error) < 1.0);
    }
    CHECK(largest > 50.0);
    CHECK(std::abs(mean) < 0.05);  // far from 0, currents would drift
  }
}

TEST_CASE("balanced weights of a source cancel but for their rounding") {
  const auto description = spatial_description();
  const auto parameters = sim::initialise(description, {.spread = 2.0, .gap = 0.7, .seed = 3});
  const std::vector<double> units{800.0, 3000.0};
  const std::vector<std::int32_t> limits{32767, 32767};
  const auto positions = quantise_positions(description, parameters, units, limits);
  CHECK(positions.connections[0].centre == centres(positions, 0));
  CHECK(positions.connections[1].centre.empty());
  const auto generated = generated_connection(positions, 0);
  for (std::size_t i = 0; i < generated.n_sources; ++i) {
    int sum = 0;
    for (std::size_t j = 0; j < generated.n_targets; ++j)
      sum += generated.weight[i * generated.n_targets + j];
    REQUIRE(std::abs(sum) <= 1 + static_cast<int>(generated.n_targets) / 2);
  }
}

TEST_CASE("a cutoff and pruning remove the same edges from regenerated weights as from the model") {
  auto description = spatial_description();
  description.cutoff = 4.0;
  description.pruned = 0.5;
  description.balanced = false;
  SECTION("the smallest weights") {}
  SECTION("the longest edges") {
    description.pruned_by = sim::PrunedBy::length;
  }
  const auto parameters = sim::initialise(description, {.spread = 2.0, .gap = 0.7, .seed = 5});
  const std::vector<double> units{10000.0, 40000.0};
  const std::vector<std::int32_t> limits{32767, 32767};
  const auto positions = quantise_positions(description, parameters, units, limits);
  const auto edges = sim::connection_edges(description, sim::in_double(description, parameters), 0);
  const auto generated = generated_connection(positions, 0);
  std::size_t n_edges = 0;
  std::size_t n_different = 0;
  for (std::size_t at = 0; at < edges.size(); ++at) {
    n_edges += edges[at];
    if ((generated.weight[at] != 0) != (edges[at] != 0)) ++n_different;
  }
  CHECK(n_edges > edges.size() / 6);
  CHECK(n_edges < edges.size() / 3);
  CHECK(n_different <= 4);  // pairs at the very border, which the grid moves over it
}

TEST_CASE("weights pruned by soft threshold are refused, since positions alone do not make them") {
  auto description = spatial_description();
  description.pruned = 0.5;
  description.pruned_by = sim::PrunedBy::soft_threshold;
  const auto parameters = sim::initialise(description, {.seed = 5});
  CHECK_THROWS_WITH(quantise_positions(description, parameters, std::vector<double>{1.0, 1.0},
                                       std::vector<std::int32_t>{127, 127}),
                    Catch::Contains("soft threshold") && Catch::Contains("--weights numbers"));
}

TEST_CASE("a network that was trained on a grid is made from that very grid") {
  auto description = spatial_description();
  description.balanced = false;
  constexpr double step = 0.125;
  description.quantisation = {.position_bits = 7, .position_step = step, .mask_bits = 6};
  const auto parameters = sim::initialise(description, {.spread = 2.0, .gap = 0.7, .seed = 3});
  const std::vector<double> units{800.0, 3000.0};
  const std::vector<std::int32_t> limits{32767, 32767};
  const auto positions = quantise_positions(description, parameters, units, limits);
  for (std::size_t l = 0; l < 3; ++l) {
    const auto learned = parameters.group("position", l);
    REQUIRE(positions.position[l].size() == learned.size());
    for (std::size_t at = 0; at < learned.size(); ++at)
      REQUIRE(positions.position[l][at] == std::clamp(std::nearbyint(learned[at] / step), -64.0, 63.0));
  }
  for (std::size_t l = 0; l < 2; ++l) {
    const PositionConnection& rule = positions.connections[l];
    CHECK(rule.base == std::uint32_t{6 * 6} << rule.distance_shift);  // 0.7 / 0.125 is nearest to 6
    const auto inhibition = parameters.group("inhibition", l);
    for (std::size_t i = 0; i < inhibition.size(); ++i)
      REQUIRE(rule.mask[i] == std::clamp(std::nearbyint(32.0 * std::tanh(5.0 * inhibition[i])), -31.0, 31.0));
    // The network's weights are those of the grid: what differs is the root's last bits, which matter where a
    // weight lies that near a tie.
    const auto exact = sim::connection_weights(description, sim::in_double(description, parameters), l);
    const auto generated = generated_connection(positions, l).weight;
    std::size_t n_other = 0;
    for (std::size_t at = 0; at < exact.size(); ++at) {
      const double wanted = exact[at] * units[l];
      REQUIRE(std::abs(generated[at] - wanted) <= 0.5 + std::abs(wanted) * 0x1p-14);
      n_other += generated[at] != std::nearbyint(wanted) ? 1 : 0;
    }
    CHECK(n_other * 20 < exact.size());
  }
}

TEST_CASE("gaps far larger than the space of the neurons still make their weights") {
  auto description = spatial_description();
  const auto parameters = sim::initialise(description, {.spread = 0.001, .gap = 30.0, .seed = 3});
  const auto gridded = on_generator_grid(description, parameters);
  CHECK(gridded.quantisation.position_step > 0.0001);
  description.balanced = false;
  const std::vector<double> units{300000.0, 1000000.0};
  const std::vector<std::int32_t> limits{32767, 32767};
  const auto positions = quantise_positions(description, parameters, units, limits);
  const auto exact = sim::connection_weights(description, sim::in_double(description, parameters), 1);
  const auto generated = generated_connection(positions, 1).weight;
  double largest = 0.0;
  for (std::size_t at = 0; at < exact.size(); ++at) {
    largest = std::max(largest, std::abs(exact[at] * units[1]));
    // Half a step, and the root's and the scale's last bits.
    REQUIRE(std::abs(generated[at] - exact[at] * units[1]) < 0.51 + std::abs(exact[at] * units[1]) * 0x1p-14);
  }
  CHECK(largest > 1000.0);
}

TEST_CASE("neurons that fall on one point have the largest weight there is") {
  sim::NetworkDescription description{.sizes = {2, 3, 2}, .dims = 2};
  description.layer_distance = sim::LayerDistance::relaxed;
  auto parameters = sim::Parameters(description);  // all positions are 0
  parameters.group("inhibition", 0)[0] = 1.0F;
  parameters.group("inhibition", 0)[1] = -1.0F;
  const std::vector<double> units{1e6, 1e6};
  const std::vector<std::int32_t> limits{127, 127};
  const auto generated = generated_connection(quantise_positions(description, parameters, units, limits), 0);
  CHECK(generated.weight == std::vector<std::int16_t>{127, 127, 127, -128, -128, -128});
}

TEST_CASE("coordinates get as many bits as squared distances leave room for") {
  CHECK(most_coordinate_bits(1) == 15);
  CHECK(most_coordinate_bits(2) == 15);
  CHECK(most_coordinate_bits(3) == 14);
  CHECK(most_coordinate_bits(8) == 14);
  CHECK(most_coordinate_bits(9) == 13);
}

TEST_CASE("positions that the rule cannot hold are refused by name") {
  auto description = spatial_description();
  auto parameters = sim::initialise(description, {});
  description.quantisation = {.position_bits = 15, .position_step = 0.001};
  CHECK_THROWS_WITH(on_generator_grid(description, parameters),
                    Catch::Contains("15 bits") && Catch::Contains("up to 14"));
  description.quantisation = {.position_bits = 12, .position_step = 0x1p-30};
  CHECK_THROWS_WITH(on_generator_grid(description, parameters), Catch::Contains("quantization.step"));
  description.quantisation = {.mask_bits = 17};
  CHECK_THROWS_WITH(on_generator_grid(description, parameters), Catch::Contains("quantization.masks"));
  description.quantisation = {};
  parameters.group("position", 1)[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(on_generator_grid(description, parameters),
                    Catch::Contains("position1") && Catch::Contains("not finite"));
  description.wiring = sim::Wiring::dense;
  CHECK_THROWS_AS(on_generator_grid(description, sim::Parameters(description)), InputError);
}
