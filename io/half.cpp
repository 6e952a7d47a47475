#include "io/half.hpp"

#include <cmath>
#include <limits>

namespace loci::io {
namespace {

constexpr unsigned infinity_bits = 0x7C00;
constexpr unsigned nan_bits = 0x7E00;
constexpr double first_infinite = 65520.0;  // half a step above the largest number
constexpr double least_normal = 0x1p-14;

}  // namespace

// Rounded once, from double: by way of float, a value just above a tie could become the tie itself.
std::uint16_t half_from_double(double value) {
  const unsigned sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(value);
  if (std::isnan(value)) return static_cast<std::uint16_t>(sign | nan_bits);
  if (magnitude >= first_infinite) return static_cast<std::uint16_t>(sign | infinity_bits);
  if (magnitude < least_normal) {
    // Steps of 2^-24; 1024 of them are the first normal number's bits.
    return static_cast<std::uint16_t>(sign | static_cast<unsigned>(std::nearbyint(magnitude * 0x1p24)));
  }
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);  // in [0.5, 1)
  const auto significand = static_cast<unsigned>(std::nearbyint(fraction * 2048));
  // 2048, from rounding up, carries into the exponent.
  return static_cast<std::uint16_t>(sign | ((static_cast<unsigned>(exponent + 13) << 10) + significand));
}

double double_from_half(std::uint16_t bits) {
  const unsigned exponent = bits >> 10 & 0x1F;
  const unsigned significand = bits & 0x3FF;
  double magnitude = 0;
  if (exponent == 0x1F)
    magnitude =
        significand == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    magnitude = significand * 0x1p-24;
  else
    magnitude = std::ldexp(1024.0 + significand, static_cast<int>(exponent) - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace loci::io
