// A circuit in space with most of what files of circuits have to carry: two populations, inhibition, a
// recurrent projection, two projections of the same ends, delays of distances.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/circuit/connectivity.hpp"

inline loci::sim::Circuit sample_circuit() {
  using namespace loci::sim;
  Circuit circuit;
  circuit.space = {.dims = 2, .lower = {-1.0, 0.1, 0.0}, .extent = {2.0, 0.7, 1.0}, .periodic = true};
  circuit.step_ms = 0.1;
  circuit.seed = 5;
  Population e{.name = "e", .size = 60};
  e.cell.model = CellModel::lif_exp;
  std::vector<double> thresholds;
  for (int i = 0; i < 60; ++i) thresholds.push_back(-50.0 + 0.1 * i);
  e.cell.threshold_mv = PerNeuron(thresholds);
  e.cell.tau_excitatory_ms = 0.7;
  e.initial = {.low_mv = -70.5, .high_mv = -60.25, .given_mv = {}};
  Population i{.name = "i", .size = 17, .mask = -1.0};
  i.initial.given_mv.assign(17, -61.3);
  circuit.populations = {i, e};  // not by name
  Projection recurrent{.source = "e", .target = "e", .cutoff = 0.3, .delay_ms = 0.7, .velocity = 0.5};
  recurrent.weight = {.shape = KernelShape::inverse_distance, .amplitude = 2.0, .length = 0.1, .floor = 0.01};
  Projection inhibits{.source = "i", .target = "e", .rule = ConnectionRule::fixed_indegree, .indegree = 3};
  inhibits.weight.amplitude = 4.0;
  Projection one{.source = "i", .target = "e", .rule = ConnectionRule::given};
  for (std::uint32_t n = 0; n < 17; ++n) {
    one.edges.source.push_back(n);
    one.edges.target.push_back(n);
    one.edges.weight.push_back(1.0);
    one.edges.delay_ms.push_back(0.3);
  }
  circuit.projections = {recurrent, inhibits, one};
  return circuit;
}

// The edges of one projection by (source, target, delay, weight).
struct PlainEdge {
  std::uint64_t source, target;
  std::uint32_t delay;
  double weight;
  auto operator<=>(const PlainEdge&) const = default;
};

inline std::vector<PlainEdge> edges_of(const loci::sim::Connectivity& connectivity, std::size_t projection) {
  const auto& edges = connectivity.projections()[projection];
  const auto& sources = connectivity.populations()[edges.source()];
  const auto& targets = connectivity.populations()[edges.target()];
  std::vector<PlainEdge> all;
  loci::sim::Row row;
  loci::sim::RowMaker::Scratch scratch;
  for (std::uint32_t place = 0; place < sources.size; ++place) {
    edges.read(place, row, scratch);
    for (std::size_t e = 0; e < row.size(); ++e)
      all.push_back(
          {sources.neuron_at(place), targets.neuron_at(row.target[e]), row.delay[e], row.weight[e]});
  }
  std::sort(all.begin(), all.end());
  return all;
}
