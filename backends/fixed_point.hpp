// Whole numbers as chips keep them: how many bits, what happens beyond them, how what is shifted out is
// rounded.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace loci::backends {

enum class Rounding { nearest_even, toward_zero, floor };

// What becomes of a number beyond its range: the nearest end of it; the number modulo the range's size; or
// one size added or subtracted, which may leave it outside (Loihi's current in Lava's model).
enum class Overflow { saturate, wrap, wrap_once };

// What a register holds. Not always what its width allows: Loihi's membrane saturates at +-(2^23 - 1).
struct Range {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  Overflow overflow = Overflow::saturate;

  bool contains(std::int64_t value) const { return lowest <= value && value <= highest; }
  bool operator==(const Range&) const = default;
};

// All numbers of so many bits, 1 to 62; the sign is one of them.
Range signed_range(int width, Overflow overflow = Overflow::saturate);
Range unsigned_range(int width, Overflow overflow = Overflow::saturate);

// A number beyond a range that wraps, brought back.
std::int64_t wrapped(std::int64_t value, const Range& range);

// A number brought into its range.
inline std::int64_t fit(std::int64_t value, const Range& range) {
  if (range.overflow == Overflow::saturate) return std::clamp(value, range.lowest, range.highest);
  return range.contains(value) ? value : wrapped(value, range);
}

// value / 2^bits, rounded; bits from 0 to 62. Here, and without branches, because neurons leak by it.
inline std::int64_t shift_right(std::int64_t value, int bits, Rounding rounding) {
  assert(0 <= bits && bits <= 62);
  const std::int64_t most_lost = (std::int64_t{1} << bits) - 1;
  if (rounding == Rounding::toward_zero) value += value < 0 ? most_lost : 0;
  // Just below one half, and a tie is pushed over it from an odd number.
  if (rounding == Rounding::nearest_even) value += most_lost / 2 + ((value >> bits) & most_lost & 1);
  return value >> bits;
}

// A real number in steps of 2^-fraction.
struct FixedPoint {
  Range range;
  int fraction = 0;  // bits after the point; may be negative
  Rounding rounding = Rounding::nearest_even;

  double resolution() const;
  double value_of(std::int64_t raw) const;
  // Throws std::invalid_argument for what is not finite.
  std::int64_t quantised(double value) const;
};

}  // namespace loci::backends
