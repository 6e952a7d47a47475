// IEEE 754 binary16 ("float16") as bit patterns: sign, 5 bits of exponent, 10 of significand.
#pragma once

#include <cstdint>

namespace loci::io {

inline constexpr double largest_half = 65504.0;

// To the nearest, ties to even; from 65520 on infinity.
std::uint16_t half_from_double(double value);
double double_from_half(std::uint16_t bits);

}  // namespace loci::io
