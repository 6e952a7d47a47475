// A layered spiking network in real numbers, pair by pair: what exporters start from.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/spatial_graph.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// One layer and what arrives at it.
struct FloatLayer {
  std::size_t n_sources = 0;
  std::size_t n_targets = 0;
  std::vector<float> weight;     // (n_sources, n_targets), row-major; 0: no edge
  std::vector<sim::Step> delay;  // the same, in steps beyond the layer's own latency; empty: none
  std::vector<double> bias;      // (n_targets), a current at every step
  sim::Lif lif;
  // Where the network rounds weights itself, weights and biases are whole numbers divided by this; 0: it does
  // not.
  double trained_scale = 0.0;
};

// All layers but the input.
struct FloatNetwork {
  std::vector<FloatLayer> layers;

  std::size_t n_inputs() const { return layers.front().n_sources; }
  std::size_t n_outputs() const { return layers.back().n_targets; }
};

// Edges, weights and delays are those of build_spatial_graph(), biases those of connection_biases(): what
// `loci simulate` runs. Throws what build_spatial_graph() throws.
FloatNetwork float_network(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                           const sim::GraphOptions& options = {});

// Edges of one layer: most into a neuron, most out of a source, and all; and the longest delay.
struct EdgeCounts {
  std::size_t fan_in = 0;
  std::size_t fan_out = 0;
  std::size_t total = 0;
  sim::Step longest_delay = 0;
};
EdgeCounts count_edges(const FloatLayer& layer);

}  // namespace loci::backends
