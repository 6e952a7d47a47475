#include "sim/random.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>
#include <vector>

using namespace loci::sim;

namespace {

struct Moments {
  double mean = 0.0;
  double variance = 0.0;
};

Moments moments_of(const std::vector<float>& values) {
  const auto n = static_cast<double>(values.size());
  Moments moments;
  for (const float value : values) moments.mean += value / n;
  for (const float value : values) moments.variance += (value - moments.mean) * (value - moments.mean) / n;
  return moments;
}

}  // namespace

TEST_CASE("random words are a function of seed, stream, index and step, and differ when any of them does") {
  const auto words = random_words(1, Stream::test, 2, 3);
  CHECK(random_words(1, Stream::test, 2, 3) == words);
  CHECK(random_words(std::uint64_t{1} << 32 | 1, Stream::test, 2, 3) != words);
  CHECK(random_words(2, Stream::test, 2, 3) != words);
  CHECK(random_words(1, Stream::encoder, 2, 3) != words);
  CHECK(random_words(1, Stream::test, 3, 3) != words);
  CHECK(random_words(1, Stream::test, (std::uint64_t{1} << 32) | 2, 3) != words);
  CHECK(random_words(1, Stream::test, 2, 4) != words);
}

TEST_CASE("words drawn for many indices are those drawn one by one") {
  for (const std::size_t n : {0U, 1U, 3U, 4U, 9U, 64U}) {
    std::vector<std::uint64_t> indices(n);
    for (std::size_t i = 0; i < n; ++i) indices[i] = (i * 0x9E3779B97F4A7C15U) ^ i;
    std::vector<std::array<std::uint32_t, 4>> words(n);
    random_words(0xFEDCBA9876543210U, Stream::encoder, indices, 17, words);
    for (std::size_t i = 0; i < n; ++i)
      CHECK(words[i] == random_words(0xFEDCBA9876543210U, Stream::encoder, indices[i], 17));
  }
}

TEST_CASE("a uniform number is at least 0 and stays below 1") {
  CHECK(uniform_from(0) == 0.0F);
  CHECK(uniform_from(0xFFFFFFFFU) < 1.0F);
  CHECK(uniform_from(0x80000000U) == 0.5F);
}

TEST_CASE("uniform numbers have the moments of their interval") {
  std::vector<float> values(100'000);
  fill_uniform(values, -1.0F, 3.0F, 7, Stream::test, 0);
  CHECK(*std::ranges::min_element(values) >= -1.0F);
  CHECK(*std::ranges::max_element(values) < 3.0F);
  // Width w = 4: variance w^2 / 12 = 4/3; fourth central moment w^4 / 80 = 3.2, so the sample variance has
  // variance (3.2 - (4/3)^2) / n. Five deviations each.
  const Moments moments = moments_of(values);
  CHECK(std::abs(moments.mean - 1.0) < 5 * std::sqrt(4.0 / 3.0 / 100'000.0));
  CHECK(std::abs(moments.variance - 4.0 / 3.0) < 5 * std::sqrt((3.2 - 16.0 / 9.0) / 100'000.0));
}

TEST_CASE("normal numbers have mean 0 and the deviation asked for") {
  std::vector<float> values(100'000);
  fill_normal(values, 2.0F, 7, Stream::test, 0);
  // Variance of the mean: 4 / n; of the variance: 2 * 4^2 / n. Five deviations each.
  const Moments moments = moments_of(values);
  CHECK(std::abs(moments.mean) < 5 * std::sqrt(4.0 / 100'000.0));
  CHECK(std::abs(moments.variance - 4.0) < 5 * std::sqrt(32.0 / 100'000.0));
}

TEST_CASE("random fills do not depend on how many values are drawn") {
  std::vector<float> few(10);
  std::vector<float> many(1000);
  fill_normal(few, 1.0F, 9, Stream::test, 2);
  fill_normal(many, 1.0F, 9, Stream::test, 2);
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
  fill_uniform(few, 0.0F, 1.0F, 9, Stream::test, 2);
  fill_uniform(many, 0.0F, 1.0F, 9, Stream::test, 2);
  CHECK(std::equal(few.begin(), few.end(), many.begin()));
}

TEST_CASE("a shuffle is a permutation, the same for the same key") {
  std::vector<std::uint32_t> ordered(1000);
  std::iota(ordered.begin(), ordered.end(), 0U);
  std::vector<std::uint32_t> shuffled = ordered;
  shuffle(shuffled, 3, Stream::shuffle, 5);
  CHECK(shuffled != ordered);
  std::vector<std::uint32_t> again = ordered;
  shuffle(again, 3, Stream::shuffle, 5);
  CHECK(again == shuffled);
  shuffle(again, 3, Stream::shuffle, 6);
  CHECK(again != shuffled);
  std::ranges::sort(shuffled);
  CHECK(shuffled == ordered);
}

TEST_CASE("every item comes first about equally often in a shuffle") {
  std::vector<int> first(4, 0);
  for (std::uint32_t step = 0; step < 4000; ++step) {
    std::vector<std::uint32_t> items{0, 1, 2, 3};
    shuffle(items, 17, Stream::test, step);
    ++first[items[0]];
  }
  // Binomial(4000, 1/4): mean 1000, deviation 27.4; five of them.
  for (const int count : first) CHECK(std::abs(count - 1000) < 137);
}
