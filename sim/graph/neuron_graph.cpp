#include "sim/graph/neuron_graph.hpp"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cassert>
#include <cmath>
#include <sstream>

#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/size.hpp"
#include "sim/error.hpp"
#include "sim/graph/edge_stream.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::sim {
namespace {

NeuronGraph build(const GraphLayout& layout, std::size_t n_edges, double memory_bytes, const ReadRow& read) {
  const std::size_t n_neurons = layout.groups.empty() ? 0 : layout.groups.back().end;
  const auto edges = static_cast<double>(n_edges);
  require_graph_memory(edges, graph_bytes(static_cast<double>(n_neurons), edges), memory_bytes);
  EdgeStream stream(n_neurons, read);
  auto graph = std::make_shared<const BoostNeuronGraph>(boost::edges_are_sorted, EndsIterator(&stream),
                                                        EndsIterator(), PropertyIterator(stream),
                                                        static_cast<Vertex>(n_neurons), n_edges, layout);
  assert(num_edges(*graph) == n_edges);
  return NeuronGraph(std::move(graph));
}

GraphLayout layout_of(const Circuit& circuit, const Connectivity& connectivity) {
  GraphLayout layout{.groups = {}, .dims = circuit.space.dims, .positions = {}, .step_ms = circuit.step_ms};
  if (circuit.n_neurons() >= std::numeric_limits<Vertex>::max())
    throw InputError("circuit",
                     std::to_string(circuit.n_neurons()) + " neurons are more than a graph numbers",
                     "use fewer than 4,294,967,295");
  Vertex begin = 0;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    const Population& population = circuit.populations[p];
    const Vertex end = begin + static_cast<Vertex>(population.size);
    layout.groups.push_back({population.name, begin, end});
    begin = end;
    const auto& positions = connectivity.populations()[p].positions;
    layout.positions.insert(layout.positions.end(), positions.begin(), positions.end());
  }
  return layout;
}

// The rows of a circuit: those of all projections from the source's population, targets as vertices.
class CircuitRows {
 public:
  CircuitRows(const Circuit& circuit, const Connectivity& connectivity, const GraphLayout& layout)
      : space_(circuit.space), connectivity_(connectivity), layout_(layout) {}

  void read(Vertex source, std::vector<RowEdge>& row) {
    while (layout_.groups[group_].end <= source) ++group_;  // sources rise
    for (const ProjectionEdges& projection : connectivity_.projections())
      if (projection.source() == group_) append(projection, source, row);
  }

 private:
  void append(const ProjectionEdges& projection, Vertex source, std::vector<RowEdge>& row) {
    const PlacedPopulation& sources = connectivity_.populations()[group_];
    const PlacedPopulation& targets = connectivity_.populations()[projection.target()];
    const Vertex first = layout_.groups[projection.target()].begin;
    projection.read(sources.place_of(source - layout_.groups[group_].begin), row_, scratch_);
    for (std::size_t e = 0; e < row_.size(); ++e) {
      const Vertex target = first + targets.neuron_at(row_.target[e]);
      row.push_back({target, {row_.weight[e], row_.delay[e], length(source, target)}});
    }
  }
  float length(Vertex a, Vertex b) const {
    const double* positions = layout_.positions.data();
    return static_cast<float>(
        std::sqrt(squared_distance(space_, positions + a * space_.dims, positions + b * space_.dims)));
  }

  const Space& space_;
  const Connectivity& connectivity_;
  const GraphLayout& layout_;
  std::size_t group_ = 0;
  Row row_;
  RowMaker::Scratch scratch_;
};

}  // namespace

NeuronGraph build_neuron_graph(const Circuit& circuit, const Connectivity& connectivity,
                               double memory_bytes) {
  if (connectivity.off_grid())
    throw InputError("circuit", "a graph's delays are steps, and these lie between them",
                     "build the connectivity on the grid");
  const GraphLayout layout = layout_of(circuit, connectivity);
  CircuitRows rows(circuit, connectivity, layout);
  return build(layout, connectivity.n_edges(), memory_bytes,
               [&](Vertex source, std::vector<RowEdge>& row) { rows.read(source, row); });
}

NeuronGraph build_neuron_graph(const SpatialGraph& network, double memory_bytes) {
  GraphLayout layout{
      .groups = {}, .dims = network.dims(), .positions = {}, .step_ms = network.options().step_ms};
  for (std::size_t l = 0; l < network.n_layers(); ++l)
    layout.groups.push_back(
        {"layer " + std::to_string(l), network.layer_begin(l), network.layer_begin(l + 1)});
  for (Vertex v = 0; v < network.n_neurons(); ++v)
    layout.positions.insert(layout.positions.end(), network.position(v).begin(), network.position(v).end());
  const auto length = [&](Vertex a, Vertex b) {
    double squared = 0.0;
    for (std::size_t k = 0; k < layout.dims; ++k)
      squared += std::pow(layout.positions[a * layout.dims + k] - layout.positions[b * layout.dims + k], 2);
    return static_cast<float>(std::sqrt(squared));
  };
  return build(layout, network.n_edges(), memory_bytes, [&](Vertex source, std::vector<RowEdge>& row) {
    const auto targets = network.targets_of(source);
    const auto edges = network.edges_of(source);
    for (std::size_t e = 0; e < targets.size(); ++e)
      row.push_back(
          {targets[e], {static_cast<double>(edges[e].weight), edges[e].delay, length(source, targets[e])}});
  });
}

double graph_bytes(double n_neurons, double n_edges) {
  // Positions and the row that is read come on top of the graph's three arrays.
  return n_edges * static_cast<double>(sizeof(Vertex) + sizeof(GraphEdge)) + n_neurons * 64.0;
}

double analysis_bytes(double n_neurons, double n_edges) {
  // No more at once than a list of all pairs, one of those that are not joined where they are fewer, and a
  // graph that has each pair as two edges.
  return n_edges * 24.0 + n_neurons * 128.0;
}

void require_graph_memory(double n_edges, double bytes, double memory_bytes) {
  if (bytes <= memory_bytes) return;
  std::ostringstream problem;
  problem.precision(3);
  problem << "about " << n_edges << " edges as a graph need " << in_gib(bytes) << " of memory, and there are "
          << in_gib(memory_bytes);
  throw InputError("graph", problem.str(), "use a smaller cutoff, a lower probability or fewer neurons");
}

std::size_t NeuronGraph::n_neurons() const {
  return num_vertices(*graph_);
}
std::size_t NeuronGraph::n_edges() const {
  return num_edges(*graph_);
}
std::span<const VertexGroup> NeuronGraph::groups() const {
  return (*graph_)[boost::graph_bundle].groups;
}
std::size_t NeuronGraph::dims() const {
  return (*graph_)[boost::graph_bundle].dims;
}
double NeuronGraph::step_ms() const {
  return (*graph_)[boost::graph_bundle].step_ms;
}

std::size_t NeuronGraph::group_of(Vertex vertex) const {
  assert(vertex < n_neurons());
  const auto all = groups();
  return static_cast<std::size_t>(std::ranges::upper_bound(all, vertex, {}, &VertexGroup::end) - all.begin());
}

std::span<const double> NeuronGraph::position(Vertex vertex) const {
  return std::span((*graph_)[boost::graph_bundle].positions).subspan(vertex * dims(), dims());
}

std::span<const Vertex> NeuronGraph::targets_of(Vertex source) const {
  const auto [first, last] = adjacent_vertices(source, *graph_);
  return {first, last};
}

std::span<const GraphEdge> NeuronGraph::edges_of(Vertex source) const {
  const std::size_t degree = out_degree(source, *graph_);
  if (degree == 0) return {};
  return {&(*graph_)[*out_edges(source, *graph_).first],
          degree};  // the graph keeps a row's edges side by side
}

}  // namespace loci::sim
