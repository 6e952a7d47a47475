#include "learning/lif_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/lif_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <numbers>

#include "learning/panels.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;
using sim::Reset;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

// 1/x by the hardware's estimate and one Newton step: relative error below 2^-21, bounded in the tests.
HWY_INLINE V reciprocal(V x) {
  const D d;
  const V estimate = hn::ApproximateReciprocal(x);
  return hn::Mul(estimate, hn::NegMulAdd(x, estimate, hn::Set(d, 2.0F)));
}

// dS/dU is amplitude * shape(U): what does not depend on U leaves the loops.
template <Surrogate kSurrogate>
struct Derivative {
  explicit Derivative(const LifKernel& lif) {
    const D d;
    const float k = lif.slope;
    slope = hn::Set(d, k);
    threshold = hn::Set(d, lif.threshold);
    if constexpr (kSurrogate == Surrogate::atan) {
      slope = hn::Set(d, k * (std::numbers::pi_v<float> / 2));
      amplitude = hn::Set(d, k / 2);
      offset = hn::Neg(hn::Mul(threshold, slope));
    } else if constexpr (kSurrogate == Surrogate::sigmoid) {
      amplitude = slope;
    } else {
      amplitude = hn::Set(d, 1.0F);
    }
  }

  HWY_INLINE V shape(V membrane) const {
    const D d;
    const V one = hn::Set(d, 1.0F);
    [[maybe_unused]] const V x = hn::Sub(membrane, threshold);
    if constexpr (kSurrogate == Surrogate::atan) {
      const V scaled = hn::MulAdd(membrane, slope, offset);
      return reciprocal(hn::MulAdd(scaled, scaled, one));
    } else if constexpr (kSurrogate == Surrogate::fast_sigmoid) {
      const V inverse = reciprocal(hn::MulAdd(slope, hn::Abs(x), one));
      return hn::Mul(inverse, inverse);
    } else if constexpr (kSurrogate == Surrogate::sigmoid) {
      // Even in x, and exp of a negative number cannot overflow.
      const V e = hn::Exp(d, hn::Neg(hn::Mul(slope, hn::Abs(x))));
      const V inverse = reciprocal(hn::Add(one, e));
      return hn::Mul(e, hn::Mul(inverse, inverse));
    } else if constexpr (kSurrogate == Surrogate::triangular) {
      return hn::Max(hn::Zero(d), hn::NegMulAdd(slope, hn::Abs(x), one));
    } else {
      return one;
    }
  }

  V slope;
  V threshold;
  V amplitude;
  V offset;
};

HWY_INLINE void store_spikes(M spikes, std::size_t v, std::uint64_t* words) {
  const D d;
  auto* bytes = reinterpret_cast<std::uint8_t*>(words);
  if constexpr (n_lanes >= 8) {
    hn::StoreMaskBits(d, spikes, bytes + v * n_lanes / 8);
  } else {
    std::uint8_t bits[8];
    hn::StoreMaskBits(d, spikes, bits);
    const std::size_t shift = v * n_lanes % 8;
    std::uint8_t& byte = bytes[v * n_lanes / 8];
    byte = static_cast<std::uint8_t>(shift == 0 ? bits[0] : byte | (bits[0] << shift));
  }
}

struct Step {
  V compared;  // against the threshold
  V reported;  // after a reset within the step
  V gate;      // d compared / d (beta U[t-1]): 0 where the zero reset cleared it
  V through;   // d reported / d compared
};

// Any reset mechanism, exactly as snnTorch orders its operations.
HWY_INLINE Step general_step(const LifKernel& lif, V membrane, V current) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  const V one = hn::Set(d, 1.0F);
  const M resets = hn::Gt(membrane, threshold);
  Step step;
  step.gate = lif.reset == Reset::zero ? hn::IfThenZeroElse(resets, one) : one;
  step.through = one;
  step.compared = hn::MulAdd(hn::Mul(hn::Set(d, lif.beta), step.gate), membrane, current);
  if (lif.reset == Reset::subtract)
    step.compared = hn::Sub(step.compared, hn::IfThenElseZero(resets, threshold));
  step.reported = step.compared;
  if (lif.reset_delay || lif.reset == Reset::none) return step;
  const M fires = hn::Gt(step.compared, threshold);
  const V due = hn::Sub(hn::IfThenElseZero(fires, one), hn::IfThenElseZero(resets, one));
  if (lif.reset == Reset::subtract) {
    step.reported = hn::NegMulAdd(due, threshold, step.compared);
  } else {
    step.through = hn::Sub(one, due);
    step.reported = hn::Mul(step.compared, step.through);
  }
  return step;
}

HWY_INLINE V default_step(V beta, V threshold, V membrane, V current) {
  return hn::Sub(hn::MulAdd(beta, membrane, current),
                 hn::IfThenElseZero(hn::Gt(membrane, threshold), threshold));
}

template <std::size_t kVectors>
void constant_forward_default(const LifKernel& lif, const ConstantDrive& drive, std::uint64_t* words) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  V membrane[kVectors];
  for (auto& value : membrane) value = hn::Zero(d);
  for (std::size_t t = 0; t < drive.n_steps; ++t) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      membrane[v] = default_step(beta, threshold, membrane[v], hn::Load(d, drive.currents + v * n_lanes));
      store_spikes(hn::Gt(membrane[v], threshold), v, words + t);
    }
  }
}

template <std::size_t kVectors>
void constant_forward_general(const LifKernel& lif, const ConstantDrive& drive, std::uint64_t* words) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V current = hn::Load(d, drive.currents + v * n_lanes);
    V membrane = hn::Zero(d);
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      const Step step = general_step(lif, membrane, current);
      store_spikes(hn::Gt(step.compared, threshold), v, words + t);
      membrane = step.reported;
    }
  }
}

template <std::size_t kVectors, Surrogate kSurrogate>
void sensitivities_default(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  const Derivative<kSurrogate> derivative(lif);
  // Four vectors at a time: enough chains to hide latency, few enough for the registers.
  constexpr std::size_t n_chains = kVectors < 4 ? kVectors : 4;
  for (std::size_t first = 0; first < kVectors; first += n_chains) {
    V membrane[n_chains];
    for (auto& value : membrane) value = hn::Zero(d);
    V growth = hn::Zero(d);
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      growth = hn::MulAdd(beta, growth, derivative.amplitude);
      for (std::size_t c = 0; c < n_chains; ++c) {
        const std::size_t at = (first + c) * n_lanes;
        membrane[c] = default_step(beta, threshold, membrane[c], hn::Load(d, drive.currents + at));
        hn::Store(hn::Mul(growth, derivative.shape(membrane[c])), d, sensitivities + t * drive.width + at);
      }
    }
  }
}

template <std::size_t kVectors, Surrogate kSurrogate>
void sensitivities_general(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities) {
  const D d;
  const Derivative<kSurrogate> derivative(lif);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V current = hn::Load(d, drive.currents + v * n_lanes);
    V membrane = hn::Zero(d);
    V growth = hn::Zero(d);
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      const Step step = general_step(lif, membrane, current);
      growth = hn::MulAdd(hn::Mul(hn::Set(d, lif.beta), step.gate), growth, hn::Set(d, 1.0F));
      const V slope = hn::Mul(derivative.amplitude, derivative.shape(step.compared));
      hn::Store(hn::Mul(slope, growth), d, sensitivities + t * drive.width + v * n_lanes);
      growth = hn::Mul(growth, step.through);
      membrane = step.reported;
    }
  }
}

template <std::size_t kVectors, bool kDefault>
void forward_columns(const LifKernel& lif, const ChangingDrive& drive, float* compared, float* reported,
                     std::uint64_t* words) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  V membrane[kVectors];
  for (auto& value : membrane) value = hn::Zero(d);
  for (std::size_t t = 0; t < drive.n_steps; ++t) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t at = t * drive.width + v * n_lanes;
      V current = hn::Load(d, drive.base + v * n_lanes);
      if (drive.steps != nullptr) current = hn::Add(current, hn::Load(d, drive.steps + at));
      Step step;
      if constexpr (kDefault)
        step.compared = step.reported = default_step(beta, threshold, membrane[v], current);
      else
        step = general_step(lif, membrane[v], current);
      membrane[v] = step.reported;
      if constexpr (!kDefault) hn::Store(step.reported, d, reported + at);
      hn::Store(step.compared, d, compared + at);
      store_spikes(hn::Gt(step.compared, threshold), v, words + t);
    }
  }
}

// dL/dU carried from the step after, before the spike's part is added, and where the zero reset cut it off.
struct Carried {
  V gradient;
  M resets;
};
HWY_INLINE Carried through_reset(const LifKernel& lif, const LifTrajectory& trajectory, std::size_t t,
                                 std::size_t at, V compared, V carried) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  const V one = hn::Set(d, 1.0F);
  M resets = hn::Gt(threshold, threshold);
  if (trajectory.membrane_gradient != nullptr)
    carried = hn::Add(carried, hn::Load(d, trajectory.membrane_gradient + at));
  if (lif.reset == Reset::zero && t > 0)
    resets = hn::Gt(hn::Load(d, trajectory.reported + at - trajectory.width), threshold);
  if (lif.reset == Reset::zero && !lif.reset_delay) {
    const M fires = hn::Gt(compared, threshold);
    const V due = hn::Sub(hn::IfThenElseZero(fires, one), hn::IfThenElseZero(resets, one));
    carried = hn::Mul(carried, hn::Sub(one, due));
  }
  return {carried, resets};
}

// kPlain: no gradient of the membrane, no zero reset.
template <std::size_t kVectors, Surrogate kSurrogate, bool kPlain>
void backward_columns(const LifKernel& lif, const LifTrajectory& trajectory) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const Derivative<kSurrogate> derivative(lif);
  constexpr std::size_t n_chains = kVectors < 4 ? kVectors : 4;
  for (std::size_t first = 0; first < kVectors; first += n_chains) {
    V carried[n_chains];
    for (auto& value : carried) value = hn::Zero(d);
    for (std::size_t t = trajectory.n_steps; t-- > 0;) {
      for (std::size_t c = 0; c < n_chains; ++c) {
        const std::size_t at = t * trajectory.width + (first + c) * n_lanes;
        const V compared = hn::Load(d, trajectory.compared + at);
        Carried later{carried[c], hn::Gt(compared, compared)};
        if constexpr (!kPlain) later = through_reset(lif, trajectory, t, at, compared, carried[c]);
        const V slope = hn::Mul(derivative.amplitude, derivative.shape(compared));
        const V delta = hn::MulAdd(slope, hn::Load(d, trajectory.spike_gradient + at), later.gradient);
        hn::Store(delta, d, trajectory.deltas + at);
        carried[c] = hn::Mul(beta, delta);
        if constexpr (!kPlain) carried[c] = hn::IfThenZeroElse(later.resets, carried[c]);
      }
    }
  }
}

// Calls f with the surrogate as a compile-time constant.
template <typename F>
void with_surrogate(Surrogate surrogate, F f) {
  switch (surrogate) {
    case Surrogate::atan:
      return f(std::integral_constant<Surrogate, Surrogate::atan>());
    case Surrogate::fast_sigmoid:
      return f(std::integral_constant<Surrogate, Surrogate::fast_sigmoid>());
    case Surrogate::sigmoid:
      return f(std::integral_constant<Surrogate, Surrogate::sigmoid>());
    case Surrogate::triangular:
      return f(std::integral_constant<Surrogate, Surrogate::triangular>());
    case Surrogate::straight_through:
      return f(std::integral_constant<Surrogate, Surrogate::straight_through>());
  }
}

template <std::size_t kVectors>
void sensitivities_columns(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities) {
  with_surrogate(lif.surrogate, [&](auto surrogate) {
    if (lif.is_default())
      sensitivities_default<kVectors, surrogate()>(lif, drive, sensitivities);
    else
      sensitivities_general<kVectors, surrogate()>(lif, drive, sensitivities);
  });
}

constexpr std::size_t wide = wide_panel / n_lanes;
constexpr std::size_t narrow = narrow_panel / n_lanes;

void constant_forward_kernel(const LifKernel& lif, const ConstantDrive& drive, std::uint64_t* words) {
  const bool is_wide = drive.width == wide_panel;
  if (!is_wide) std::fill_n(words, drive.n_steps, 0);
  if (lif.is_default())
    is_wide ? constant_forward_default<wide>(lif, drive, words)
            : constant_forward_default<narrow>(lif, drive, words);
  else
    is_wide ? constant_forward_general<wide>(lif, drive, words)
            : constant_forward_general<narrow>(lif, drive, words);
}

void sensitivities_kernel(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities) {
  drive.width == wide_panel ? sensitivities_columns<wide>(lif, drive, sensitivities)
                            : sensitivities_columns<narrow>(lif, drive, sensitivities);
}

void forward_kernel(const LifKernel& lif, const ChangingDrive& drive, float* compared, float* reported,
                    std::uint64_t* words) {
  const bool is_wide = drive.width == wide_panel;
  if (!is_wide) std::fill_n(words, drive.n_steps, 0);
  if (lif.is_default())
    is_wide ? forward_columns<wide, true>(lif, drive, compared, reported, words)
            : forward_columns<narrow, true>(lif, drive, compared, reported, words);
  else
    is_wide ? forward_columns<wide, false>(lif, drive, compared, reported, words)
            : forward_columns<narrow, false>(lif, drive, compared, reported, words);
}

template <std::size_t kVectors>
void backward_any(const LifKernel& lif, const LifTrajectory& trajectory) {
  with_surrogate(lif.surrogate, [&](auto surrogate) {
    if (lif.reset != Reset::zero && trajectory.membrane_gradient == nullptr)
      backward_columns<kVectors, surrogate(), true>(lif, trajectory);
    else
      backward_columns<kVectors, surrogate(), false>(lif, trajectory);
  });
}

void backward_kernel(const LifKernel& lif, const LifTrajectory& trajectory) {
  trajectory.width == wide_panel ? backward_any<wide>(lif, trajectory)
                                 : backward_any<narrow>(lif, trajectory);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(constant_forward_kernel);
HWY_EXPORT(sensitivities_kernel);
HWY_EXPORT(forward_kernel);
HWY_EXPORT(backward_kernel);

LifKernel lif_kernel(const sim::Lif& lif, const Objective& objective) {
  return {static_cast<float>(lif.beta), static_cast<float>(lif.threshold),  lif.reset, lif.reset_delay,
          objective.surrogate,          static_cast<float>(objective.slope)};
}

void lif_constant_forward(const LifKernel& lif, const ConstantDrive& drive, std::uint64_t* words) {
  HWY_DYNAMIC_DISPATCH(constant_forward_kernel)(lif, drive, words);
}

void lif_constant_sensitivities(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities) {
  HWY_DYNAMIC_DISPATCH(sensitivities_kernel)(lif, drive, sensitivities);
}

void lif_forward(const LifKernel& lif, const ChangingDrive& drive, float* compared, float* reported,
                 std::uint64_t* words) {
  HWY_DYNAMIC_DISPATCH(forward_kernel)(lif, drive, compared, reported, words);
}

void lif_backward(const LifKernel& lif, const LifTrajectory& trajectory) {
  HWY_DYNAMIC_DISPATCH(backward_kernel)(lif, trajectory);
}

}  // namespace loci::learning
#endif
