#include "backends/fixed_point.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <stdexcept>

namespace loci::backends {

Range signed_range(int width, Overflow overflow) {
  assert(1 <= width && width <= 62);
  const std::int64_t half = std::int64_t{1} << (width - 1);
  return {-half, half - 1, overflow};
}

Range unsigned_range(int width, Overflow overflow) {
  assert(1 <= width && width <= 62);
  return {0, (std::int64_t{1} << width) - 1, overflow};
}

std::int64_t wrapped(std::int64_t value, const Range& range) {
  const std::int64_t size = range.highest - range.lowest + 1;
  if (range.overflow == Overflow::wrap_once) return value > range.highest ? value - size : value + size;
  const std::int64_t rest = (value - range.lowest) % size;
  return range.lowest + (rest < 0 ? rest + size : rest);
}

double FixedPoint::resolution() const {
  return std::ldexp(1.0, -fraction);
}

double FixedPoint::value_of(std::int64_t raw) const {
  return std::ldexp(static_cast<double>(raw), -fraction);
}

std::int64_t FixedPoint::quantised(double value) const {
  if (!std::isfinite(value)) throw std::invalid_argument("a number to be quantised is not finite");
  constexpr double most = 0x1p62;  // beyond any range, and a whole number of 64 bits
  const double scaled = std::clamp(std::ldexp(value, fraction), -most, most);
  double whole = std::floor(scaled);
  if (rounding == Rounding::toward_zero) whole = std::trunc(scaled);
  if (rounding == Rounding::nearest_even) {
    const double above = scaled - whole;
    if (above > 0.5 || (above == 0.5 && std::fmod(whole, 2.0) != 0.0)) whole += 1.0;
  }
  return fit(static_cast<std::int64_t>(whole), range);
}

}  // namespace loci::backends
