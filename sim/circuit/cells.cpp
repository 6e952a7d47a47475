#include "sim/circuit/cells.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/circuit/cell_kernels.hpp"
#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

// By how much a current of 1 that decays with tau_s lifts the membrane within a step: R h / tau exp(-h / tau)
// where the time constants agree, and otherwise the difference of exponentials, which expm1 keeps accurate
// where they nearly do.
double current_propagator(double tau, double tau_s, double capacitance, double step) {
  const double difference = 1.0 / tau - 1.0 / tau_s;  // exponent of the ratio
  const double decay = std::exp(-step / tau);
  if (std::abs(difference * step) < 1e-12) return step / capacitance * decay;
  return decay * std::expm1(difference * step) / (difference * capacitance);
}

std::size_t padded(std::size_t n) {
  return (n + 7) / 8 * 8;
}

}  // namespace

Cells::Cells(const Circuit& circuit, std::size_t population, std::span<const std::uint32_t> neuron_at)
    : model_(circuit.populations[population].cell.model),
      size_(circuit.populations[population].size),
      two_receptors_(model_ == CellModel::lif_exp || model_ == CellModel::adaptive_lif),
      discrete_(circuit.populations[population].cell.discrete) {
  const Population& description = circuit.populations[population];
  find_constants(description.cell, circuit.step_ms, neuron_at);
  membrane_.resize(padded(size_));
  free_from_.resize(padded(size_));
  if (two_receptors_) excitatory_.resize(padded(size_));
  if (two_receptors_) inhibitory_.resize(padded(size_));
  if (model_ == CellModel::adaptive_lif) adaptation_.resize(padded(size_));
  for (std::size_t place = 0; place < size_; ++place)
    membrane_[place] = initial_membrane(circuit, population, neuron_at.empty() ? place : neuron_at[place]);
}

double initial_membrane(const Circuit& circuit, std::size_t population, std::size_t neuron) {
  const InitialMembrane& initial = circuit.populations[population].initial;
  if (!initial.given_mv.empty()) return initial.given_mv[neuron];
  const auto words =
      random_words(circuit.seed, Stream::membrane, neuron, static_cast<std::uint32_t>(population));
  return initial.low_mv + (initial.high_mv - initial.low_mv) * (words[0] * 0x1p-32);
}

void Cells::find_constants(const Cell& cell, double step_ms, std::span<const std::uint32_t> neuron_at) {
  uniform_ = cell.uniform();
  // A uniform value fills a vector, so that kernels load it as they load a neuron's own.
  const std::size_t n = uniform_ ? 8 : padded(size_);
  Constants& c = constants_;
  for (Doubles* each : {&c.keep, &c.drive, &c.from_excitatory, &c.from_inhibitory, &c.from_adaptation,
                        &c.keep_excitatory, &c.keep_inhibitory, &c.keep_adaptation, &c.adaptation,
                        &c.threshold, &c.reset, &c.refractory, &resting_drive_, &per_current_})
    each->resize(n);
  for (std::size_t at = 0; at < n; ++at) {
    const std::size_t place = std::min(at, size_ - 1);
    const std::size_t i = neuron_at.empty() ? place : neuron_at[place];
    const double tau = cell.tau_membrane_ms[i];
    const double capacitance = cell.capacitance_pf[i];
    c.keep[at] = std::exp(-step_ms / tau);
    const double rest = -std::expm1(-step_ms / tau);
    const bool discrete = model_ == CellModel::lif_discrete;
    per_current_[at] = discrete ? 1.0 : rest * tau / capacitance;
    resting_drive_[at] = (discrete ? 0.0 : rest * cell.resting_mv[i]) + per_current_[at] * cell.current_pa[i];
    c.drive[at] = resting_drive_[at];
    c.from_excitatory[at] = current_propagator(tau, cell.tau_excitatory_ms[i], capacitance, step_ms);
    c.from_inhibitory[at] = current_propagator(tau, cell.tau_inhibitory_ms[i], capacitance, step_ms);
    c.from_adaptation[at] = -current_propagator(tau, cell.tau_adaptation_ms[i], capacitance, step_ms);
    c.keep_excitatory[at] = std::exp(-step_ms / cell.tau_excitatory_ms[i]);
    c.keep_inhibitory[at] = std::exp(-step_ms / cell.tau_inhibitory_ms[i]);
    c.keep_adaptation[at] = std::exp(-step_ms / cell.tau_adaptation_ms[i]);
    c.adaptation[at] = cell.adaptation_pa[i];
    c.threshold[at] =
        model_ == CellModel::integrator ? std::numeric_limits<double>::infinity() : cell.threshold_mv[i];
    c.reset[at] = cell.reset_mv[i];
    c.refractory[at] = steps_from_ms(cell.refractory_ms[i], step_ms, OffGrid::round, "refractory_ms");
  }
}

void Cells::run_discrete(const PlaceRange& range, std::size_t n_steps, const Arriving& arriving,
                         FiredCells& fired) {
  for (std::size_t t = 0; t < n_steps; ++t)
    for (std::uint32_t place = range.begin; place < range.end; ++place) {
      const double arrived = std::exchange(arriving.excitatory[t][place - range.begin], 0.0);
      if (discrete_.step(constants_.drive[uniform_ ? 0 : place] + arrived, membrane_[place]))
        fired.places_[t * fired.room_ + fired.n_[t]++] = place;
    }
}

void Cells::set_current(double current_pa) {
  for (std::size_t at = 0; at < resting_drive_.size(); ++at)
    constants_.drive[at] = resting_drive_[at] + per_current_[at] * current_pa;
}

void Cells::run(const PlaceRange& range, Step now, std::size_t n_steps, const Arriving& arriving,
                FiredCells& fired) {
  fired.n_.fill(0);
  if (model_ == CellModel::lif_discrete) return run_discrete(range, n_steps, arriving, fired);
  const Constants& c = constants_;
  run_cells(model_, {.begin = range.begin,
                     .end = range.end,
                     .now = static_cast<double>(now),
                     .n_steps = n_steps,
                     .uniform = uniform_,
                     .arriving = arriving.excitatory.data(),
                     .arriving_inhibitory = arriving.inhibitory.data(),
                     .membrane = membrane_.data(),
                     .excitatory = excitatory_.data(),
                     .inhibitory = inhibitory_.data(),
                     .adaptation = adaptation_.data(),
                     .free_from = free_from_.data(),
                     .keep = c.keep.data(),
                     .drive = c.drive.data(),
                     .from_excitatory = c.from_excitatory.data(),
                     .from_inhibitory = c.from_inhibitory.data(),
                     .from_adaptation = c.from_adaptation.data(),
                     .keep_excitatory = c.keep_excitatory.data(),
                     .keep_inhibitory = c.keep_inhibitory.data(),
                     .keep_adaptation = c.keep_adaptation.data(),
                     .adaptation_jump = c.adaptation.data(),
                     .threshold = c.threshold.data(),
                     .reset = c.reset.data(),
                     .refractory = c.refractory.data(),
                     .fired = fired.places_.data(),
                     .fired_stride = fired.room_,
                     .n_fired = fired.n_.data()});
}

}  // namespace loci::sim
