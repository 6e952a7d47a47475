#include "backends/distance_delay.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

TEST_CASE("distances become steps that the target has, and what was cut is counted") {
  // 2 units per ms, steps of 0.5 ms: a step for each unit, and one for the layer.
  const std::vector<double> distances{0.0, 0.4, 0.6, 3.0, 6.9, 7.6, 40.0};
  const auto delays = delays_from_distances(distances, 2.0, 0.5, 1, {.shortest = 1, .longest = 8});
  CHECK(delays.steps == std::vector<sim::Step>{1, 1, 2, 4, 8, 8, 8});
  CHECK(delays.n_cut == 2);
  CHECK(delays.n_lengthened == 0);
  CHECK(delays.longest_wanted == 41);
  const auto without_layer = delays_from_distances(distances, 2.0, 0.5, 0, {.shortest = 1, .longest = 62});
  CHECK(without_layer.steps == std::vector<sim::Step>{1, 1, 1, 3, 7, 8, 40});
  CHECK(without_layer.n_lengthened == 2);
  CHECK(without_layer.n_cut == 0);
}

TEST_CASE("distances without end and velocities that are none are refused") {
  const std::vector<double> endless{1.0, std::numeric_limits<double>::infinity()};
  CHECK_THROWS_WITH(delays_from_distances(endless, 1.0, 1.0, 1, {1, 8}), Contains("distance 1"));
  CHECK_THROWS_WITH(delays_from_distances(endless, 0.0, 1.0, 1, {1, 8}), Contains("velocity"));
  // At an endless velocity nothing takes time.
  const std::vector<double> near{5.0};
  const double at_once = std::numeric_limits<double>::infinity();
  CHECK(delays_from_distances(near, at_once, 1.0, 1, {1, 8}).steps == std::vector<sim::Step>{1});
}
