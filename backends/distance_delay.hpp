// Delays from distances, in the whole steps that a target has.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "backends/float_network.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/spatial_graph.hpp"
#include "sim/time.hpp"

namespace loci::backends {

struct DelayRange {
  sim::Step shortest = 1;
  sim::Step longest = 1;
};

struct DistanceDelays {
  std::vector<sim::Step> steps;  // (n), as the distances
  std::size_t n_lengthened = 0;  // that were shorter than the shortest
  std::size_t n_cut = 0;         // that were longer than the longest
  sim::Step longest_wanted = 0;  // before any was cut
};

// base + distance / velocity rounded to the nearest step (sim::steps_from_ms), brought into the range.
// distances: (n), of what `velocity` counts per ms; base: steps that every spike takes, the latency of a
// layer. Throws InputError for a velocity or a step that is not positive and for a distance that is not
// finite.
DistanceDelays delays_from_distances(std::span<const double> distances, double velocity, double step_ms,
                                     sim::Step base, const DelayRange& range);

// How far whole steps are from the distances that they stand for, in steps.
struct DelayErrors {
  sim::Step shortest = 0;
  sim::Step longest = 0;
  double largest_error = 0.0;
  double mean_error = 0.0;  // of the magnitudes
  std::size_t n_edges = 0;
};

// Of a network's delays, exported[l] (sources, targets) as in FloatLayer::delay (empty: none), beside
// distance / velocity, over the edges of `trained`; without steps that a layer takes anyway. Spatial networks
// with a finite velocity only.
DelayErrors delay_errors(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                         const sim::GraphOptions& options, const FloatNetwork& trained,
                         std::span<const std::vector<sim::Step>> exported);

}  // namespace loci::backends
