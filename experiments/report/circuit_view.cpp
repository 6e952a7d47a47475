#include "experiments/report/circuit_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "experiments/report/edge_digest.hpp"
#include "experiments/report/points.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/placement.hpp"
#include "sim/circuit/size.hpp"
#include "sim/error.hpp"
#include "sim/graph/neuron_graph.hpp"

namespace loci::experiments {
namespace {

void place(const sim::Circuit& circuit, NetworkView& view) {
  const std::size_t dims = circuit.space.dims;
  view.placed = dims > 0;
  view.axes = view.placed ? std::array<std::string, 3>{"x", "y", "z"}
                          : std::array<std::string, 3>{"column", "row", "population"};
  auto neuron = view.neurons.begin();
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    const std::size_t n = circuit.populations[p].size;
    const std::size_t first = view.first_of(p);
    const auto given = view.placed ? sim::place_population(circuit, p) : std::vector<double>();
    const auto grid = view.placed ? std::vector<float>() : grid_places(n);
    const float height = static_cast<float>(p) * 0.5F *
                         static_cast<float>(std::max<double>(1.0, std::sqrt(static_cast<double>(n))));
    for (; neuron != view.neurons.end() && *neuron < first + n; ++neuron) {
      const std::size_t i = *neuron - first;
      if (view.placed)
        for (std::size_t k = 0; k < 3; ++k)
          view.positions.push_back(k < dims ? static_cast<float>(given[i * dims + k]) : 0.0F);
      else
        view.positions.insert(view.positions.end(), {grid[2 * i], grid[2 * i + 1], height});
    }
  }
}

std::optional<sim::NeuronGraph> graph_of(const sim::Circuit& circuit, const ViewOptions& options,
                                         double memory_bytes, std::vector<std::string>& notes) {
  if (circuit.projections.empty()) {
    notes.emplace_back("no edges are shown: the network was given without any");
    return std::nullopt;
  }
  const sim::ConnectivityOptions edges{.memory_bytes = memory_bytes};
  const double n_edges = sim::expected_size(circuit, edges).n_edges();
  if (n_edges > options.most_edges) {
    notes.push_back(
        fmt::format("edges are not shown: {:.3g} are expected, and a report looks at {:.3g} at most", n_edges,
                    options.most_edges));
    return std::nullopt;
  }
  return sim::build_neuron_graph(circuit, sim::Connectivity(circuit, edges), memory_bytes);
}

void walk_between(const sim::NeuronGraph& graph, const sim::VertexGroup& source,
                  const sim::VertexGroup& target, const VisitEdge& visit) {
  for (sim::Vertex from = source.begin; from < source.end; ++from) {
    const auto targets = graph.targets_of(from);
    const auto edges = graph.edges_of(from);
    for (std::size_t e = 0; e < targets.size(); ++e)
      if (targets[e] >= target.begin && targets[e] < target.end)
        visit(static_cast<double>(edges[e].length), edges[e].weight);
  }
}

void add_edges(const sim::NeuronGraph& graph, const ViewOptions& options, NetworkView& view) {
  EdgeDigest digest(view.n_neurons(), strong_edges_each(view.neurons.size(), options));
  for (std::size_t source = 0; source < graph.n_neurons(); ++source) {
    const auto vertex = static_cast<sim::Vertex>(source);
    const auto targets = graph.targets_of(vertex);
    const auto edges = graph.edges_of(vertex);
    for (std::size_t e = 0; e < targets.size(); ++e) digest.add(vertex, targets[e], edges[e].weight);
  }
  view.n_edges = digest.n_edges();
  view.outgoing = digest.outgoing(view.neurons);
  view.incoming = digest.incoming(view.neurons);
  PrunedDegrees degrees;
  for (std::size_t i = 0; i < view.neurons.size(); ++i) {
    degrees.degree.push_back(digest.degrees()[view.neurons[i]]);
    view.sign[i] = digest.sign_of(view.neurons[i]);
  }
  view.degrees.push_back(std::move(degrees));
  if (!view.placed) return;
  for (const sim::VertexGroup& source : graph.groups())
    for (const sim::VertexGroup& target : graph.groups()) {
      auto grid = weight_over_length(
          source.name + " to " + target.name,
          [&](const VisitEdge& visit) { walk_between(graph, source, target, visit); }, options.n_bins);
      if (grid.n_x > 0) view.edge_grids.push_back(std::move(grid));
    }
}

}  // namespace

NetworkView circuit_view(const sim::Circuit& circuit, const std::string& title, const std::string& source,
                         const ViewOptions& options, double memory_bytes, std::vector<std::string>& notes) {
  NetworkView view{.title = title, .source = source};
  for (const sim::Population& population : circuit.populations)
    view.groups.push_back({population.name, population.size});
  view.neurons = shown_neurons(view.groups, options.most_neurons);
  if (view.neurons.size() < view.n_neurons())
    notes.push_back(fmt::format("{} of {} neurons are shown, evenly chosen from each population",
                                view.neurons.size(), view.n_neurons()));
  place(circuit, view);
  if (view.placed) view.axis_histograms = axis_histograms(view, options.n_bins);
  view.sign.assign(view.neurons.size(), 0.0F);
  view.outgoing.begin.assign(view.neurons.size() + 1, 0);
  view.incoming.begin = view.outgoing.begin;
  const bool delta = std::ranges::all_of(circuit.populations, [](const sim::Population& population) {
    return population.cell.model == sim::CellModel::lif_delta ||
           population.cell.model == sim::CellModel::integrator;
  });
  const bool discrete = std::ranges::all_of(circuit.populations, [](const sim::Population& population) {
    return population.cell.model == sim::CellModel::lif_discrete;
  });
  view.weight_unit = discrete ? "" : delta ? "mV" : "mV or pA, as the target has it";
  try {
    if (const auto graph = graph_of(circuit, options, memory_bytes, notes)) add_edges(*graph, options, view);
  } catch (const InputError& error) {
    notes.push_back(fmt::format("edges are not shown: {}: {}", error.where(), error.problem()));
  }
  return view;
}

}  // namespace loci::experiments
