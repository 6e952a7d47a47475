// Counter-based random numbers: a value is a pure function of (seed, stream, index, step, lane), so any
// thread may draw any of them in any order. Philox4x32-10 (Salmon et al. 2011) from Random123.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace loci::sim {

// What a number is for. The values are part of the file formats' reproducibility: never renumber.
enum class Stream : std::uint32_t {
  position = 1,
  inhibition = 2,
  layer_coordinate = 3,
  weight = 4,
  bias = 5,
  shuffle = 6,
  validation_split = 7,
  encoder = 8,
  place = 9,
  edge = 10,
  membrane = 11,
  poisson = 12,
  poisson_interval = 13,
  graph = 14,
  core = 15,
  augmentation = 16,
  report = 20,
  test = 99,
};

// Four independent 32-bit words for one counter value.
std::array<std::uint32_t, 4> random_words(std::uint64_t seed, Stream stream, std::uint64_t index,
                                          std::uint32_t step);

// The same for many indices, several at a time: words[i] is random_words(seed, stream, indices[i], step).
void random_words(std::uint64_t seed, Stream stream, std::span<const std::uint64_t> indices,
                  std::uint32_t step, std::span<std::array<std::uint32_t, 4>> words);

// Uniform in [0, 1) with 24 bits.
inline float uniform_from(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1.0p-24F;
}

// values[i] uniform in [low, high): draw i of (seed, stream, step).
void fill_uniform(std::span<float> values, float low, float high, std::uint64_t seed, Stream stream,
                  std::uint32_t step);

// values[i] normal with mean 0 and the given standard deviation (Box-Muller).
void fill_normal(std::span<float> values, float deviation, std::uint64_t seed, Stream stream,
                 std::uint32_t step);

// Fisher-Yates permutation of `items` keyed by (seed, stream, step).
void shuffle(std::span<std::uint32_t> items, std::uint64_t seed, Stream stream, std::uint32_t step);

}  // namespace loci::sim
