#include "learning/row_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/row_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

void add_to_kernel(const float* addend, std::size_t n, float* row) {
  const D d;
  for (std::size_t at = 0; at < n; at += n_lanes)
    hn::Store(hn::Add(hn::Load(d, row + at), hn::Load(d, addend + at)), d, row + at);
}

void add_rows_kernel(const float* rows, std::size_t n_rows, std::size_t width, float* sums) {
  const D d;
  for (std::size_t at = 0; at < width; at += n_lanes) {
    V sum = hn::Load(d, sums + at);
    for (std::size_t row = 0; row < n_rows; ++row) sum = hn::Add(sum, hn::Load(d, rows + row * width + at));
    hn::Store(sum, d, sums + at);
  }
}

void add_product_rows_kernel(const float* a, const float* b, std::size_t n_rows, std::size_t width,
                             float* sums) {
  const D d;
  for (std::size_t at = 0; at < width; at += n_lanes) {
    V sum = hn::Load(d, sums + at);
    for (std::size_t row = 0; row < n_rows; ++row)
      sum = hn::MulAdd(hn::Load(d, a + row * width + at), hn::Load(d, b + row * width + at), sum);
    hn::Store(sum, d, sums + at);
  }
}

void sum_rows_kernel(const float* rows, std::size_t n_rows, std::size_t width, float* sums) {
  const D d;
  for (std::size_t row = 0; row < n_rows; ++row) {
    V sum = hn::Zero(d);
    for (std::size_t at = 0; at < width; at += n_lanes)
      sum = hn::Add(sum, hn::Load(d, rows + row * width + at));
    sums[row] = hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

void rectify_kernel(float* values, std::size_t n) {
  const D d;
  for (std::size_t at = 0; at < n; at += n_lanes)
    hn::Store(hn::Max(hn::Load(d, values + at), hn::Zero(d)), d, values + at);
}

void rectify_gradient_kernel(const float* outputs, const float* gradient, std::size_t n, float* result) {
  const D d;
  for (std::size_t at = 0; at < n; at += n_lanes)
    hn::Store(hn::IfThenElseZero(hn::Gt(hn::Load(d, outputs + at), hn::Zero(d)), hn::Load(d, gradient + at)),
              d, result + at);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(add_to_kernel);
HWY_EXPORT(add_rows_kernel);
HWY_EXPORT(add_product_rows_kernel);
HWY_EXPORT(sum_rows_kernel);
HWY_EXPORT(rectify_kernel);
HWY_EXPORT(rectify_gradient_kernel);

void add_to(const float* addend, std::size_t n, float* row) {
  HWY_DYNAMIC_DISPATCH(add_to_kernel)(addend, n, row);
}

void add_rows(const float* rows, std::size_t n_rows, std::size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_rows_kernel)(rows, n_rows, width, sums);
}

void add_product_rows(const float* a, const float* b, std::size_t n_rows, std::size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(add_product_rows_kernel)(a, b, n_rows, width, sums);
}

void sum_rows(const float* rows, std::size_t n_rows, std::size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(sum_rows_kernel)(rows, n_rows, width, sums);
}

void rectify(float* values, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(rectify_kernel)(values, n);
}

void rectify_gradient(const float* outputs, const float* gradient, std::size_t n, float* result) {
  HWY_DYNAMIC_DISPATCH(rectify_gradient_kernel)(outputs, gradient, n, result);
}

}  // namespace loci::learning
#endif
