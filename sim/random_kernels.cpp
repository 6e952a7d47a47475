// Philox4x32-10 (Salmon et al. 2011) on several counters at once. The words are those of Random123.
#include "sim/random.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/random_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<std::uint64_t>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

// Products of 32-bit values that lie in 64-bit lanes.
HWY_INLINE V product(V a, std::uint32_t b) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(D(), hn::GetLane(a) * b);
#else
  const hn::Repartition<std::uint32_t, D> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::Set(halves, b));
#endif
}

HWY_INLINE void philox(std::uint32_t key0, std::uint32_t key1, V (&counter)[4]) {
  const D d;
  const V low = hn::Set(d, 0xFFFFFFFFU);
  for (int round = 0; round < 10; ++round) {
    const V first = product(counter[0], 0xD2511F53U);
    const V second = product(counter[2], 0xCD9E8D57U);
    counter[0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(second), counter[1]), hn::Set(d, key0));
    counter[1] = hn::And(second, low);
    counter[2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(first), counter[3]), hn::Set(d, key1));
    counter[3] = hn::And(first, low);
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

void words_kernel(std::uint64_t seed, Stream stream, std::span<const std::uint64_t> indices,
                  std::uint32_t step, std::span<std::array<std::uint32_t, 4>> words) {
  const D d;
  HWY_ALIGN std::uint64_t lanes[4][n_lanes] = {};
  for (std::size_t first = 0; first < indices.size(); first += n_lanes) {
    const std::size_t n = std::min(n_lanes, indices.size() - first);
    std::copy_n(indices.data() + first, n, lanes[0]);
    const V index = hn::Load(d, lanes[0]);
    V counter[4] = {hn::And(index, hn::Set(d, 0xFFFFFFFFU)), hn::ShiftRight<32>(index), hn::Set(d, step),
                    hn::Set(d, static_cast<std::uint32_t>(stream))};
    philox(static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), counter);
    for (std::size_t w = 0; w < 4; ++w) hn::Store(counter[w], d, lanes[w]);
    for (std::size_t lane = 0; lane < n; ++lane)
      for (std::size_t w = 0; w < 4; ++w) words[first + lane][w] = static_cast<std::uint32_t>(lanes[w][lane]);
  }
}

}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::sim {

HWY_EXPORT(words_kernel);

void random_words(std::uint64_t seed, Stream stream, std::span<const std::uint64_t> indices,
                  std::uint32_t step, std::span<std::array<std::uint32_t, 4>> words) {
  HWY_DYNAMIC_DISPATCH(words_kernel)(seed, stream, indices, step, words);
}

}  // namespace loci::sim
#endif
