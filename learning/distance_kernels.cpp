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
using M = hn::Mask<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

// 1 / sqrt(x). The hardware's estimate (relative error below 1.5 x 2^-12) and one Newton step leave an error
// below 2^-21.
HWY_INLINE V inverse_root(V x) {
  const D d;
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  return hn::Div(hn::Set(d, 1.0F), hn::Sqrt(x));
#else
  const V estimate = hn::ApproximateReciprocalSqrt(x);
  const V half = hn::Mul(hn::Mul(x, estimate), hn::Mul(estimate, hn::Set(d, 0.5F)));
  return hn::Mul(estimate, hn::Sub(hn::Set(d, 1.5F), half));
#endif
}

template <std::size_t kVectors>
HWY_INLINE void squared_distances(const DistanceTile& tile, std::size_t row, V (&squared)[kVectors]) {
  const D d;
  for (auto& value : squared) value = hn::Set(d, tile.base);
  for (std::size_t k = 0; k < tile.n_coordinates; ++k) {
    const V here = hn::Set(d, tile.row_positions[row * tile.n_coordinates + k]);
    const float* lanes = tile.lane_positions + k * tile.width;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V difference = hn::Sub(here, hn::Load(d, lanes + v * n_lanes));
      squared[v] = hn::MulAdd(difference, difference, squared[v]);
    }
  }
}

HWY_INLINE V at_least(V squared) {
  return hn::Max(squared, hn::Set(D(), static_cast<float>(sim::least_squared_distance)));
}

// A presynaptic neuron's value: of the row, or lane by lane.
template <bool kTransposed>
HWY_INLINE V of_pre(const float* values, std::size_t row, std::size_t v) {
  const D d;
  return kTransposed ? hn::Load(d, values + v * n_lanes) : hn::Set(d, values[row]);
}

// Which lanes of a presynaptic row are edges.
HWY_INLINE M edges_of(const DistanceTile& tile, std::size_t row, V squared) {
  const D d;
  const M within = hn::Le(squared, hn::Set(d, tile.reach[row]));
  if (tile.threshold == 0.0F) return within;
  V weight = hn::Mul(hn::Set(d, tile.factor[row]), inverse_root(at_least(squared)));
  if (tile.mean != nullptr) weight = hn::Sub(weight, hn::Set(d, tile.mean[row]));
  return hn::And(within, hn::Gt(hn::Abs(weight), hn::Set(d, tile.threshold)));
}

template <std::size_t kVectors, bool kTransposed, bool kCulled>
void weight_columns(const DistanceTile& tile, float* weights) {
  const D d;
  const bool balanced = tile.mean != nullptr;
  for (std::size_t row = 0; row < tile.n_rows; ++row) {
    V squared[kVectors];
    squared_distances(tile, row, squared);
    for (std::size_t v = 0; v < kVectors; ++v) {
      V weight = hn::Mul(of_pre<kTransposed>(tile.factor, row, v), inverse_root(at_least(squared[v])));
      if (balanced) weight = hn::Sub(weight, of_pre<kTransposed>(tile.mean, row, v));
      if constexpr (kCulled) {
        const V threshold = hn::Set(d, tile.threshold);
        weight = hn::Sub(weight, hn::Clamp(weight, hn::Neg(threshold), threshold));
        weight = hn::IfThenElseZero(hn::Le(squared[v], of_pre<kTransposed>(tile.reach, row, v)), weight);
      }
      hn::Store(weight, d, weights + row * tile.width + v * n_lanes);
    }
  }
}

template <std::size_t kVectors>
void row_sum_columns(const DistanceTile& tile, float* sums, float* counts) {
  const D d;
  const V one = hn::Set(d, 1.0F);
  for (std::size_t row = 0; row < tile.n_rows; ++row) {
    V squared[kVectors];
    squared_distances(tile, row, squared);
    V sum = hn::Zero(d);
    V count = hn::Zero(d);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const M edge =
          tile.reach == nullptr ? hn::Eq(one, one) : hn::Le(squared[v], hn::Set(d, tile.reach[row]));
      sum = hn::Add(sum, hn::IfThenElseZero(edge, inverse_root(at_least(squared[v]))));
      count = hn::Add(count, hn::IfThenElseZero(edge, one));
    }
    sums[row] += tile.factor[row] * hn::GetLane(hn::SumOfLanes(d, sum));
    counts[row] += hn::GetLane(hn::SumOfLanes(d, count));
  }
}

// What multiplies an edge: the gradient of each weight, or one value per row in the lanes that exist, in
// those within reach whatever the threshold.
struct EachWeight {
  static constexpr bool of_edges = true;
  const float* gradient;
  HWY_INLINE V at(const DistanceTile& tile, std::size_t row, std::size_t v) const {
    return hn::Load(D(), gradient + row * tile.width + v * n_lanes);
  }
};
struct EachRow {
  static constexpr bool of_edges = false;
  const float* gradient;
  std::size_t n_filled;
  HWY_INLINE V at(const DistanceTile& /*tile*/, std::size_t row, std::size_t v) const {
    const D d;
    const std::size_t left = n_filled > v * n_lanes ? n_filled - v * n_lanes : 0;
    return hn::IfThenElseZero(hn::FirstN(d, left), hn::Set(d, gradient[row]));
  }
};

template <std::size_t kVectors, bool kCulled, typename Source>
float gradient_columns(const DistanceTile& tile, const Source& source, const DistanceGradient& gradient) {
  const D d;
  const V least = hn::Set(d, static_cast<float>(sim::least_squared_distance));
  V sum_t = hn::Zero(d);
  for (std::size_t row = 0; row < tile.n_rows; ++row) {
    V t[kVectors];
    squared_distances(tile, row, t);
    const V minus_factor = hn::Set(d, -tile.factor[row]);
    V mask_gradient = hn::Zero(d);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V squared = t[v];
      const V inverse = inverse_root(hn::Max(squared, least));
      V scaled = hn::Mul(source.at(tile, row, v), inverse);
      if constexpr (kCulled)
        scaled = hn::IfThenElseZero(
            Source::of_edges ? edges_of(tile, row, squared) : hn::Le(squared, hn::Set(d, tile.reach[row])),
            scaled);
      mask_gradient = hn::Add(mask_gradient, scaled);
      const V pull = hn::Mul(hn::Mul(scaled, minus_factor), hn::Mul(inverse, inverse));
      t[v] = hn::IfThenElseZero(hn::Gt(squared, least), pull);
      sum_t = hn::Add(sum_t, t[v]);
    }
    gradient.mask[row] += hn::GetLane(hn::SumOfLanes(d, mask_gradient));
    for (std::size_t k = 0; k < tile.n_coordinates; ++k) {
      const V here = hn::Set(d, tile.row_positions[row * tile.n_coordinates + k]);
      V pre_gradient = hn::Zero(d);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const std::size_t at = k * tile.width + v * n_lanes;
        const V difference = hn::Sub(here, hn::Load(d, tile.lane_positions + at));
        pre_gradient = hn::MulAdd(t[v], difference, pre_gradient);
        hn::Store(hn::NegMulAdd(t[v], difference, hn::Load(d, gradient.post + at)), d, gradient.post + at);
      }
      gradient.pre[row * tile.n_coordinates + k] += hn::GetLane(hn::SumOfLanes(d, pre_gradient));
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, sum_t));
}

template <std::size_t kVectors>
void gradient_sum_columns(const DistanceTile& tile, const float* weight_gradient, float* sums) {
  const D d;
  for (std::size_t row = 0; row < tile.n_rows; ++row) {
    V squared[kVectors];
    if (tile.reach != nullptr) squared_distances(tile, row, squared);
    V sum = hn::Zero(d);
    for (std::size_t v = 0; v < kVectors; ++v) {
      V value = hn::Load(d, weight_gradient + row * tile.width + v * n_lanes);
      if (tile.reach != nullptr) value = hn::IfThenElseZero(edges_of(tile, row, squared[v]), value);
      sum = hn::Add(sum, value);
    }
    sums[row] += hn::GetLane(hn::SumOfLanes(d, sum));
  }
}

constexpr std::size_t wide = wide_panel / n_lanes;
constexpr std::size_t narrow = narrow_panel / n_lanes;

template <bool kTransposed>
void any_weight_kernel(const DistanceTile& tile, float* weights) {
  const bool culled = tile.reach != nullptr;
  if (tile.width == wide_panel)
    culled ? weight_columns<wide, kTransposed, true>(tile, weights)
           : weight_columns<wide, kTransposed, false>(tile, weights);
  else
    culled ? weight_columns<narrow, kTransposed, true>(tile, weights)
           : weight_columns<narrow, kTransposed, false>(tile, weights);
}

void weight_kernel(const DistanceTile& tile, float* weights) {
  any_weight_kernel<false>(tile, weights);
}

void transposed_weight_kernel(const DistanceTile& tile, float* weights) {
  any_weight_kernel<true>(tile, weights);
}

void row_sum_kernel(const DistanceTile& tile, float* sums, float* counts) {
  tile.width == wide_panel ? row_sum_columns<wide>(tile, sums, counts)
                           : row_sum_columns<narrow>(tile, sums, counts);
}

template <typename Source>
float any_gradient_kernel(const DistanceTile& tile, const Source& source, const DistanceGradient& gradient) {
  const bool culled = tile.reach != nullptr;
  if (tile.width == wide_panel)
    return culled ? gradient_columns<wide, true>(tile, source, gradient)
                  : gradient_columns<wide, false>(tile, source, gradient);
  return culled ? gradient_columns<narrow, true>(tile, source, gradient)
                : gradient_columns<narrow, false>(tile, source, gradient);
}

float distance_gradient_kernel(const DistanceTile& tile, const float* weight_gradient,
                               const DistanceGradient& gradient) {
  return any_gradient_kernel(tile, EachWeight{weight_gradient}, gradient);
}

float row_gradient_kernel(const DistanceTile& tile, const float* row_gradient, std::size_t n_filled,
                          const DistanceGradient& gradient) {
  return any_gradient_kernel(tile, EachRow{row_gradient, n_filled}, gradient);
}

void gradient_sum_kernel(const DistanceTile& tile, const float* weight_gradient, float* sums) {
  tile.width == wide_panel ? gradient_sum_columns<wide>(tile, weight_gradient, sums)
                           : gradient_sum_columns<narrow>(tile, weight_gradient, sums);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(weight_kernel);
HWY_EXPORT(transposed_weight_kernel);
HWY_EXPORT(row_sum_kernel);
HWY_EXPORT(distance_gradient_kernel);
HWY_EXPORT(row_gradient_kernel);
HWY_EXPORT(gradient_sum_kernel);

void weight_tile(const DistanceTile& tile, float* weights) {
  HWY_DYNAMIC_DISPATCH(weight_kernel)(tile, weights);
}

void transposed_weight_tile(const DistanceTile& tile, float* weights) {
  HWY_DYNAMIC_DISPATCH(transposed_weight_kernel)(tile, weights);
}

void weight_row_sums(const DistanceTile& tile, float* sums, float* counts) {
  HWY_DYNAMIC_DISPATCH(row_sum_kernel)(tile, sums, counts);
}

float distance_gradient_tile(const DistanceTile& tile, const float* weight_gradient,
                             const DistanceGradient& gradient) {
  return HWY_DYNAMIC_DISPATCH(distance_gradient_kernel)(tile, weight_gradient, gradient);
}

float row_gradient_tile(const DistanceTile& tile, const float* row_gradient, std::size_t n_lanes,
                        const DistanceGradient& gradient) {
  return HWY_DYNAMIC_DISPATCH(row_gradient_kernel)(tile, row_gradient, n_lanes, gradient);
}

void gradient_row_sums(const DistanceTile& tile, const float* weight_gradient, float* sums) {
  HWY_DYNAMIC_DISPATCH(gradient_sum_kernel)(tile, weight_gradient, sums);
}

}  // namespace loci::learning
#endif
