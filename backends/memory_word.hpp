// One word of a chip's memory and the fields in it.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loci::backends {

// Up to 128 bits.
struct MemoryWord {
  std::array<std::uint32_t, 4> part{};  // part 0 holds the bits 31..0

  // `width` bits, 1 to 32, from bit `low` on.
  std::uint32_t bits(int low, int width) const {
    assert(0 <= low && 1 <= width && width <= 32 && low + width <= 128);
    const auto first = static_cast<std::size_t>(low / 32);
    std::uint64_t both = part[first];
    if (first < 3) both |= std::uint64_t{part[first + 1]} << 32;
    return static_cast<std::uint32_t>(both >> (low % 32) & ((std::uint64_t{1} << width) - 1));
  }

  // The same as a signed number.
  std::int32_t signed_bits(int low, int width) const {
    const std::int64_t value = bits(low, width);
    return static_cast<std::int32_t>(value >> (width - 1) != 0 ? value - (std::int64_t{1} << width) : value);
  }

  // Takes the lowest `width` bits of a number, negative ones in two's complement.
  void set_bits(int low, int width, std::int64_t value) {
    for (int bit = 0; bit < width; ++bit) {
      std::uint32_t& word = part[static_cast<std::size_t>((low + bit) / 32)];
      const std::uint32_t mask = std::uint32_t{1} << ((low + bit) % 32);
      word = (value >> bit & 1) != 0 ? word | mask : word & ~mask;
    }
  }

  bool operator==(const MemoryWord&) const = default;
};

using Memory = std::vector<MemoryWord>;

}  // namespace loci::backends
