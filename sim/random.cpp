#include "sim/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <utility>

namespace loci::sim {

std::array<std::uint32_t, 4> random_words(std::uint64_t seed, Stream stream, std::uint64_t index,
                                          std::uint32_t step) {
  const r123::Philox4x32::key_type key{
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(index),
                                            static_cast<std::uint32_t>(index >> 32), step,
                                            static_cast<std::uint32_t>(stream)}};
  const auto words = r123::Philox4x32{}(counter, key);
  return {words[0], words[1], words[2], words[3]};
}

void fill_uniform(std::span<float> values, float low, float high, std::uint64_t seed, Stream stream,
                  std::uint32_t step) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = low + (high - low) * uniform_from(random_words(seed, stream, i / 4, step)[i % 4]);
}

void fill_normal(std::span<float> values, float deviation, std::uint64_t seed, Stream stream,
                 std::uint32_t step) {
  constexpr double two_to_minus_32 = 0x1.0p-32;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto words = random_words(seed, stream, i, step);
    const double radius = std::sqrt(-2.0 * std::log((words[0] + 0.5) * two_to_minus_32));
    const double angle = 2.0 * std::numbers::pi * (words[1] * two_to_minus_32);
    values[i] = static_cast<float>(deviation * radius * std::cos(angle));
  }
}

void shuffle(std::span<std::uint32_t> items, std::uint64_t seed, Stream stream, std::uint32_t step) {
  for (std::size_t i = items.size(); i > 1; --i) {
    const auto words = random_words(seed, stream, i, step);
    const std::uint64_t wide = (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
    std::swap(items[i - 1], items[wide % i]);
  }
}

}  // namespace loci::sim
