// Where neurons are: uniform in their shapes by moments, on grids exactly, and how far apart.
#include <catch2/catch.hpp>
#include <numbers>

#include "sim/circuit/placement.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

constexpr std::size_t n_neurons = 20'000;

Circuit placed(std::size_t dims, const Placement& placement, std::size_t size = n_neurons) {
  Circuit circuit;
  circuit.space = {.dims = dims, .lower = {-1, -1, -1}, .extent = {2, 2, 2}};
  circuit.populations = {{.name = "A", .size = size, .placement = placement}};
  return circuit;
}

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

template <typename Value>
Moments moments(std::size_t n, const Value& value) {
  Moments result;
  for (std::size_t i = 0; i < n; ++i) result.mean += value(i) / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i)
    result.variance += std::pow(value(i) - result.mean, 2) / static_cast<double>(n);
  return result;
}

// A sample of n uniform values between low and high: means deviate by w / sqrt(12 n), variances by w^2 /
// sqrt(180 n). Five deviations of each.
template <typename Value>
void check_uniform(double low, double high, const Value& value) {
  const double width = high - low;
  const Moments found = moments(n_neurons, value);
  CHECK(std::abs(found.mean - (low + high) / 2) <= 5 * width / std::sqrt(12.0 * n_neurons));
  CHECK(std::abs(found.variance - width * width / 12) <= 5 * width * width / std::sqrt(180.0 * n_neurons));
  for (std::size_t i = 0; i < n_neurons; ++i) {
    CHECK(value(i) >= low - 1e-12);
    CHECK(value(i) <= high + 1e-12);
  }
}

double angle(double x, double y) {
  return std::atan2(y, x) / std::numbers::pi;
}

}  // namespace

TEST_CASE("a box is filled uniformly, the whole space by default") {
  for (std::size_t dims = 1; dims <= 3; ++dims) {
    const auto at = place_population(placed(dims, {}), 0);
    REQUIRE(at.size() == n_neurons * dims);
    for (std::size_t k = 0; k < dims; ++k)
      check_uniform(-1, 1, [&](std::size_t i) { return at[i * dims + k]; });
  }
  const auto at = place_population(
      placed(3, {.dims = 2, .lower = {0, 0.5, 0}, .extent = {0.25, 0.5, 0}, .offset = -0.75}), 0);
  check_uniform(0, 0.25, [&](std::size_t i) { return at[i * 3]; });
  check_uniform(0.5, 1, [&](std::size_t i) { return at[i * 3 + 1]; });
  for (std::size_t i = 0; i < n_neurons; ++i) CHECK(at[i * 3 + 2] == -0.75);
}

TEST_CASE("a disc is filled uniformly: the square of the radius and the angle are") {
  const auto at = place_population(
      placed(3, {.kind = PlacementKind::disc, .centre = {0.25, -0.25, 0}, .radius = 0.5, .offset = 0.125}),
      0);
  const auto x = [&](std::size_t i) { return at[i * 3] - 0.25; };
  const auto y = [&](std::size_t i) { return at[i * 3 + 1] + 0.25; };
  check_uniform(0, 0.25, [&](std::size_t i) { return x(i) * x(i) + y(i) * y(i); });
  check_uniform(-1, 1, [&](std::size_t i) { return angle(x(i), y(i)); });
  for (std::size_t i = 0; i < n_neurons; ++i) CHECK(at[i * 3 + 2] == 0.125);
}

TEST_CASE("a sphere is covered uniformly, a ball filled: height and angle, and the cube of the radius") {
  const bool ball = GENERATE(false, true);
  const auto at = place_population(placed(3, {.kind = ball ? PlacementKind::ball : PlacementKind::sphere,
                                              .centre = {0.1, 0.2, -0.1},
                                              .radius = 0.5}),
                                   0);
  const auto x = [&](std::size_t i) { return at[i * 3] - 0.1; };
  const auto y = [&](std::size_t i) { return at[i * 3 + 1] - 0.2; };
  const auto z = [&](std::size_t i) { return at[i * 3 + 2] + 0.1; };
  const auto radius = [&](std::size_t i) { return std::sqrt(x(i) * x(i) + y(i) * y(i) + z(i) * z(i)); };
  check_uniform(-1, 1, [&](std::size_t i) { return z(i) / radius(i); });
  check_uniform(-1, 1, [&](std::size_t i) { return angle(x(i), y(i)); });
  if (ball)
    check_uniform(0, 0.125, [&](std::size_t i) { return std::pow(radius(i), 3); });
  else
    for (std::size_t i = 0; i < n_neurons; ++i) CHECK(std::abs(radius(i) - 0.5) <= 1e-12);
}

TEST_CASE("a grid has neurons in the middle of its cells, x fastest, moved by the jitter at most") {
  const auto at = place_population(
      placed(2, {.kind = PlacementKind::grid, .lower = {0, 0, 0}, .extent = {1, 0.5, 0}, .shape = {4, 2, 1}},
             8),
      0);
  const std::vector<double> expected{0.125, 0.125, 0.375, 0.125, 0.625, 0.125, 0.875, 0.125,
                                     0.125, 0.375, 0.375, 0.375, 0.625, 0.375, 0.875, 0.375};
  CHECK(at == expected);
  const auto moved =
      place_population(placed(2, {.kind = PlacementKind::grid, .shape = {200, 100, 1}, .jitter = 0.25}), 0);
  // Cells of 0.01 by 0.02 in the whole space.
  check_uniform(-0.0025, 0.0025, [&](std::size_t i) {
    return moved[i * 2] - (-1 + 0.01 * (static_cast<double>(i % 200) + 0.5));
  });
  check_uniform(-0.005, 0.005, [&](std::size_t i) {
    return moved[i * 2 + 1] - (-1 + 0.02 * (static_cast<double>(i / 200) + 0.5));
  });
}

TEST_CASE("positions follow from the seed alone") {
  Circuit circuit = placed(2, {}, 100);
  const auto at = place_population(circuit, 0);
  CHECK(at == place_population(circuit, 0));
  circuit.populations[0].size = 150;
  const auto more = place_population(circuit, 0);
  CHECK(std::equal(at.begin(), at.end(), more.begin()));
  circuit.seed = 2;
  CHECK(at != place_population(circuit, 0));
}

TEST_CASE("distances in a periodic space go the shorter way round") {
  Space space{.dims = 2, .extent = {1, 2, 1}};
  const double a[] = {0.125, 1.75};
  const double b[] = {0.875, 0.25};
  CHECK(squared_distance(space, a, b) == 0.75 * 0.75 + 1.5 * 1.5);
  space.periodic = true;
  CHECK(squared_distance(space, a, b) == 0.25 * 0.25 + 0.5 * 0.5);
  CHECK(squared_distance(space, b, a) == squared_distance(space, a, b));
}

TEST_CASE("cells give every neuron near a point, each once") {
  const std::size_t dims = GENERATE(1, 2, 3);
  const bool periodic = GENERATE(false, true);
  Circuit circuit = placed(dims, {}, 700);
  circuit.space.periodic = periodic;
  const auto at = place_population(circuit, 0);
  const CellOrder order(circuit.space, at);
  REQUIRE(order.size() == 700);
  for (const double radius : {0.01, 0.3, 0.99, 1.7, 5.0})
    for (std::size_t i = 0; i < 700; i += 13) {
      std::vector<CellOrder::Run> runs;
      order.runs_near(at.data() + i * dims, radius, runs);
      std::vector<int> seen(700);
      for (const auto& run : runs)
        for (std::uint32_t place = run.begin; place < run.end; ++place) ++seen[order.neurons()[place]];
      for (std::size_t j = 0; j < 700; ++j) {
        const bool near =
            squared_distance(circuit.space, at.data() + i * dims, at.data() + j * dims) <= radius * radius;
        CHECK(seen[j] <= 1);
        if (near) CHECK(seen[j] == 1);
      }
    }
}
