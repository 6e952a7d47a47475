// The network as a graph in space: neurons have positions, edges weights and delays, and distance decides
// which edges exist.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "sim/graph/vertex.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/synapses.hpp"
#include "sim/time.hpp"

namespace loci::sim {

struct GraphOptions {
  double cutoff = std::numeric_limits<double>::infinity();    // longer edges are culled; in units of distance
  double velocity = std::numeric_limits<double>::infinity();  // units of distance per ms
  double step_ms = 1.0;                                       // the grid of the delays

  bool operator==(const GraphOptions&) const = default;
};

// The graph's own property: where its vertices lie.
struct Places {
  std::size_t dims = 0;
  std::vector<float> positions;     // (n_neurons, dims), row-major
  std::vector<Vertex> layer_begin;  // (n_layers + 1)
};

using BoostGraph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Edge, Places,
                                                      Vertex, std::size_t>;

// Never changes once built; copies share it. Vertices are numbered layer by layer, input first; edges are
// sorted by (source, target).
class SpatialGraph {
 public:
  std::size_t n_neurons() const;
  std::size_t n_edges() const;
  std::size_t n_layers() const;
  // Coordinates of a neuron, the layer coordinate (the last) included; 0 for a dense network.
  std::size_t dims() const;

  // Layer l is the vertices [layer_begin(l), layer_begin(l + 1)).
  Vertex layer_begin(std::size_t layer) const;
  std::size_t layer_of(Vertex vertex) const;

  std::span<const float> position(Vertex vertex) const;     // (dims)
  std::span<const Vertex> targets_of(Vertex source) const;  // (out-degree), rising
  std::span<const Edge> edges_of(Vertex source) const;      // (out-degree), beside targets_of
  double delay_ms(const Edge& edge) const { return edge.delay * options_.step_ms; }

  const GraphOptions& options() const { return options_; }
  const BoostGraph& graph() const { return *graph_; }
  const Synapses& synapses() const { return *synapses_; }

 private:
  SpatialGraph(std::shared_ptr<const BoostGraph> graph, std::shared_ptr<const Synapses> synapses,
               GraphOptions options)
      : graph_(std::move(graph)), synapses_(std::move(synapses)), options_(options) {}
  friend SpatialGraph build_spatial_graph(const NetworkDescription&, const Parameters&, const GraphOptions&);

  std::shared_ptr<const BoostGraph> graph_;
  std::shared_ptr<const Synapses> synapses_;
  GraphOptions options_;
};

// The network's edges (connection_edges()) that are no longer than the options' cutoff. Weights are those of
// the whole network (balanced before the options cull anything), computed in double and kept in float. Delay
// = 1 step, the latency of a layer, + distance / velocity rounded to the grid. Distances are
// connection_distances(). Where the layer coordinate is not learned, a layer's is the sum of the |gaps|
// before it. Dense networks have no positions and a delay of 1. Throws InputError for a rate network, for
// options that make no sense, for a cutoff, the network's or the options', that leaves a connection without
// edges and for neurons that coincide (their weight has no bound).
SpatialGraph build_spatial_graph(const NetworkDescription& network, const Parameters& parameters,
                                 const GraphOptions& options = {});

}  // namespace loci::sim
