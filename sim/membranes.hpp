// Membrane potentials of a few neurons of a layered network, worked out after a run from the spikes that were
// recorded: the engines tell nobody about membranes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/vertex.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/raster.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::sim {

// One sample of a LayeredSimulation.
struct RecordedSample {
  const Raster& spikes;                       // times from the sample's start
  std::span<const std::uint8_t> pixels = {};  // (n_0), where the image was a constant current; else empty
  std::size_t n_steps = 0;                    // of each layer
  double step_ms = 1.0;
};

// Returns (window, neurons), row-major: row t at the end of step t of the grid, (t + 1) step_ms; bit for bit
// what the clock engine had, 0 before and, kept, after a layer's own steps. A membrane is shown as
// LifDynamics keeps it: with a delayed reset before the reset, so above the threshold where the neuron fired.
// neurons: none of them inputs.
std::vector<double> membranes_of(const NetworkDescription& network, const Parameters& parameters,
                                 const SpatialGraph& graph, const RecordedSample& sample,
                                 std::span<const Vertex> neurons);

}  // namespace loci::sim
