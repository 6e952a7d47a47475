#include "io/half.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using loci::io::double_from_half;
using loci::io::half_from_double;

TEST_CASE("hand-worked numbers become the 16 bits that IEEE 754 gives them") {
  CHECK(half_from_double(0.0) == 0x0000);
  CHECK(half_from_double(-0.0) == 0x8000);
  CHECK(half_from_double(1.0) == 0x3C00);   // 2^0: exponent 15
  CHECK(half_from_double(-2.0) == 0xC000);  // 2^1: exponent 16
  CHECK(half_from_double(0.5) == 0x3800);
  CHECK(half_from_double(1.5) == 0x3E00);      // significand 512 / 1024
  CHECK(half_from_double(0.1) == 0x2E66);      // 1.6 * 2^-4: 0.6 * 1024 = 614.4, down to 614
  CHECK(half_from_double(1.0 / 3) == 0x3555);  // 1.3333 * 2^-2: 341.33, down to 341
  CHECK(half_from_double(65504.0) == 0x7BFF);
  CHECK(half_from_double(0x1p-14) == 0x0400);         // the least normal number
  CHECK(half_from_double(0x1p-24) == 0x0001);         // the least of all
  CHECK(half_from_double(1023 * 0x1p-24) == 0x03FF);  // the largest subnormal one
}

TEST_CASE("a tie goes to the even neighbour, and anything beside it to the nearest") {
  // Between 1 (even) and 1 + 2^-10 (odd).
  CHECK(half_from_double(1 + 0x1p-11) == 0x3C00);
  CHECK(half_from_double(std::nextafter(1 + 0x1p-11, 2)) == 0x3C01);  // by way of float it would be the tie
  CHECK(half_from_double(std::nextafter(1 + 0x1p-11, 0)) == 0x3C00);
  // Between 1 + 2^-10 (odd) and 1 + 2^-9 (even).
  CHECK(half_from_double(1 + 3 * 0x1p-11) == 0x3C02);
  CHECK(half_from_double(2 - 0x1p-11) == 0x4000);       // carries into the exponent
  CHECK(half_from_double(0x1p-25) == 0x0000);           // between 0 and 2^-24
  CHECK(half_from_double(3 * 0x1p-25) == 0x0002);       // between 2^-24 and 2^-23
  CHECK(half_from_double(1023.5 * 0x1p-24) == 0x0400);  // out of the subnormal numbers
  CHECK(half_from_double(65519.999) == 0x7BFF);         // below half a step above the largest
  CHECK(half_from_double(65520.0) == 0x7C00);           // infinity
  CHECK(half_from_double(-1e300) == 0xFC00);
  CHECK((half_from_double(std::nan("")) & 0x7FFF) == 0x7E00);
}

TEST_CASE("every 16 bits come back from the number they stand for") {
  CHECK(double_from_half(0x3555) == 0.333251953125);
  CHECK(double_from_half(0x0001) == 0x1p-24);
  CHECK(double_from_half(0xFC00) == -std::numeric_limits<double>::infinity());
  unsigned wrong = 0;
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    const bool is_nan = (bits & 0x7C00) == 0x7C00 && (bits & 0x3FF) != 0;
    const double value = double_from_half(static_cast<std::uint16_t>(bits));
    if (is_nan ? !std::isnan(value) : half_from_double(value) != bits) ++wrong;
  }
  CHECK(wrong == 0);
}
