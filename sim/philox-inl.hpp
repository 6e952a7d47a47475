// Philox4x32-10 (Salmon et al. 2011) on several counters at once, for kernels to include once per instruction
// set. The words are those of Random123.
#if defined(LOCI_SIM_PHILOX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef LOCI_SIM_PHILOX_INL
#undef LOCI_SIM_PHILOX_INL
#else
#define LOCI_SIM_PHILOX_INL
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace philox {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<std::uint64_t>;
using V = hn::Vec<D>;

// Products of 32-bit values that lie in 64-bit lanes.
HWY_INLINE V product(V a, std::uint32_t b) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(D(), hn::GetLane(a) * b);
#else
  const hn::Repartition<std::uint32_t, D> halves;
  return hn::MulEven(hn::BitCast(halves, a), hn::Set(halves, b));
#endif
}

// Counters, and then words: 32 bits in each lane. kGroups independent ones hide each other's latency.
template <std::size_t kGroups>
HWY_INLINE void rounds(std::uint64_t seed, V (&counter)[kGroups][4]) {
  const D d;
  const V low = hn::Set(d, 0xFFFFFFFFU);
  auto key0 = static_cast<std::uint32_t>(seed);
  auto key1 = static_cast<std::uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (auto& c : counter) {
      const V first = product(c[0], 0xD2511F53U);
      const V second = product(c[2], 0xCD9E8D57U);
      c[0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(second), c[1]), hn::Set(d, key0));
      c[1] = hn::And(second, low);
      c[2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(first), c[3]), hn::Set(d, key1));
      c[3] = hn::And(first, low);
    }
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
}

}  // namespace philox
}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
