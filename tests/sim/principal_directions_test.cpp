// Directions of the largest spread.
#include "sim/principal_directions.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace loci;

TEST_CASE("a cloud spreads most along its longer diagonal") {
  // Along (1, 1) to either side by 2 sqrt(2), along (1, -1) by sqrt(2).
  const std::vector<float> points{2, 2, -2, -2, 1, -1, -1, 1};
  const auto directions = sim::principal_directions(points, 2, 2);
  const double half = std::sqrt(0.5);
  REQUIRE(directions.size() == 4);
  CHECK(directions[0] == Approx(half));
  CHECK(directions[1] == Approx(half));
  CHECK(std::abs(directions[2]) == Approx(half));
  CHECK(directions[2] == Approx(-directions[3]));
}

TEST_CASE("where the cloud lies does not matter, and the largest component is positive") {
  const std::vector<float> points{100, 50, 7, 100, 40, 7, 100, 60, 7};  // along the second axis alone
  const auto directions = sim::principal_directions(points, 3, 1);
  CHECK(directions[0] == Approx(0.0).margin(1e-12));
  CHECK(directions[1] == Approx(1.0));
  CHECK(directions[2] == Approx(0.0).margin(1e-12));
}

TEST_CASE("without points there are the axes of space") {
  CHECK(sim::principal_directions({}, 3, 2) == std::vector<double>{1, 0, 0, 0, 1, 0});
}
