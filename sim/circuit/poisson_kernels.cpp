#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/circuit/poisson_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include "sim/circuit/poisson.hpp"
#include "sim/philox-inl.hpp"
#include "sim/random.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using U64 = hn::ScalableTag<std::uint64_t>;
using V64 = hn::Vec<U64>;
constexpr std::size_t n_lanes = hn::MaxLanes(U64());

// How many thresholds each word reaches. Words are 32 bits in 64-bit lanes, so that signed comparison serves.
template <std::size_t kVectors>
HWY_INLINE void count_reached(std::span<const std::uint32_t> thresholds, const V64 (&words)[kVectors],
                              V64 (&counts)[kVectors]) {
  const hn::ScalableTag<std::int64_t> s;
  for (auto& count : counts) count = hn::Zero(U64());
  for (const std::uint32_t threshold : thresholds) {
    const auto below = hn::Set(s, static_cast<std::int64_t>(threshold) - 1);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto reached = hn::Gt(hn::BitCast(s, words[v]), below);
      counts[v] = hn::Sub(counts[v], hn::BitCast(U64(), hn::VecFromMask(s, reached)));
    }
  }
}

void draw_kernel(std::uint64_t seed, std::uint32_t input, std::uint32_t block,
                 std::span<const std::uint32_t> thresholds, const std::uint32_t* neurons, std::size_t begin,
                 std::size_t end, std::size_t stride, std::uint8_t* counts) {
  const U64 d;
  constexpr std::size_t groups = n_lanes == 1 ? 8 : 8 / n_lanes;  // eight neurons at a time
  HWY_ALIGN std::uint64_t lanes[8];
  for (std::size_t at = begin; at < end; at += 8) {
    for (std::size_t i = 0; i < 8; ++i) lanes[i] = neurons[at + i];
    V64 counter[groups][4];
    for (std::size_t g = 0; g < groups; ++g) {
      counter[g][0] = hn::Load(d, lanes + g * n_lanes);
      counter[g][1] = hn::Set(d, input);
      counter[g][2] = hn::Set(d, block);
      counter[g][3] = hn::Set(d, static_cast<std::uint32_t>(Stream::poisson));
    }
    philox::rounds(seed, counter);
    for (std::size_t g = 0; g < groups; ++g) {
      V64 reached[4];
      count_reached(thresholds, counter[g], reached);
      for (std::size_t t = 0; t < 4; ++t) {
        HWY_ALIGN std::uint64_t out[n_lanes];
        hn::Store(reached[t], d, out);
        for (std::size_t i = 0; i < n_lanes; ++i)
          counts[t * stride + at + g * n_lanes + i] = static_cast<std::uint8_t>(out[i]);
      }
    }
  }
}

void add_kernel(const std::uint8_t* counts, double weight, std::size_t begin, std::size_t end,
                double* arrived) {
  for (std::size_t at = begin; at < end; ++at) arrived[at] += weight * counts[at];
}

}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::sim {

HWY_EXPORT(draw_kernel);
HWY_EXPORT(add_kernel);

void draw_counts(std::uint64_t seed, std::uint32_t input, std::uint32_t block,
                 std::span<const std::uint32_t> thresholds, const std::uint32_t* neurons, std::size_t begin,
                 std::size_t end, std::size_t stride, std::uint8_t* counts) {
  HWY_DYNAMIC_DISPATCH(draw_kernel)(seed, input, block, thresholds, neurons, begin, end, stride, counts);
}

void add_counts(const std::uint8_t* counts, double weight, std::size_t begin, std::size_t end,
                double* arrived) {
  HWY_DYNAMIC_DISPATCH(add_kernel)(counts, weight, begin, end, arrived);
}

}  // namespace loci::sim
#endif
