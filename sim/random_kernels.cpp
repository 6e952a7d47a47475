#include "sim/random.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/random_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>

#include "sim/philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<std::uint64_t>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

void words_kernel(std::uint64_t seed, Stream stream, std::span<const std::uint64_t> indices,
                  std::uint32_t step, std::span<std::array<std::uint32_t, 4>> words) {
  const D d;
  HWY_ALIGN std::uint64_t lanes[4][n_lanes] = {};
  for (std::size_t first = 0; first < indices.size(); first += n_lanes) {
    const std::size_t n = std::min(n_lanes, indices.size() - first);
    std::copy_n(indices.data() + first, n, lanes[0]);
    const V index = hn::Load(d, lanes[0]);
    V counter[1][4] = {{hn::And(index, hn::Set(d, 0xFFFFFFFFU)), hn::ShiftRight<32>(index), hn::Set(d, step),
                        hn::Set(d, static_cast<std::uint32_t>(stream))}};
    philox::rounds(seed, counter);
    for (std::size_t w = 0; w < 4; ++w) hn::Store(counter[0][w], d, lanes[w]);
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
