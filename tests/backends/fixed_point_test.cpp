#include "backends/fixed_point.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace loci::backends;

TEST_CASE("shifts round as real division does, for every small number") {
  for (int bits = 0; bits <= 6; ++bits)
    for (std::int64_t value = -300; value <= 300; ++value) {
      const double exact = std::ldexp(static_cast<double>(value), -bits);
      REQUIRE(static_cast<double>(shift_right(value, bits, Rounding::floor)) == std::floor(exact));
      REQUIRE(static_cast<double>(shift_right(value, bits, Rounding::toward_zero)) == std::trunc(exact));
      REQUIRE(static_cast<double>(shift_right(value, bits, Rounding::nearest_even)) == std::nearbyint(exact));
    }
}

TEST_CASE("what is beyond a range saturates or wraps, for every small width") {
  for (int width = 1; width <= 6; ++width)
    for (std::int64_t value = -300; value <= 300; ++value) {
      const std::int64_t size = std::int64_t{1} << width;
      const Range saturating = signed_range(width);
      REQUIRE(fit(value, saturating) == std::max(-size / 2, std::min(size / 2 - 1, value)));
      REQUIRE(fit(value, unsigned_range(width)) == std::max<std::int64_t>(0, std::min(size - 1, value)));
      for (const Range& wrapping :
           {signed_range(width, Overflow::wrap), unsigned_range(width, Overflow::wrap)}) {
        const std::int64_t wrapped = fit(value, wrapping);
        REQUIRE(wrapping.contains(wrapped));
        REQUIRE((wrapped - value) % size == 0);
      }
    }
}

TEST_CASE("wrapping once adds or subtracts one size and no more") {
  const Range range{-7, 8, Overflow::wrap_once};
  CHECK(fit(8, range) == 8);
  CHECK(fit(9, range) == -7);
  CHECK(fit(-8, range) == 8);
  CHECK(fit(40, range) == 24);
}

TEST_CASE("a quantised number is the nearest one that can be told, ties to even") {
  for (int fraction = -2; fraction <= 3; ++fraction) {
    const FixedPoint type{signed_range(5), fraction};
    for (int i = -500; i <= 500; ++i) {
      const double value = i / 16.0;
      const std::int64_t raw = type.quantised(value);
      const double scaled = std::nearbyint(std::ldexp(value, fraction));
      REQUIRE(static_cast<double>(raw) == std::max(-16.0, std::min(15.0, scaled)));
    }
    CHECK(type.value_of(1) == type.resolution());
  }
  const FixedPoint floor{signed_range(8), 1, Rounding::floor};
  CHECK(floor.quantised(-0.3) == -1);
  const FixedPoint toward_zero{signed_range(8), 1, Rounding::toward_zero};
  CHECK(toward_zero.quantised(-0.9) == -1);
  CHECK_THROWS_AS(floor.quantised(std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
}
