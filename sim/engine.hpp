// What the clock-driven and the event-driven engine have in common: what drives them, whom they tell, what
// they count.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/encoder.hpp"
#include "sim/lif.hpp"
#include "sim/raster.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::sim {

// Time in a layered network: layer l's step t is step t + l of the engine, since a spike needs one step to
// the next layer. So layer l + 1 sees at its own step t what layer l fired at its step t, as in the trained
// network, which knows no delays. Each layer runs for n_steps steps of its own; longer delays arrive later,
// and not at all once the target's time is over.

struct SimulationCounts {
  std::uint64_t spikes = 0;           // of all layers, a spiking input included
  std::uint64_t synaptic_events = 0;  // spikes times the edges on which they arrived
  std::uint64_t neuron_updates = 0;   // membranes brought up to date
  std::uint64_t predictions = 0;      // next spikes computed ahead (event engine)
  std::uint64_t dropped_events = 0;  // edges on which a spike would have arrived after the target's last step

  bool operator==(const SimulationCounts&) const = default;
};

// A spiking layer and its time: it is active in the steps [start, stop).
struct ActiveLayer {
  Vertex begin;
  Vertex end;
  Step start;
  Step stop;
  LifDynamics lif;

  bool active(Step now) const { return start <= now && now < stop; }
};

// Derived once from the description. The graph, or a copy of it, must outlive it.
struct LayeredModel {
  LayeredModel(const NetworkDescription& network, const SpatialGraph& graph, Step n_steps);

  const Synapses* synapses;
  Vertex n_neurons;
  Step n_steps;
  Step window;                      // steps in which anything can happen
  std::vector<ActiveLayer> layers;  // all but the input
  std::vector<Step> arrive_before;  // (n_neurons) the end of the time of a neuron's targets
};

// One sample's outside world.
struct Stimulus {
  std::span<const double> current;      // (n_neurons) constant, flows while a neuron's layer is active
  const SpikeTrains* spikes = nullptr;  // of the input layer, in its first n_steps steps; none if null
};

class SpikeListener {
 public:
  virtual ~SpikeListener() = default;
  // Called in rising order, for every step in which something fired. spikes: sorted.
  virtual void on_spikes(Step step, std::span<const NeuronId> spikes) = 0;
};

class SpikingEngine {
 public:
  virtual ~SpikingEngine() = default;
  // One sample from a fresh state.
  virtual void run(const Stimulus& stimulus, SpikeListener& listener) = 0;

  const SimulationCounts& counts() const { return counts_; }

 protected:
  SimulationCounts counts_;
};

}  // namespace loci::sim
