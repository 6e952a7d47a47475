#include "learning/lif_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/lif_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

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

template <Surrogate kSurrogate>
HWY_INLINE V surrogate_derivative(V x, float slope) {
  const D d;
  const V k = hn::Set(d, slope);
  const V one = hn::Set(d, 1.0F);
  if constexpr (kSurrogate == Surrogate::atan) {
    const V scaled = hn::Mul(x, hn::Set(d, slope * (std::numbers::pi_v<float> / 2)));
    return hn::Mul(hn::Set(d, slope / 2), reciprocal(hn::MulAdd(scaled, scaled, one)));
  } else if constexpr (kSurrogate == Surrogate::fast_sigmoid) {
    const V inverse = reciprocal(hn::MulAdd(k, hn::Abs(x), one));
    return hn::Mul(inverse, inverse);
  } else if constexpr (kSurrogate == Surrogate::sigmoid) {
    // Even in x, and exp of a negative number cannot overflow.
    const V e = hn::Exp(d, hn::Neg(hn::Mul(k, hn::Abs(x))));
    const V inverse = reciprocal(hn::Add(one, e));
    return hn::Mul(hn::Mul(k, e), hn::Mul(inverse, inverse));
  } else if constexpr (kSurrogate == Surrogate::triangular) {
    return hn::Max(hn::Zero(d), hn::NegMulAdd(k, hn::Abs(x), one));
  } else {
    return one;
  }
}

HWY_INLINE void store_spikes(M spikes, std::size_t v, std::uint16_t* words) {
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
void constant_forward_default(const LifKernel& lif, const ConstantDrive& drive, std::uint16_t* words,
                              std::size_t word_stride) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  V membrane[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) membrane[v] = hn::Load(d, drive.membrane + v * n_lanes);
  for (std::size_t t = 0; t < drive.n_steps; ++t) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      membrane[v] = default_step(beta, threshold, membrane[v], hn::Load(d, drive.currents + v * n_lanes));
      store_spikes(hn::Gt(membrane[v], threshold), v, words + t * word_stride);
    }
  }
  for (std::size_t v = 0; v < kVectors; ++v) hn::Store(membrane[v], d, drive.membrane + v * n_lanes);
  float sensitivity = drive.sensitivity[0];
  for (std::size_t t = 0; t < drive.n_steps; ++t) sensitivity = 1.0F + lif.beta * sensitivity;
  for (std::size_t j = 0; j < drive.width; ++j) drive.sensitivity[j] = sensitivity;
}

template <std::size_t kVectors>
void constant_forward_general(const LifKernel& lif, const ConstantDrive& drive, std::uint16_t* words,
                              std::size_t word_stride) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V current = hn::Load(d, drive.currents + v * n_lanes);
    V membrane = hn::Load(d, drive.membrane + v * n_lanes);
    V sensitivity = hn::Load(d, drive.sensitivity + v * n_lanes);
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      const Step step = general_step(lif, membrane, current);
      store_spikes(hn::Gt(step.compared, threshold), v, words + t * word_stride);
      const V grown = hn::MulAdd(hn::Mul(hn::Set(d, lif.beta), step.gate), sensitivity, hn::Set(d, 1.0F));
      sensitivity = hn::Mul(grown, step.through);
      membrane = step.reported;
    }
    hn::Store(membrane, d, drive.membrane + v * n_lanes);
    hn::Store(sensitivity, d, drive.sensitivity + v * n_lanes);
  }
}

template <std::size_t kVectors, Surrogate kSurrogate>
void constant_backward_default(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                               float* current_gradient) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  // Four vectors at a time: enough chains to hide latency, few enough for the registers.
  constexpr std::size_t n_chains = kVectors < 4 ? kVectors : 4;
  for (std::size_t first = 0; first < kVectors; first += n_chains) {
    V membrane[n_chains];
    V sums[n_chains];
    for (std::size_t c = 0; c < n_chains; ++c) {
      membrane[c] = hn::Load(d, drive.membrane + (first + c) * n_lanes);
      sums[c] = hn::Zero(d);
    }
    float sensitivity = drive.sensitivity[0];
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      sensitivity = 1.0F + lif.beta * sensitivity;
      const V weight = hn::Set(d, sensitivity);
      for (std::size_t c = 0; c < n_chains; ++c) {
        const std::size_t at = (first + c) * n_lanes;
        membrane[c] = default_step(beta, threshold, membrane[c], hn::Load(d, drive.currents + at));
        const V slope = surrogate_derivative<kSurrogate>(hn::Sub(membrane[c], threshold), lif.slope);
        const V arriving = hn::Mul(weight, hn::Load(d, spike_gradient + t * drive.width + at));
        sums[c] = hn::MulAdd(slope, arriving, sums[c]);
      }
    }
    for (std::size_t c = 0; c < n_chains; ++c) {
      float* out = current_gradient + (first + c) * n_lanes;
      hn::Store(hn::Add(hn::Load(d, out), sums[c]), d, out);
    }
  }
}

template <std::size_t kVectors, Surrogate kSurrogate>
void constant_backward_general(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                               float* current_gradient) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  for (std::size_t v = 0; v < kVectors; ++v) {
    const V current = hn::Load(d, drive.currents + v * n_lanes);
    V membrane = hn::Load(d, drive.membrane + v * n_lanes);
    V sensitivity = hn::Load(d, drive.sensitivity + v * n_lanes);
    V sum = hn::Load(d, current_gradient + v * n_lanes);
    for (std::size_t t = 0; t < drive.n_steps; ++t) {
      const Step step = general_step(lif, membrane, current);
      const V grown = hn::MulAdd(hn::Mul(hn::Set(d, lif.beta), step.gate), sensitivity, hn::Set(d, 1.0F));
      const V slope = surrogate_derivative<kSurrogate>(hn::Sub(step.compared, threshold), lif.slope);
      const V arriving = hn::Load(d, spike_gradient + t * drive.width + v * n_lanes);
      sum = hn::MulAdd(hn::Mul(slope, grown), arriving, sum);
      sensitivity = hn::Mul(grown, step.through);
      membrane = step.reported;
    }
    hn::Store(sum, d, current_gradient + v * n_lanes);
  }
}

template <std::size_t kVectors>
void spiking_forward(const LifKernel& lif, const SpikeDrive& drive, float* membranes, float* compared,
                     float* reported, std::uint16_t* words, std::size_t word_stride) {
  const D d;
  const V beta = hn::Set(d, lif.beta);
  const V threshold = hn::Set(d, lif.threshold);
  const bool is_default = lif.is_default();
  for (std::size_t t = 0; t < drive.n_steps; ++t) {
    V current[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) current[v] = hn::Load(d, drive.bias + v * n_lanes);
    for (const std::uint32_t neuron : drive.spikes->at(drive.first_step + t)) {
      const float* row = drive.weights + neuron * (kVectors * n_lanes);
      for (std::size_t v = 0; v < kVectors; ++v)
        current[v] = hn::Add(current[v], hn::Load(d, row + v * n_lanes));
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V membrane = hn::Load(d, membranes + v * n_lanes);
      Step step;
      if (is_default)
        step.compared = step.reported = default_step(beta, threshold, membrane, current[v]);
      else
        step = general_step(lif, membrane, current[v]);
      hn::Store(step.compared, d, compared + t * drive.stride + v * n_lanes);
      hn::Store(step.reported, d, reported + t * drive.stride + v * n_lanes);
      hn::Store(step.reported, d, membranes + v * n_lanes);
      store_spikes(hn::Gt(step.compared, threshold), v, words + t * word_stride);
    }
  }
}

template <std::size_t kVectors, Surrogate kSurrogate>
void spiking_backward(const LifKernel& lif, const SpikeBackward& segment) {
  const D d;
  const V threshold = hn::Set(d, lif.threshold);
  const V one = hn::Set(d, 1.0F);
  const V beta = hn::Set(d, lif.beta);
  for (std::size_t v = 0; v < kVectors; ++v) {
    V carried = hn::Load(d, segment.carried + v * n_lanes);
    for (std::size_t t = segment.n_steps; t-- > 0;) {
      const std::size_t at = t * segment.stride + v * n_lanes;
      const V compared = hn::Load(d, segment.compared + at);
      if (segment.membrane_gradient != nullptr)
        carried = hn::Add(carried, hn::Load(d, segment.membrane_gradient + at));
      M resets = hn::Gt(threshold, threshold);
      if (lif.reset == Reset::zero) {
        const float* before = t == 0 ? segment.initial + v * n_lanes : segment.reported + at - segment.stride;
        resets = hn::Gt(hn::Load(d, before), threshold);
        if (!lif.reset_delay) {
          const M fires = hn::Gt(compared, threshold);
          const V due = hn::Sub(hn::IfThenElseZero(fires, one), hn::IfThenElseZero(resets, one));
          carried = hn::Mul(carried, hn::Sub(one, due));
        }
      }
      const V slope = surrogate_derivative<kSurrogate>(hn::Sub(compared, threshold), lif.slope);
      const V delta =
          hn::MulAdd(slope, hn::Load(d, segment.spike_gradient + t * segment.width + v * n_lanes), carried);
      hn::Store(delta, d, segment.deltas + at);
      carried = hn::IfThenZeroElse(resets, hn::Mul(beta, delta));
    }
    hn::Store(carried, d, segment.carried + v * n_lanes);
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
void constant_backward(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                       float* gradient) {
  with_surrogate(lif.surrogate, [&](auto surrogate) {
    if (lif.is_default())
      constant_backward_default<kVectors, surrogate()>(lif, drive, spike_gradient, gradient);
    else
      constant_backward_general<kVectors, surrogate()>(lif, drive, spike_gradient, gradient);
  });
}

void constant_forward_kernel(const LifKernel& lif, const ConstantDrive& drive, std::uint16_t* words,
                             std::size_t word_stride) {
  const bool wide = drive.width == wide_panel;
  if (lif.is_default())
    wide ? constant_forward_default<wide_panel / n_lanes>(lif, drive, words, word_stride)
         : constant_forward_default<narrow_panel / n_lanes>(lif, drive, words, word_stride);
  else
    wide ? constant_forward_general<wide_panel / n_lanes>(lif, drive, words, word_stride)
         : constant_forward_general<narrow_panel / n_lanes>(lif, drive, words, word_stride);
}

void constant_backward_kernel(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                              float* gradient) {
  if (drive.width == wide_panel)
    constant_backward<wide_panel / n_lanes>(lif, drive, spike_gradient, gradient);
  else
    constant_backward<narrow_panel / n_lanes>(lif, drive, spike_gradient, gradient);
}

void spiking_forward_kernel(const LifKernel& lif, const SpikeDrive& drive, float* membrane, float* compared,
                            float* reported, std::uint16_t* words, std::size_t word_stride) {
  if (drive.width == wide_panel)
    spiking_forward<wide_panel / n_lanes>(lif, drive, membrane, compared, reported, words, word_stride);
  else
    spiking_forward<narrow_panel / n_lanes>(lif, drive, membrane, compared, reported, words, word_stride);
}

void spiking_backward_kernel(const LifKernel& lif, const SpikeBackward& segment) {
  with_surrogate(lif.surrogate, [&](auto surrogate) {
    if (segment.width == wide_panel)
      spiking_backward<wide_panel / n_lanes, surrogate()>(lif, segment);
    else
      spiking_backward<narrow_panel / n_lanes, surrogate()>(lif, segment);
  });
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(constant_forward_kernel);
HWY_EXPORT(constant_backward_kernel);
HWY_EXPORT(spiking_forward_kernel);
HWY_EXPORT(spiking_backward_kernel);

LifKernel lif_kernel(const sim::Lif& lif, const Objective& objective) {
  return {static_cast<float>(lif.beta), static_cast<float>(lif.threshold),  lif.reset, lif.reset_delay,
          objective.surrogate,          static_cast<float>(objective.slope)};
}

void lif_constant_forward(const LifKernel& lif, const ConstantDrive& drive, std::uint16_t* words,
                          std::size_t word_stride) {
  HWY_DYNAMIC_DISPATCH(constant_forward_kernel)(lif, drive, words, word_stride);
}

void lif_constant_backward(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                           float* current_gradient) {
  HWY_DYNAMIC_DISPATCH(constant_backward_kernel)(lif, drive, spike_gradient, current_gradient);
}

void lif_spiking_forward(const LifKernel& lif, const SpikeDrive& drive, float* membrane, float* compared,
                         float* reported, std::uint16_t* words, std::size_t word_stride) {
  HWY_DYNAMIC_DISPATCH(spiking_forward_kernel)(lif, drive, membrane, compared, reported, words, word_stride);
}

void lif_spiking_backward(const LifKernel& lif, const SpikeBackward& segment) {
  HWY_DYNAMIC_DISPATCH(spiking_backward_kernel)(lif, segment);
}

}  // namespace loci::learning
#endif
