#include "learning/distance_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/distance_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include "learning/panels.hpp"
#include "sim/parameters.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

// Squared distances of presynaptic neuron i to kVectors vectors of the panel.
template <std::size_t kVectors>
HWY_INLINE void squared_distances(const DistancePanel& panel, std::size_t i, V (&squared)[kVectors]) {
  const D d;
  for (auto& value : squared) value = hn::Set(d, panel.base);
  for (std::size_t k = 0; k < panel.n_coordinates; ++k) {
    const V pre = hn::Set(d, panel.pre_positions[i * panel.n_coordinates + k]);
    const float* post = panel.post_positions + k * panel.width;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V difference = hn::Sub(pre, hn::Load(d, post + v * n_lanes));
      squared[v] = hn::MulAdd(difference, difference, squared[v]);
    }
  }
}

template <std::size_t kVectors>
void weight_columns(const DistancePanel& panel, float* weights) {
  const D d;
  const V least = hn::Set(d, static_cast<float>(sim::least_squared_distance));
  for (std::size_t i = 0; i < panel.n_pre; ++i) {
    V squared[kVectors];
    squared_distances(panel, i, squared);
    const V mask = hn::Set(d, panel.scaled_mask[i]);
    for (std::size_t v = 0; v < kVectors; ++v)
      hn::Store(hn::Div(mask, hn::Sqrt(hn::Max(squared[v], least))), d,
                weights + i * panel.width + v * n_lanes);
  }
}

void weight_kernel(const DistancePanel& panel, float* weights) {
  if (panel.width == wide_panel)
    weight_columns<wide_panel / n_lanes>(panel, weights);
  else
    weight_columns<narrow_panel / n_lanes>(panel, weights);
}

template <std::size_t kVectors>
float gradient_columns(const DistancePanel& panel, const float* weight_gradient,
                       const DistanceGradient& gradient) {
  const D d;
  const V least = hn::Set(d, static_cast<float>(sim::least_squared_distance));
  const V one = hn::Set(d, 1.0F);
  for (std::size_t at = 0; at < panel.n_coordinates * panel.width; ++at) gradient.post[at] = 0.0F;
  V sum_t = hn::Zero(d);
  for (std::size_t i = 0; i < panel.n_pre; ++i) {
    V t[kVectors];
    squared_distances(panel, i, t);
    const V minus_mask = hn::Set(d, -panel.scaled_mask[i]);
    V mask_gradient = hn::Zero(d);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V squared = t[v];
      const V inverse = hn::Div(one, hn::Sqrt(hn::Max(squared, least)));
      const V scaled = hn::Mul(hn::Load(d, weight_gradient + i * panel.width + v * n_lanes), inverse);
      mask_gradient = hn::Add(mask_gradient, scaled);
      const V pull = hn::Mul(hn::Mul(scaled, minus_mask), hn::Mul(inverse, inverse));
      t[v] = hn::IfThenElseZero(hn::Gt(squared, least), pull);
      sum_t = hn::Add(sum_t, t[v]);
    }
    gradient.mask[i] = hn::GetLane(hn::SumOfLanes(d, mask_gradient));
    for (std::size_t k = 0; k < panel.n_coordinates; ++k) {
      const V pre = hn::Set(d, panel.pre_positions[i * panel.n_coordinates + k]);
      V pre_gradient = hn::Zero(d);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const std::size_t at = k * panel.width + v * n_lanes;
        const V difference = hn::Sub(pre, hn::Load(d, panel.post_positions + at));
        pre_gradient = hn::MulAdd(t[v], difference, pre_gradient);
        hn::Store(hn::NegMulAdd(t[v], difference, hn::Load(d, gradient.post + at)), d, gradient.post + at);
      }
      gradient.pre[i * panel.n_coordinates + k] = hn::GetLane(hn::SumOfLanes(d, pre_gradient));
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, sum_t));
}

float distance_gradient_kernel(const DistancePanel& panel, const float* weight_gradient,
                               const DistanceGradient& gradient) {
  if (panel.width == wide_panel)
    return gradient_columns<wide_panel / n_lanes>(panel, weight_gradient, gradient);
  return gradient_columns<narrow_panel / n_lanes>(panel, weight_gradient, gradient);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(weight_kernel);
HWY_EXPORT(distance_gradient_kernel);

void weight_panel(const DistancePanel& panel, float* weights) {
  HWY_DYNAMIC_DISPATCH(weight_kernel)(panel, weights);
}

float distance_gradient_panel(const DistancePanel& panel, const float* weight_gradient,
                              const DistanceGradient& gradient) {
  return HWY_DYNAMIC_DISPATCH(distance_gradient_kernel)(panel, weight_gradient, gradient);
}

}  // namespace loci::learning
#endif
