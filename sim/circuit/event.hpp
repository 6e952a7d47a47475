// Event-driven simulation of a circuit: from spike to spike in continuous time, and nothing in between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/event_cells.hpp"
#include "sim/circuit/event_inputs.hpp"
#include "sim/circuit/event_time.hpp"
#include "sim/circuit/time_queue.hpp"

namespace loci::sim {

// Whom the engine tells.
class CircuitEventListener {
 public:
  virtual ~CircuitEventListener() = default;
  // neurons: of the population, rising; they fired at this time. Called once a time and population, in the
  // order of time.
  virtual void on_spikes(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons) = 0;
};

struct CircuitEventCounts {
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;  // spikes that arrived through a synapse of the circuit
  std::uint64_t input_events = 0;     // from outside
  std::uint64_t neuron_updates = 0;
  std::uint64_t predictions = 0;  // of when a neuron will fire
};

// Membranes are solved between events, and their crossings of the threshold found exactly (crossing.hpp). At
// one time all input to a neuron is summed, in the order (source, sent), before its threshold is tested, and
// neurons are updated in the order of their places. Work grows with spikes and their edges, not with time.
//
// Delays are those of the connectivity. With whole steps (the default) times of the circuit's description are
// rounded to steps as in the clock engine, and spikes that fall on the grid stay on it: networks that fire
// only when input arrives give the clock engine's raster. Off the grid nothing is rounded. Poisson trains are
// in continuous time on either.
//
// A neuron that starts at or above its threshold fires at time 0.
class CircuitEvent {
 public:
  // Circuit and connectivity must outlive the engine. Throws InputError for what the engine cannot simulate.
  CircuitEvent(const Circuit& circuit, const Connectivity& connectivity);

  // Everything that happens until then, and then. Throws InputError for a time that is not finite.
  void run_until(double time_ms, CircuitEventListener& listener);

  double time_ms() const { return time_.in_ms(now_); }
  // At time_ms(). Currents are 0 for models without.
  double membrane(std::size_t population, std::uint32_t neuron) const;
  double excitatory_current(std::size_t population, std::uint32_t neuron) const;
  double inhibitory_current(std::size_t population, std::uint32_t neuron) const;
  double adaptation_current(std::size_t population, std::uint32_t neuron) const;
  const CircuitEventCounts& counts() const { return counts_; }

 private:
  struct PopulationState {
    EventCells cells;
    std::uint32_t first = 0;            // number of its first place among all neurons
    std::vector<std::size_t> outgoing;  // projections
  };
  // A spike on its way along one projection: each of its edges in turn.
  struct Flight {
    struct Edge {
      double delay;
      std::uint32_t target;  // place
      double weight;
      auto operator<=>(const Edge&) const = default;
    };
    double sent = 0.0;
    std::uint32_t source = 0;  // among all neurons
    std::size_t projection = 0;
    std::vector<Edge> edges;  // rising
    std::size_t next = 0;

    double arrives() const { return sent + edges[next].delay; }
  };
  enum Mark : std::uint8_t { touched = 1, due = 2 };
  struct Fired {
    std::size_t population;
    std::uint32_t place;
  };

  double next_time() const;
  void deliver(double now);
  void add_inputs(double now);
  void wake(double now);
  void meet_changes(double now);
  void update_touched(double now);
  void predict_touched(double now);
  void send(double now);
  void launch(double now, std::size_t projection, const Fired& spike);
  void report(double now, CircuitEventListener& listener);

  std::uint32_t number(std::size_t population, std::uint32_t place) const {
    return populations_[population].first + place;
  }
  void touch(std::uint32_t neuron);
  template <typename Visit>
  void for_touched(const Visit& visit);
  EventCells::State state(std::size_t population, std::uint32_t neuron) const;

  const Circuit& circuit_;
  const Connectivity& connectivity_;
  EventTime time_;
  std::vector<PopulationState> populations_;
  EventInputs inputs_;
  TimeQueue crossings_;  // by neuron: when it will fire if nothing arrives
  TimeQueue arrivals_;   // by flight: when its next edge delivers
  std::vector<Flight> flights_;
  std::vector<TimeQueue::Slot> idle_;  // flights that have landed
  double now_ = 0.0;
  CircuitEventCounts counts_;

  // Scratch of the present time.
  std::vector<TimeQueue::Slot> landing_;
  std::vector<InputSpike> input_spikes_;
  std::vector<EventInputs::CurrentChange> changes_;
  std::vector<std::uint8_t> marks_;  // by neuron
  std::vector<std::uint32_t> touched_;
  std::vector<Fired> fired_;
  std::vector<std::uint32_t> reported_;
  Row row_;
  RowMaker::Scratch scratch_;
};

}  // namespace loci::sim
