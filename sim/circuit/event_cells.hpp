// The neurons of one population in continuous time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/event_time.hpp"

namespace loci::sim {

// The equations of Cells, between events of any distance. A neuron's state lies together: events come to
// neurons far apart.
class EventCells {
 public:
  struct State {
    double updated = 0.0;  // when the rest was as it is
    double membrane = 0.0;
    double excitatory = 0.0;
    double inhibitory = 0.0;
    double adaptation = 0.0;
    double free_from;      // the membrane stays at the reset until then; a time before 0 at first
    double arrived = 0.0;  // at the present time
    double arrived_inhibitory = 0.0;
  };

  // neuron_at: the neuron at each place, empty where they are the same. Throws InputError for a model without
  // continuous time, and for a reset that is not below the threshold.
  EventCells(const Circuit& circuit, std::size_t population, std::span<const std::uint32_t> neuron_at,
             const EventTime& time);

  std::size_t size() const { return states_.size(); }
  void arrive(std::uint32_t place, double weight) {
    (two_receptors_ && weight < 0.0 ? states_[place].arrived_inhibitory : states_[place].arrived) += weight;
  }
  // Brings the neuron to the time `now`, adds what has arrived, and fires it if its membrane is then at the
  // threshold; `due`: now is when next_crossing() said it would be. Returns whether it fired.
  bool update(std::uint32_t place, double now, bool due);
  // When the neuron fires if nothing arrives; infinity: never.
  double next_crossing(std::uint32_t place) const;
  // A current that is added to I_e from now on; neurons have to be brought to now by update() before.
  void set_current(double current_pa) { current_pa_ = current_pa; }

  // At a time at or after the neuron's last update, if nothing arrives until then.
  State at(std::uint32_t place, double time) const;

 private:
  struct Constants {
    double rate;  // 1 / tau, of the membrane, the currents and the adaptation
    double rate_excitatory;
    double rate_inhibitory;
    double rate_adaptation;
    double per_capacitance;  // mV per pA and unit of time
    double resting;          // E_L + R I_e
    double per_current;      // R
    double threshold;
    double reset;
    double refractory;
    double jump;  // of the adaptation
  };
  Constants constants_of(const Cell& cell, std::size_t neuron, const EventTime& time,
                         const std::string& where) const;
  const Constants& of(std::uint32_t place) const { return constants_[constants_.size() == 1 ? 0 : place]; }
  double resting(const Constants& c) const { return c.resting + c.per_current * current_pa_; }
  void decay(State& state, const Constants& c, double time) const;
  void advance(State& state, const Constants& c, double time) const;

  CellModel model_;
  bool two_receptors_;
  double current_pa_ = 0.0;
  std::vector<Constants> constants_;  // one, if all neurons share it
  std::vector<State> states_;
};

}  // namespace loci::sim
