// Clock-driven simulation of a circuit: every neuron at every step of the grid.
#pragma once

#include <atomic>
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
  // on_step() is called at times that are multiples of so many steps: 0 is never. Whoever wants traces reads
  // them from the engine then.
  virtual Step interval() const { return 0; }
  // After this step.
  virtual void on_step(Step /*step*/) {}
};

// Where the time went, in seconds of all threads, and what was done in it.
struct ClockWork {
  double deliver = 0.0;  // spikes that arrive, where synapses are stored
  double drive = 0.0;    // the outside world
  double integrate = 0.0;
  double send = 0.0;  // where procedural: synapses are made, and their spikes delivered
  double report = 0.0;
  double wait = 0.0;  // for other threads
  std::uint64_t synaptic_events = 0;
};

// Neurons do not feel each other within the shortest delay: the engine runs that long, a slice, before it
// exchanges spikes (Morrison et al. 2005). What comes of it does not depend on where slices end.
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
  ClockWork work() const;  // since the start

 private:
  struct Drive {
    std::size_t population;
    Step start, stop;
    PoissonDrive counts;
    double weight;
  };
  struct Event {  // an input spike of a given train
    Step step;
    std::size_t population;
    std::uint32_t index;  // in the shard
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
  // A spike on its way to a shard: what of its row is still to arrive, and when next.
  struct Flight {
    SynapseTable::Cursor row;
    Step due;
    std::uint32_t bundle;
  };
  struct PopulationState {
    Cells cells;
    std::vector<std::size_t> outgoing;  // bundles
    std::vector<CurrentChange> changes;
    std::size_t next_change = 0;
  };
  // Each is written by one thread alone, and shares no cache line with another.
  struct alignas(128) ShardState {
    InputRing arriving;
    std::vector<Flight> flights;    // in the order (sent, bundle, source)
    std::vector<FiredCells> fired;  // by population, in this slice
    std::vector<Event> events;      // by step
    std::size_t next_event = 0;
    std::vector<Regular> regulars;
    Row row;
    RowMaker::Scratch scratch;
    ClockWork work;
  };
  // Steps [begin, end).
  struct Slice {
    Step begin;
    Step end;
  };

  void make_states();
  void add_input(const Input& input, std::size_t index);
  static void add_up(std::vector<CurrentChange>& changes);
  void change_currents();
  Slice next_slice(Step end, Step interval) const;
  void deliver(std::size_t shard, const Slice& slice);
  void add_events(std::size_t shard, const Slice& slice);
  std::size_t receptor(std::size_t population, double weight) const;
  void draw_drives(const Slice& slice);
  void add_drives(std::size_t shard, const Slice& slice);
  void integrate(std::size_t shard, const Slice& slice);
  void send(std::size_t shard, const Slice& slice);
  void send_spike(std::size_t shard, std::size_t bundle, std::uint32_t source, Step step);
  void report(const Slice& slice, CircuitListener& listener);
  void tell(const Slice& slice, CircuitListener& listener);
  void loop(std::size_t shard, Step end, CircuitListener& listener, const std::function<void()>& meet);
  void run_team(Step end, CircuitListener& listener);

  const Circuit& circuit_;
  const Connectivity& connectivity_;
  std::vector<PopulationState> populations_;
  std::vector<ShardState> shards_;
  std::vector<Drive> drives_;
  Step longest_slice_ = 1;
  std::atomic<std::size_t> next_draw_{0};  // of the slice
  Step now_ = 0;
  std::uint64_t n_spikes_ = 0;
  std::vector<std::uint32_t> reported_;
  std::exception_ptr failure_;
};

}  // namespace loci::sim
