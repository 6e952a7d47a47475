// Event-driven simulation: from spike to spike, and nothing in between.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "sim/engine.hpp"

namespace loci::sim {

// A neuron is touched when input arrives, or at the moment its own current was predicted to carry it over its
// threshold. At one time all input to a neuron is summed, in the order (sent, source) as in the clock engine,
// before its threshold is tested. Times are the neuron model's own; here its grid. Work grows with spikes and
// the edges they take, not with time.
class EventEngine final : public SpikingEngine {
 public:
  explicit EventEngine(LayeredModel model);
  void run(const Stimulus& stimulus, SpikeListener& listener) override;

 private:
  static constexpr Step never = ~Step{0};

  // One neuron's state lies together: events come to neurons far apart.
  struct Neuron {
    double membrane = 0.0;         // after the step `updated`
    double membrane_before = 0.0;  // one step before `wakes`
    Step updated = 0;
    Step wakes = never;  // a queued wakeup with any other time has been overtaken by input
  };
  struct Wakeup {
    Step time;
    Vertex neuron;
  };
  struct Later {
    bool operator()(const Wakeup& a, const Wakeup& b) const;
  };
  // Spikes on their way that arrive at one time, each to all targets of a bundle; in the order (sent,
  // source), since that is the order in which they are sent. (Times off a grid would want a queue by
  // (arrival, sent, source) instead of the circle.)
  using Flights = std::vector<const Synapses::Bundle*>;

  void begin(const Stimulus& stimulus);
  Step input_from(Step step) const;
  Flights& arriving_at(Step step) { return under_way_[step % under_way_.size()]; }
  std::optional<Step> next_time();
  void deliver(Step now);
  void wake(Step now);
  void touch(Vertex neuron, Step now);
  void add_input_spikes(Step now);
  void sort_touched(Step now);
  void update_touched(Step now);
  void predict(const ActiveLayer& layer, Vertex neuron);
  void send(Step now);

  LayeredModel model_;
  Stimulus stimulus_;
  Step next_input_ = never;  // when the input layer fires next
  std::vector<Neuron> neurons_;
  std::vector<double> arrived_;     // (n_neurons) input at the present time
  std::vector<Flights> under_way_;  // by arrival, in a circle as long as the longest delay
  std::priority_queue<Step, std::vector<Step>, std::greater<>> arrivals_;  // of the flights, each once
  std::priority_queue<Wakeup, std::vector<Wakeup>, Later> wakeups_;
  std::vector<Step> touched_at_;  // (n_neurons) scratch
  std::vector<Vertex> touched_;   // scratch: of the present time, each once
  std::vector<NeuronId> spikes_;  // scratch: of the present time, sorted
};

}  // namespace loci::sim
