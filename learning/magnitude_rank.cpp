#include "learning/magnitude_rank.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/magnitude_rank.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Counts magnitudes above 0 and those of them below `low`, and appends those from `low` to below `high` to
// `between`, which has room for all and a vector more; adds to the counts.
void split_magnitudes_kernel(const float* weights, std::size_t n, float low, float high,
                             std::size_t* n_nonzero, std::size_t* n_below, std::size_t* n_between,
                             float* between) {
  const hn::ScalableTag<float> d;
  const auto lowest = hn::Set(d, low);
  const auto highest = hn::Set(d, high);
  std::size_t nonzero = 0;
  std::size_t below = 0;
  float* to = between;
  for (std::size_t at = 0; at < n; at += hn::Lanes(d)) {
    const auto magnitude = hn::Abs(hn::Load(d, weights + at));
    const auto is_edge = hn::Gt(magnitude, hn::Zero(d));
    nonzero += hn::CountTrue(d, is_edge);
    below += hn::CountTrue(d, hn::And(is_edge, hn::Lt(magnitude, lowest)));
    const auto within = hn::And(hn::Ge(magnitude, lowest), hn::Lt(magnitude, highest));
    if (hn::AllFalse(d, within)) continue;
    hn::StoreU(hn::Compress(magnitude, within), d, to);
    to += hn::CountTrue(d, within);
  }
  *n_nonzero += nonzero;
  *n_below += below;
  *n_between += static_cast<std::size_t>(to - between);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {
namespace {

HWY_EXPORT(split_magnitudes_kernel);

constexpr std::size_t most_parts = 8;  // each has its own counters
constexpr float nearest_reach = 1.0F / 1024;
constexpr float farthest_reach = 0.25F;
constexpr std::size_t one_vector = 64;  // floats; no machine's are longer

// How many magnitudes above 0 have each upper half of a float's bits, or, of those with this upper half, each
// lower one.
std::vector<std::size_t> count_halves(std::optional<std::uint32_t> upper, std::size_t n_panels,
                                      const ShowWeights& show, const Workers& workers) {
  constexpr std::size_t n_halves = std::size_t{1} << 16;
  std::vector<std::vector<std::uint32_t>> counts(std::min(n_panels, most_parts),
                                                 std::vector<std::uint32_t>(n_halves));
  workers.for_each_in_parts(n_panels, counts.size(), [&](std::size_t part, std::size_t panel, std::size_t) {
    show(panel, [&](std::span<const float> weights) {
      for (const float weight : weights) {
        const auto bits = std::bit_cast<std::uint32_t>(std::abs(weight));
        if (bits == 0 || (upper && bits >> 16 != *upper)) continue;
        ++counts[part][upper ? bits & 0xFFFFU : bits >> 16];
      }
    });
  });
  std::vector<std::size_t> total(n_halves);
  for (const auto& part : counts)
    for (std::size_t half = 0; half < n_halves; ++half) total[half] += part[half];
  return total;
}

// The bits of positive floats are in the order of their values, so two passes of counting, by the upper and
// by the lower half of the bits, find any rank.
float find_anywhere(std::size_t rank, std::size_t n, std::size_t n_panels, const ShowWeights& show,
                    const Workers& workers) {
  const auto half_of_rank = [&rank](const std::vector<std::size_t>& counts) {
    std::uint32_t half = 0;
    for (; rank >= counts[half]; ++half) rank -= counts[half];
    return half;
  };
  const auto by_upper = count_halves(std::nullopt, n_panels, show, workers);
  const std::size_t n_zero = n - std::accumulate(by_upper.begin(), by_upper.end(), std::size_t{0});
  if (rank < n_zero) return 0.0F;
  rank -= n_zero;
  const std::uint32_t upper = half_of_rank(by_upper);
  return std::bit_cast<float>(upper << 16 | half_of_rank(count_halves(upper, n_panels, show, workers)));
}

}  // namespace

float MagnitudeRank::find(std::size_t rank, std::size_t n, std::size_t n_panels, const ShowWeights& show,
                          const Workers& workers) {
  std::optional<float> near;
  if (last_ > 0.0F) near = find_near_last(rank, n, n_panels, show, workers);
  const float found = near ? *near : find_anywhere(rank, n, n_panels, show, workers);
  if (last_ > 0.0F)
    reach_ =
        std::clamp(std::max(0.9F * reach_, 4 * std::abs(found / last_ - 1)), nearest_reach, farthest_reach);
  else
    reach_ = farthest_reach / 4;
  last_ = found;
  return found;
}

// Weights move little in one update, and so does what is at a rank: one pass, then, and a small sort.
std::optional<float> MagnitudeRank::find_near_last(std::size_t rank, std::size_t n, std::size_t n_panels,
                                                   const ShowWeights& show, const Workers& workers) {
  const float low = last_ * (1 - reach_);
  const float high = last_ * (1 + reach_);
  parts_.resize(std::min(n_panels, most_parts));
  for (Part& part : parts_) part.n_nonzero = part.n_below = part.n_between = 0;
  workers.for_each_in_parts(n_panels, parts_.size(), [&](std::size_t index, std::size_t panel, std::size_t) {
    Part& part = parts_[index];
    show(panel, [&](std::span<const float> weights) {
      const std::size_t room = part.n_between + weights.size() + one_vector;
      if (part.between.size() < room) part.between.resize(2 * room);
      HWY_DYNAMIC_DISPATCH(split_magnitudes_kernel)
      (weights.data(), weights.size(), low, high, &part.n_nonzero, &part.n_below, &part.n_between,
       part.between.data() + part.n_between);
    });
  });
  std::size_t n_smaller = n;
  AlignedFloats between;
  for (const Part& part : parts_) n_smaller -= part.n_nonzero - part.n_below;
  for (const Part& part : parts_)
    between.insert(between.end(), part.between.begin(),
                   part.between.begin() + static_cast<std::ptrdiff_t>(part.n_between));
  if (rank < n_smaller || rank - n_smaller >= between.size()) return std::nullopt;
  const auto at = between.begin() + static_cast<std::ptrdiff_t>(rank - n_smaller);
  std::ranges::nth_element(between, at);
  return *at;
}

}  // namespace loci::learning
#endif
