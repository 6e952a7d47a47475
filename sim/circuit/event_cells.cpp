#include "sim/circuit/event_cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/circuit/cells.hpp"
#include "sim/circuit/crossing.hpp"
#include "sim/error.hpp"

namespace loci::sim {

EventCells::EventCells(const Circuit& circuit, std::size_t population,
                       std::span<const std::uint32_t> neuron_at, const EventTime& time)
    : model_(circuit.populations[population].cell.model),
      two_receptors_(model_ == CellModel::lif_exp || model_ == CellModel::adaptive_lif),
      states_(circuit.populations[population].size) {
  const Population& description = circuit.populations[population];
  const std::string where = "population '" + description.name + "'";
  if (model_ == CellModel::lif_discrete)
    throw InputError(where, "its neurons are defined step by step", "simulate it with the clock engine");
  const std::size_t n_constants = description.cell.uniform() ? 1 : size();
  for (std::size_t place = 0; place < size(); ++place) {
    const std::size_t neuron = neuron_at.empty() ? place : neuron_at[place];
    if (place < n_constants) constants_.push_back(constants_of(description.cell, neuron, time, where));
    states_[place].membrane = initial_membrane(circuit, population, neuron);
    states_[place].free_from = -std::numeric_limits<double>::infinity();
  }
}

EventCells::Constants EventCells::constants_of(const Cell& cell, std::size_t neuron, const EventTime& time,
                                               const std::string& where) const {
  Constants c{};
  c.rate = time.unit_ms / cell.tau_membrane_ms[neuron];
  c.rate_excitatory = time.unit_ms / cell.tau_excitatory_ms[neuron];
  c.rate_inhibitory = time.unit_ms / cell.tau_inhibitory_ms[neuron];
  c.rate_adaptation = time.unit_ms / cell.tau_adaptation_ms[neuron];
  c.per_capacitance = time.unit_ms / cell.capacitance_pf[neuron];
  c.per_current = cell.tau_membrane_ms[neuron] / cell.capacitance_pf[neuron];
  c.resting = cell.resting_mv[neuron] + c.per_current * cell.current_pa[neuron];
  c.threshold =
      model_ == CellModel::integrator ? std::numeric_limits<double>::infinity() : cell.threshold_mv[neuron];
  c.reset = cell.reset_mv[neuron];
  c.refractory = time.of(cell.refractory_ms[neuron], where);
  c.jump = cell.adaptation_pa[neuron];
  for (const double rate :
       {c.rate, c.rate_excitatory, c.rate_inhibitory, c.rate_adaptation, c.per_capacitance})
    if (!(rate > 0.0) || !std::isfinite(rate))
      throw InputError(where, "a time constant or capacitance is not a number above 0",
                       "give every one in ms or pF above 0");
  if (!(c.reset < c.threshold))
    throw InputError(where, "a reset at or above the threshold would fire for ever at one time",
                     "put the reset below the threshold");
  return c;
}

void EventCells::decay(State& state, const Constants& c, double time) const {
  const double elapsed = time - state.updated;
  state.updated = time;
  if (!two_receptors_) return;
  if (state.excitatory != 0.0) state.excitatory *= std::exp(-c.rate_excitatory * elapsed);
  if (state.inhibitory != 0.0) state.inhibitory *= std::exp(-c.rate_inhibitory * elapsed);
  if (state.adaptation != 0.0) state.adaptation *= std::exp(-c.rate_adaptation * elapsed);
}

void EventCells::advance(State& state, const Constants& c, double time) const {
  if (state.updated < state.free_from) decay(state, c, std::min(time, state.free_from));
  if (state.updated >= time) return;
  const double elapsed = time - state.updated;
  state.membrane += (resting(c) - state.membrane) * -std::expm1(-c.rate * elapsed);
  const auto lift = [&](double current, double rate) {
    if (current != 0.0)
      state.membrane += current * current_response(c.rate, rate, c.per_capacitance, elapsed);
  };
  lift(state.excitatory, c.rate_excitatory);
  lift(state.inhibitory, c.rate_inhibitory);
  lift(-state.adaptation, c.rate_adaptation);
  decay(state, c, time);
}

bool EventCells::update(std::uint32_t place, double now, bool due) {
  State& state = states_[place];
  const Constants& c = of(place);
  advance(state, c, now);
  const bool refractory = now <= state.free_from;
  if (due && !refractory) state.membrane = c.threshold;
  if (two_receptors_) {
    state.excitatory += state.arrived;
    state.inhibitory += state.arrived_inhibitory;
  } else if (!refractory) {
    state.membrane += state.arrived;
  }
  state.arrived = 0.0;
  state.arrived_inhibitory = 0.0;
  if (refractory || !(state.membrane >= c.threshold)) return false;
  state.membrane = c.reset;
  state.free_from = now + c.refractory;
  if (model_ == CellModel::adaptive_lif) state.adaptation += c.jump;
  return true;
}

double EventCells::next_crossing(std::uint32_t place) const {
  if (model_ == CellModel::integrator) return std::numeric_limits<double>::infinity();
  const Constants& c = of(place);
  State state = states_[place];
  const double from = std::max(state.updated, state.free_from);
  decay(state, c, from);
  Trajectory v{.rate = c.rate,
               .per_capacitance = c.per_capacitance,
               .resting_mv = resting(c),
               .start_mv = state.membrane};
  const auto add = [&](double current, double rate) {
    if (current != 0.0) v.currents[v.n_currents++] = {rate, current};
  };
  add(state.excitatory, c.rate_excitatory);
  add(state.inhibitory, c.rate_inhibitory);
  add(-state.adaptation, c.rate_adaptation);
  return from + first_crossing(v, c.threshold);
}

EventCells::State EventCells::at(std::uint32_t place, double time) const {
  State state = states_[place];
  advance(state, of(place), time);
  return state;
}

}  // namespace loci::sim
