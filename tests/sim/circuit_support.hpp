// Small circuits and what they did.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include "sim/circuit/clock.hpp"

namespace loci::sim {

// One neuron population "A" without input: membranes at their rest, far from the threshold.
inline Circuit one_population(std::size_t size, CellModel model = CellModel::lif_delta) {
  Circuit circuit;
  circuit.populations.push_back(
      {.name = "A", .size = size, .cell = {.model = model}, .initial = {.low_mv = -70.0, .high_mv = -70.0}});
  return circuit;
}

inline Step steps_of(const Circuit& circuit, double ms) {
  return static_cast<Step>(std::lround(ms / circuit.step_ms));
}

struct FiredSpike {
  Step step;  // at whose end
  std::size_t population;
  std::uint32_t neuron;
  auto operator<=>(const FiredSpike&) const = default;
};

class SpikeList final : public CircuitListener {
 public:
  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    for (const std::uint32_t neuron : neurons) spikes.push_back({step + 1, population, neuron});
  }
  std::vector<FiredSpike> spikes;
};

inline std::vector<FiredSpike> spikes_of(const Circuit& circuit, double duration_ms,
                                         const ConnectivityOptions& options = {}) {
  const Connectivity connectivity(circuit, options);
  CircuitClock clock(circuit, connectivity);
  SpikeList list;
  clock.run(steps_of(circuit, duration_ms), list);
  return list.spikes;
}

// Membrane of one neuron after every step.
class MembraneTrace final : public CircuitListener {
 public:
  MembraneTrace(const CircuitClock& clock, std::size_t population, std::uint32_t neuron)
      : clock_(clock), population_(population), neuron_(neuron) {}
  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    if (population == population_ && std::ranges::count(neurons, neuron_) > 0) fired.push_back(step + 1);
  }
  Step interval() const override { return 1; }
  void on_step(Step) override { membrane.push_back(clock_.membrane(population_, neuron_)); }

  std::vector<double> membrane;
  std::vector<Step> fired;

 private:
  const CircuitClock& clock_;
  std::size_t population_;
  std::uint32_t neuron_;
};

inline MembraneTrace trace_of(const Circuit& circuit, double duration_ms, std::size_t population = 0,
                              std::uint32_t neuron = 0) {
  const Connectivity connectivity(circuit, {.precision = Precision::exact});
  CircuitClock clock(circuit, connectivity);
  MembraneTrace trace(clock, population, neuron);
  clock.run(steps_of(circuit, duration_ms), trace);
  return trace;
}

struct JoinedEdge {
  std::uint32_t source, target;
  Step delay;
  double weight;
  auto operator<=>(const JoinedEdge&) const = default;
};

// Edges of a projection between neurons, sorted.
inline std::vector<JoinedEdge> edges_of(const Circuit& circuit, const ConnectivityOptions& options = {},
                                        std::size_t projection = 0) {
  const Connectivity connectivity(circuit, options);
  const ProjectionEdges& edges = connectivity.projections()[projection];
  const PlacedPopulation& sources = connectivity.populations()[edges.source()];
  const PlacedPopulation& targets = connectivity.populations()[edges.target()];
  std::vector<JoinedEdge> result;
  Row row;
  RowMaker::Scratch scratch;
  for (std::uint32_t place = 0; place < sources.size; ++place) {
    edges.read(place, row, scratch);
    for (std::size_t e = 0; e < row.size(); ++e)
      result.push_back(
          {sources.neuron_at(place), targets.neuron_at(row.target[e]), row.delay[e], row.weight[e]});
  }
  std::ranges::sort(result);
  return result;
}

}  // namespace loci::sim
