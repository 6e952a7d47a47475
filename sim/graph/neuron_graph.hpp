// A circuit, or a trained network, as one directed graph of Boost's: the neurons of all populations are its
// vertices, synapses its edges with weight, delay and length.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/graph/vertex.hpp"
#include "sim/time.hpp"

namespace loci::sim {

struct Circuit;
class Connectivity;
class SpatialGraph;

struct GraphEdge {
  double weight = 0.0;  // mV or pA, as the target's model has it, times the source's mask
  Step delay = 1;       // steps
  float length =
      0.0F;  // from source to target, the shorter way round where space is periodic; 0 without space

  bool operator==(const GraphEdge&) const = default;
};

// The vertices [begin, end): a population of a circuit, a layer of a trained network.
struct VertexGroup {
  std::string name;
  Vertex begin = 0;
  Vertex end = 0;

  std::size_t size() const { return end - begin; }
};

// The graph's own property.
struct GraphLayout {
  std::vector<VertexGroup> groups;  // one after another, from vertex 0
  std::size_t dims = 0;             // 0: without space
  std::vector<double> positions;    // (n_neurons, dims), row-major
  double step_ms = 0.0;
};

using BoostNeuronGraph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, GraphEdge,
                                                            GraphLayout, Vertex, std::size_t>;

// Never changes once built; copies share it. Vertices are numbered group by group and within a group by
// neuron, never by the engines' places; edges are sorted by (source, target, delay, weight). Several may join
// one pair.
class NeuronGraph {
 public:
  explicit NeuronGraph(std::shared_ptr<const BoostNeuronGraph> graph) : graph_(std::move(graph)) {}

  std::size_t n_neurons() const;
  std::size_t n_edges() const;
  std::span<const VertexGroup> groups() const;
  std::size_t group_of(Vertex vertex) const;
  std::size_t dims() const;
  std::span<const double> position(Vertex vertex) const;     // (dims)
  double step_ms() const;                                    // a delay's unit
  std::span<const Vertex> targets_of(Vertex source) const;   // (out-degree), rising
  std::span<const GraphEdge> edges_of(Vertex source) const;  // (out-degree), beside targets_of
  const BoostNeuronGraph& graph() const { return *graph_; }

 private:
  std::shared_ptr<const BoostNeuronGraph> graph_;
};

// Every edge of the connectivity, with weights as it has them. Throws InputError for delays off the grid, and
// where the graph needs more than memory_bytes.
NeuronGraph build_neuron_graph(const Circuit& circuit, const Connectivity& connectivity,
                               double memory_bytes = std::numeric_limits<double>::infinity());
// Layers become groups "layer 0", "layer 1", ...; lengths are distances of positions, without a softening.
NeuronGraph build_neuron_graph(const SpatialGraph& network,
                               double memory_bytes = std::numeric_limits<double>::infinity());

// Bytes of a graph as built, and those that analyse() takes beside it at most.
double graph_bytes(double n_neurons, double n_edges);
double analysis_bytes(double n_neurons, double n_edges);
// Throws InputError saying how much so many edges need, as `bytes`, and how much there is.
void require_graph_memory(double n_edges, double bytes, double memory_bytes);

}  // namespace loci::sim
