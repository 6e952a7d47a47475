// Ranks against sorting, while weights drift, jump, tie and vanish.
#include "learning/magnitude_rank.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <random>

using namespace loci::learning;

namespace {

constexpr std::size_t n_panels = 21;
constexpr std::size_t tile_size = 16 * 64;
constexpr std::size_t n_tiles = 3;

struct Weights {
  AlignedFloats values = AlignedFloats(n_panels * n_tiles * tile_size);

  ShowWeights show() const {
    return [this](std::size_t panel, const TakeWeights& take) {
      for (std::size_t tile = 0; tile < n_tiles; ++tile)
        take(std::span(values).subspan((panel * n_tiles + tile) * tile_size, tile_size));
    };
  }
  // At this place in the order of magnitudes, `n_absent` of the zeros not counted.
  float at(std::size_t rank, std::size_t n_absent) const {
    std::vector<float> magnitudes;
    for (const float value : values) magnitudes.push_back(std::abs(value));
    std::ranges::sort(magnitudes);
    return magnitudes[rank + n_absent];
  }
};

}  // namespace

TEST_CASE("a magnitude's rank is exact however weights move from one search to the next") {
  const Workers workers(GENERATE(1U, 3U));
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  Weights weights;
  for (float& value : weights.values) value = normal(random);
  // Padding, which is no weight, and a weight of 0, which is one.
  constexpr std::size_t n_absent = 100;
  std::fill_n(weights.values.begin(), n_absent + 1, 0.0F);
  const std::size_t n = weights.values.size() - n_absent;
  MagnitudeRank search;
  for (int update = 0; update < 60; ++update) {
    // Most updates change little; some change everything, and then the search starts far off.
    const float step = update % 20 == 19 ? 3.0F : 0.003F;
    for (float& value : weights.values)
      if (value != 0.0F) value = value * (1 + step * normal(random)) + 1e-12F;
    if (update == 30)
      for (float& value : weights.values) value *= 1e-3F;
    const std::size_t rank = n * (600 + static_cast<std::size_t>(update)) / 1000;
    INFO(update);
    REQUIRE(search.find(rank, n, n_panels, weights.show(), workers) == weights.at(rank, n_absent));
  }
}

TEST_CASE("ties and zeros have ranks, too") {
  const Workers workers(2);
  Weights weights;
  // A third zeros, a third 0.5 of either sign, a third 1 and more.
  for (std::size_t at = 0; at < weights.values.size(); ++at) {
    const float sign = at % 2 == 0 ? 1.0F : -1.0F;
    weights.values[at] = at % 3 == 0 ? 0.0F : at % 3 == 1 ? 0.5F * sign : 1.0F + static_cast<float>(at);
  }
  const std::size_t n = weights.values.size();
  MagnitudeRank search;
  for (int again = 0; again < 3; ++again) {
    CHECK(search.find(n / 3, n, n_panels, weights.show(), workers) == 0.5F);
    CHECK(search.find(2 * n / 3 - 1, n, n_panels, weights.show(), workers) == 0.5F);
    CHECK(search.find(2 * n / 3, n, n_panels, weights.show(), workers) == 3.0F);
    CHECK(search.find(n - 1, n, n_panels, weights.show(), workers) == weights.at(n - 1, 0));
    CHECK(search.find(n / 3 - 1, n, n_panels, weights.show(), workers) == 0.0F);
    CHECK(search.find(0, n, n_panels, weights.show(), workers) == 0.0F);
  }
}
