#include "bench/fma_peak.hpp"

#include <cstddef>
#include <stdexcept>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/fma_peak.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace loci::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve sums that do not wait for each other: more than latency times units of any processor so far.
double multiply_add_kernel(std::size_t n_rounds, float left, float right, float& result) {
  constexpr std::size_t n_sums = 12;
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  V sums[n_sums];
  for (std::size_t s = 0; s < n_sums; ++s) sums[s] = hn::Set(d, static_cast<float>(s));
  const V x = hn::Set(d, left);
  const V y = hn::Set(d, right);
  for (std::size_t round = 0; round < n_rounds; ++round)
    for (auto& sum : sums) sum = hn::MulAdd(x, y, sum);
  V total = hn::Zero(d);
  for (const V sum : sums) total = hn::Add(total, sum);
  result = hn::GetLane(hn::SumOfLanes(d, total));
  return 2.0 * static_cast<double>(n_sums * hn::Lanes(d) * n_rounds);
}

}  // namespace loci::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::bench {

HWY_EXPORT(multiply_add_kernel);

double run_multiply_adds() {
  float sum = 0.0F;
  const double operations = HWY_DYNAMIC_DISPATCH(multiply_add_kernel)(4'000'000, 1e-6F, 1.0F, sum);
  if (!(sum > 0)) throw std::runtime_error("multiply-adds of positive numbers gave no positive sum");
  return operations;
}

}  // namespace loci::bench
#endif
