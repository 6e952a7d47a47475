// Clock-driven simulation of a circuit: every neuron at every step of the grid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <vector>

#include "sim/circuit/cells.hpp"
#include "sim/circuit/circuit.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/poisson.hpp"

namespace loci::sim {

// Whom the engine tells.
class CircuitListener {
 public:
  virtual ~CircuitListener() = default;
  // neurons: of the population, rising; they fired in `step`, at whose end their spike is stamped. Called
  // once a step and population in which any did.
  virtual void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) = 0;
  // After every step; whoever wants traces reads them from the engine.
  virtual void on_step(Step /*step*/) {}
};

struct CircuitCounts {
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;
};

class CircuitClock {
 public:
  // The connectivity must outlive the engine, and has the shards of as many threads as it is run on.
  CircuitClock(const Circuit& circuit, const Connectivity& connectivity);

  // The next n_steps steps. Throws what the listener throws.
  void run(Step n_steps, CircuitListener& listener);

  Step now() const { return now_; }
  double time_ms() const { return now_ * circuit_.step_ms; }
  double membrane(std::size_t population, std::uint32_t neuron) const;
  double excitatory_current(std::size_t population, std::uint32_t neuron) const;
  double inhibitory_current(std::size_t population, std::uint32_t neuron) const;
  std::uint64_t n_spikes() const { return n_spikes_; }

 private:
  struct Drive {
    std::size_t population;
    Step start, stop;
    PoissonDrive counts;
    double weight;
  };
  struct Event {  // an input spike of a given or regular train
    Step step;
    std::uint32_t place;
    double weight;
  };
  struct Regular {
    std::size_t population;
    double start_ms, interval_ms;
    Step stop;
    double weight;
    std::uint64_t n_past;
    Step step;  // in which the next spike arrives

    void advance(double step_ms);
  };
  struct CurrentChange {
    Step step;
    double current_pa;
    std::size_t input;
  };
  // A spike on its way to a shard of a population: what of its row is still to arrive, and when next.
  struct Flight {
    SynapseTable::Cursor row;
    Step due;
    std::uint32_t projection;
  };
  struct PopulationState {
    Cells cells;
    InputRing arriving;
    std::vector<std::size_t> outgoing;  // projections
    std::vector<Event> events;          // by step
    std::size_t next_event = 0;
    std::vector<CurrentChange> changes;
    std::size_t next_change = 0;
    std::vector<std::vector<std::uint32_t>> spikes;  // by shard: places that fired
    std::vector<std::vector<Flight>> flights;        // by shard, in the order (sent, projection, source)
    std::vector<std::uint32_t> reported;
  };
  struct Worker {
    Row row;
    RowMaker::Scratch scratch;
  };

  void add_input(const Input& input, std::size_t index);
  static void add_up(std::vector<CurrentChange>& changes);
  void change_currents();
  void add_events();
  void update(std::size_t shard);
  void deliver(PopulationState& population, std::size_t shard, std::uint32_t first);
  void send(std::size_t shard);
  void report(CircuitListener& listener);
  void tell(CircuitListener& listener);
  void run_team(Step n_steps, CircuitListener& listener);
  void loop(std::size_t shard, Step n_steps, CircuitListener& listener, const std::function<void()>& meet);

  const Circuit& circuit_;
  const Connectivity& connectivity_;
  std::vector<PopulationState> populations_;
  std::vector<Drive> drives_;
  std::vector<Regular> regulars_;
  std::vector<Worker> workers_;
  Step now_ = 0;
  std::uint64_t n_spikes_ = 0;
  std::exception_ptr failure_;
};

}  // namespace loci::sim
