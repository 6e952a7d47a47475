#include "sim/time.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using sim::OffGrid;
using sim::steps_from_ms;

TEST_CASE("milliseconds on the grid become steps") {
  CHECK(steps_from_ms(0.0, 1.0, OffGrid::refuse, "delay") == 0);
  CHECK(steps_from_ms(25.0, 1.0, OffGrid::refuse, "delay") == 25);
  CHECK(steps_from_ms(0.3, 0.1, OffGrid::refuse, "delay") == 3);  // 0.3 / 0.1 is not 3 in binary
}

TEST_CASE("what a user writes between two steps is refused, with a remedy") {
  CHECK_THROWS_WITH(steps_from_ms(0.25, 0.1, OffGrid::refuse, "delay"),
                    Catch::Contains("delay") && Catch::Contains("0.25 ms lies between two steps"));
}

TEST_CASE("what follows from a distance goes to the nearest step") {
  CHECK(steps_from_ms(0.24, 0.1, OffGrid::round, "delay") == 2);
  CHECK(steps_from_ms(0.26, 0.1, OffGrid::round, "delay") == 3);
  CHECK(steps_from_ms(2.5, 1.0, OffGrid::round, "delay") == 3);
}

TEST_CASE("times that are none and grids that are none are refused") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double ms : {-1.0, infinity, std::numeric_limits<double>::quiet_NaN(), 2e9})
    CHECK_THROWS_AS(steps_from_ms(ms, 1.0, OffGrid::round, "delay"), InputError);
  for (const double step_ms : {0.0, -1.0, infinity})
    CHECK_THROWS_AS(steps_from_ms(1.0, step_ms, OffGrid::round, "delay"), InputError);
}
