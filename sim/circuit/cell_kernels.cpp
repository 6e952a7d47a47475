#include "sim/circuit/cell_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/circuit/cell_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>
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

// A few neurons at a time, whose state stays in registers for all steps. The sums that do not wait for the
// membrane come first.
template <Synapse kSynapse, bool kUniform>
void run_kernel(const CellRun& given) {
  const CellRun run = given;  // a copy of its own, which no store can change
  using C = Constant<kUniform>;
  const D d;
  const C keep(run.keep), drive(run.drive), threshold(run.threshold), reset(run.reset);
  const C refractory(run.refractory);
  constexpr bool currents = kSynapse != Synapse::delta;
  constexpr bool adapts = kSynapse == Synapse::adaptive;
  const C from_excitatory(run.from_excitatory), from_inhibitory(run.from_inhibitory);
  const C keep_excitatory(run.keep_excitatory), keep_inhibitory(run.keep_inhibitory);
  const C from_adaptation(run.from_adaptation), keep_adaptation(run.keep_adaptation);
  const C jump(run.adaptation_jump);
  for (std::size_t at = run.begin; at < run.end; at += n_lanes) {
    const std::size_t from_begin = at - run.begin;
    const M there = hn::FirstN(d, std::min(n_lanes, run.end - at));
    V membrane = hn::LoadU(d, run.membrane + at);
    V free_from = hn::LoadU(d, run.free_from + at);
    V excitatory = hn::Zero(d), inhibitory = hn::Zero(d), adaptation = hn::Zero(d);
    if constexpr (currents) {
      excitatory = hn::LoadU(d, run.excitatory + at);
      inhibitory = hn::LoadU(d, run.inhibitory + at);
    }
    if constexpr (adapts) adaptation = hn::LoadU(d, run.adaptation + at);
    V now = hn::Set(d, run.now);
    for (std::size_t t = 0; t < run.n_steps; ++t) {
      const V arrived = take(run.arriving[t], from_begin);
      V input = drive.at(at);
      if constexpr (currents) {
        const V arrived_inhibitory = take(run.arriving_inhibitory[t], from_begin);
        input = hn::MulAdd(from_excitatory.at(at), excitatory, input);
        input = hn::MulAdd(from_inhibitory.at(at), inhibitory, input);
        excitatory = hn::MulAdd(keep_excitatory.at(at), excitatory, arrived);
        inhibitory = hn::MulAdd(keep_inhibitory.at(at), inhibitory, arrived_inhibitory);
      } else {
        input = hn::Add(input, arrived);
      }
      if constexpr (adapts) {
        input = hn::MulAdd(from_adaptation.at(at), adaptation, input);
        adaptation = hn::Mul(keep_adaptation.at(at), adaptation);
      }
      const M free = hn::Ge(now, free_from);
      membrane = hn::IfThenElse(free, hn::MulAdd(keep.at(at), membrane, input), reset.at(at));
      now = hn::Add(now, hn::Set(d, 1.0));
      const M fired = hn::And(hn::And(hn::Ge(membrane, threshold.at(at)), free), there);
      if (HWY_UNLIKELY(!hn::AllFalse(d, fired))) {
        membrane = hn::IfThenElse(fired, reset.at(at), membrane);
        free_from = hn::IfThenElse(fired, hn::Add(now, refractory.at(at)), free_from);
        if constexpr (adapts) adaptation = hn::Add(adaptation, hn::IfThenElseZero(fired, jump.at(at)));
        run.n_fired[t] += put_spikes(fired, at, run.fired + t * run.fired_stride + run.n_fired[t]);
      }
    }
    hn::StoreU(membrane, d, run.membrane + at);
    hn::StoreU(free_from, d, run.free_from + at);
    if constexpr (currents) {
      hn::StoreU(excitatory, d, run.excitatory + at);
      hn::StoreU(inhibitory, d, run.inhibitory + at);
    }
    if constexpr (adapts) hn::StoreU(adaptation, d, run.adaptation + at);
  }
}

template <Synapse kSynapse>
void any_kernel(const CellRun& run) {
  return run.uniform ? run_kernel<kSynapse, true>(run) : run_kernel<kSynapse, false>(run);
}

void delta_kernel(const CellRun& run) {
  any_kernel<Synapse::delta>(run);
}
void exponential_kernel(const CellRun& run) {
  any_kernel<Synapse::exponential>(run);
}
void adaptive_kernel(const CellRun& run) {
  any_kernel<Synapse::adaptive>(run);
}

}  // namespace loci::sim::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::sim {

HWY_EXPORT(delta_kernel);
HWY_EXPORT(exponential_kernel);
HWY_EXPORT(adaptive_kernel);

void run_cells(CellModel model, const CellRun& run) {
  switch (model) {
    case CellModel::lif_exp:
      return HWY_DYNAMIC_DISPATCH(exponential_kernel)(run);
    case CellModel::adaptive_lif:
      return HWY_DYNAMIC_DISPATCH(adaptive_kernel)(run);
    default:
      return HWY_DYNAMIC_DISPATCH(delta_kernel)(run);
  }
}

}  // namespace loci::sim
#endif
