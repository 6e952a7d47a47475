#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/circuit/poisson_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>

#include "sim/circuit/poisson.hpp"
#include "sim/philox-inl.hpp"
#include "sim/random.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using U64 = hn::ScalableTag<std::uint64_t>;
using V64 = hn::Vec<U64>;
constexpr std::size_t n_lanes = hn::MaxLanes(U64());

#if HWY_TARGET == HWY_SCALAR

void draw_kernel(std::uint64_t seed, std::uint32_t input, std::uint32_t block,
                 std::span<const std::uint32_t> thresholds, const std::uint32_t* neurons, std::size_t begin,
                 std::size_t end, std::size_t stride, std::uint8_t* counts) {
  for (std::size_t at = begin; at < end; ++at) {
    const auto words = random_words(seed, Stream::poisson, std::uint64_t{input} << 32 | neurons[at], block);
    for (std::size_t t = 0; t < 4; ++t)
      counts[t * stride + at] = static_cast<std::uint8_t>(
          std::ranges::count_if(thresholds, [&](std::uint32_t threshold) { return words[t] >= threshold; }));
  }
}

#else

using U32 = hn::Repartition<std::uint32_t, U64>;
using I32 = hn::RebindToSigned<U32>;

// How many thresholds each word reaches. Few words go beyond the first ones: the rest are compared only where
// some do. Comparison is signed, of words with the upper bit turned.
template <std::size_t kVectors>
HWY_INLINE void count_reached(std::span<const std::uint32_t> thresholds,
                              const hn::Vec<I32> (&words)[kVectors], hn::Vec<I32> (&counts)[kVectors]) {
  constexpr std::size_t at_once = 4;
  const I32 d;
  const auto one = hn::Set(d, 1);
  for (auto& count : counts) count = hn::Zero(d);
  for (std::size_t first = 0; first < thresholds.size(); first += at_once) {
    const std::size_t last = std::min(first + at_once, thresholds.size());
    auto some = hn::Zero(d);
    for (std::size_t k = first; k < last; ++k) {
      const auto threshold = hn::Set(d, static_cast<std::int32_t>(thresholds[k] ^ 0x80000000U));
      some = hn::Zero(d);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const auto reached = hn::Add(one, hn::VecFromMask(d, hn::Gt(threshold, words[v])));
        counts[v] = hn::Add(counts[v], reached);
        some = hn::Or(some, reached);
      }
    }
    if (hn::AllTrue(d, hn::Eq(some, hn::Zero(d)))) return;
  }
}

// Neurons two by two in 64-bit lanes, the even ones in one group of counters and the odd ones in another, so
// that their words, put together again, stand in order.
void draw_kernel(std::uint64_t seed, std::uint32_t input, std::uint32_t block,
                 std::span<const std::uint32_t> thresholds, const std::uint32_t* neurons, std::size_t begin,
                 std::size_t end, std::size_t stride, std::uint8_t* counts) {
  const U64 d;
  const U32 halves;
  const I32 signed_halves;
  const hn::Rebind<std::uint8_t, I32> bytes;
  const auto turn = hn::Set(halves, 0x80000000U);
  for (std::size_t at = begin; at < end; at += 2 * n_lanes) {
    const V64 pairs = hn::BitCast(d, hn::LoadU(halves, neurons + at));
    V64 counter[2][4] = {{hn::And(pairs, hn::Set(d, 0xFFFFFFFFU))}, {hn::ShiftRight<32>(pairs)}};
    for (auto& c : counter) {
      c[1] = hn::Set(d, input);
      c[2] = hn::Set(d, block);
      c[3] = hn::Set(d, static_cast<std::uint32_t>(Stream::poisson));
    }
    philox::rounds(seed, counter);
    hn::Vec<I32> words[4];
    hn::Vec<I32> reached[4];
    for (std::size_t t = 0; t < 4; ++t)
      words[t] = hn::BitCast(
          signed_halves,
          hn::Xor(hn::BitCast(halves, hn::Or(counter[0][t], hn::ShiftLeft<32>(counter[1][t]))), turn));
    count_reached(thresholds, words, reached);
    for (std::size_t t = 0; t < 4; ++t)
      hn::StoreU(hn::DemoteTo(bytes, reached[t]), bytes, counts + t * stride + at);
  }
}

#endif

void add_kernel(const std::uint8_t* counts, double weight, std::size_t begin, std::size_t end,
                double* arrived) {
  for (std::size_t at = begin; at < end; ++at) arrived[at - begin] += weight * counts[at];
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
