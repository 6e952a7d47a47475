#include "sim/circuit/cell_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/circuit/cell_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <bit>

HWY_BEFORE_NAMESPACE();
namespace loci::sim::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;
using M = hn::Mask<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

// A constant of all neurons stays in a register.
template <bool kUniform>
struct Constant {
  explicit Constant(const double* from) : values(from), value(hn::LoadU(D(), from)) {}
  HWY_INLINE V at(std::size_t place) const { return kUniform ? value : hn::LoadU(D(), values + place); }
  const double* values;
  V value;
};

HWY_INLINE V take(double* arrived, std::size_t at) {
  const D d;
  const V value = hn::LoadU(d, arrived + at);
  hn::StoreU(hn::Zero(d), d, arrived + at);
  return value;
}

HWY_INLINE std::size_t put_spikes(M fired, std::size_t at, std::uint32_t* spikes) {
  HWY_ALIGN std::uint8_t bits[8] = {};
  hn::StoreMaskBits(D(), fired, bits);
  std::size_t n = 0;
  for (unsigned left = bits[0]; left != 0; left &= left - 1)
    spikes[n++] = static_cast<std::uint32_t>(at) + static_cast<std::uint32_t>(std::countr_zero(left));
  return n;
}

enum class Synapse { delta, exponential, adaptive };

template <Synapse kSynapse, bool kUniform>
std::size_t step_kernel(const CellStep& given) {
  const CellStep step = given;  // a copy of its own, which no store can change
  using C = Constant<kUniform>;
  const D d;
  const C keep(step.keep), drive(step.drive), threshold(step.threshold), reset(step.reset);
  const C refractory(step.refractory);
  constexpr bool currents = kSynapse != Synapse::delta;
  constexpr bool adapts = kSynapse == Synapse::adaptive;
  const C from_excitatory(step.from_excitatory), from_inhibitory(step.from_inhibitory);
  const C keep_excitatory(step.keep_excitatory), keep_inhibitory(step.keep_inhibitory);
  const C from_adaptation(step.from_adaptation), keep_adaptation(step.keep_adaptation);
  const C jump(step.adaptation_jump);
  const V now = hn::Set(d, step.now);
  std::size_t n_spikes = 0;
  for (std::size_t at = step.begin; at < step.end; at += n_lanes) {
    const V membrane = hn::LoadU(d, step.membrane + at);
    const V free_from = hn::LoadU(d, step.free_from + at);
    V next = hn::MulAdd(keep.at(at), membrane, drive.at(at));
    V adaptation = hn::Zero(d);
    if constexpr (currents) {
      const V excitatory = hn::LoadU(d, step.excitatory + at);
      const V inhibitory = hn::LoadU(d, step.inhibitory + at);
      next = hn::MulAdd(from_excitatory.at(at), excitatory, next);
      next = hn::MulAdd(from_inhibitory.at(at), inhibitory, next);
      hn::StoreU(hn::MulAdd(keep_excitatory.at(at), excitatory, take(step.arrived, at)), d,
                 step.excitatory + at);
      hn::StoreU(hn::MulAdd(keep_inhibitory.at(at), inhibitory, take(step.arrived_inhibitory, at)), d,
                 step.inhibitory + at);
    } else {
      next = hn::Add(next, take(step.arrived, at));
    }
    if constexpr (adapts) {
      adaptation = hn::LoadU(d, step.adaptation + at);
      next = hn::MulAdd(from_adaptation.at(at), adaptation, next);
      adaptation = hn::Mul(keep_adaptation.at(at), adaptation);
    }
    next = hn::IfThenElse(hn::Ge(now, free_from), next, reset.at(at));
    M fired = hn::And(hn::Ge(next, threshold.at(at)), hn::Ge(now, free_from));
    if (step.end - at < n_lanes) fired = hn::And(fired, hn::FirstN(d, step.end - at));
    if (!hn::AllFalse(d, fired)) {
      next = hn::IfThenElse(fired, reset.at(at), next);
      const V free = hn::Add(hn::Add(now, hn::Set(d, 1.0)), refractory.at(at));
      hn::StoreU(hn::IfThenElse(fired, free, free_from), d, step.free_from + at);
      if constexpr (adapts) adaptation = hn::Add(adaptation, hn::IfThenElseZero(fired, jump.at(at)));
      n_spikes += put_spikes(fired, at, step.spikes + n_spikes);
    }
    hn::StoreU(next, d, step.membrane + at);
    if constexpr (adapts) hn::StoreU(adaptation, d, step.adaptation + at);
  }
  return n_spikes;
}

template <Synapse kSynapse>
std::size_t any_kernel(const CellStep& step) {
  return step.uniform ? step_kernel<kSynapse, true>(step) : step_kernel<kSynapse, false>(step);
}

std::size_t delta_kernel(const CellStep& step) {
  return any_kernel<Synapse::delta>(step);
}
std::size_t exponential_kernel(const CellStep& step) {
  return any_kernel<Synapse::exponential>(step);
}
std::size_t adaptive_kernel(const CellStep& step) {
  return any_kernel<Synapse::adaptive>(step);
}

}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::sim {

HWY_EXPORT(delta_kernel);
HWY_EXPORT(exponential_kernel);
HWY_EXPORT(adaptive_kernel);

std::size_t step_cells(CellModel model, const CellStep& step) {
  switch (model) {
    case CellModel::lif_exp:
      return HWY_DYNAMIC_DISPATCH(exponential_kernel)(step);
    case CellModel::adaptive_lif:
      return HWY_DYNAMIC_DISPATCH(adaptive_kernel)(step);
    default:
      return HWY_DYNAMIC_DISPATCH(delta_kernel)(step);
  }
}

}  // namespace loci::sim
#endif
