#include "sim/layered_circuit.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/error.hpp"

namespace loci::sim {
namespace {

constexpr Lif relay{.beta = 0.0, .threshold = 0.5, .reset = Reset::none};

// Which of a neuron's coordinates a circuit's space has.
std::vector<std::size_t> axes_of(const SpatialGraph& graph) {
  if (graph.dims() > 3) return {0, 1, graph.dims() - 1};
  std::vector<std::size_t> axes;
  for (std::size_t k = 0; k < graph.dims(); ++k) axes.push_back(k);
  return axes;
}

Space space_of(const SpatialGraph& graph) {
  const auto axes = axes_of(graph);
  Space space{.dims = axes.size()};
  for (std::size_t k = 0; k < axes.size(); ++k) {
    double low = graph.position(0)[axes[k]];
    double high = low;
    for (Vertex v = 0; v < graph.n_neurons(); ++v) {
      low = std::min(low, static_cast<double>(graph.position(v)[axes[k]]));
      high = std::max(high, static_cast<double>(graph.position(v)[axes[k]]));
    }
    space.lower[k] = low;
    space.extent[k] = high > low ? high - low : 1.0;
  }
  return space;
}

Population population_of(const NetworkDescription& network, const SpatialGraph& graph, std::size_t layer) {
  Population population{.name = layer_name(layer, network.n_layers()), .size = network.sizes[layer]};
  population.cell.model = CellModel::lif_discrete;
  population.cell.discrete = layer == 0 ? relay : network.lif_of(layer);
  if (graph.dims() > 0) population.placement.kind = PlacementKind::given;
  for (Vertex v = graph.layer_begin(layer); v < graph.layer_begin(layer + 1); ++v)
    for (const std::size_t axis : axes_of(graph))
      population.placement.positions.push_back(graph.position(v)[axis]);
  return population;
}

Projection projection_of(const SpatialGraph& graph, std::size_t layer) {
  Projection projection{.source = layer_name(layer, graph.n_layers()),
                        .target = layer_name(layer + 1, graph.n_layers()),
                        .rule = ConnectionRule::given};
  EdgeList& list = projection.edges;
  const Vertex first_source = graph.layer_begin(layer);
  const Vertex first_target = graph.layer_begin(layer + 1);
  for (Vertex source = first_source; source < first_target; ++source) {
    const auto targets = graph.targets_of(source);
    const auto edges = graph.edges_of(source);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      list.source.push_back(source - first_source);
      list.target.push_back(targets[e] - first_target);
      list.weight.push_back(edges[e].weight);
      list.delay_ms.push_back(graph.delay_ms(edges[e]));
    }
  }
  return projection;
}

// Times are those at which spikes arrive, each the end of its step.
Input input_of(const SpikeTrains& sample, const std::string& target, double step_ms) {
  Input input{.target = target, .kind = InputKind::trains, .weight = 1.0};
  for (std::size_t step = 0; step + 1 < sample.begin.size(); ++step)
    for (const std::uint32_t neuron : sample.at(step)) {
      input.times_ms.push_back(static_cast<double>(step + 1) * step_ms);
      input.neurons.push_back(neuron);
    }
  return input;
}

// A relay in the middle of the layer that sends the biases, from the step before the layer's first.
void add_biases(const std::vector<float>& biases, std::size_t layer, Circuit& circuit) {
  const Population& targets = circuit.populations[layer];
  Population source{.name = "bias_" + targets.name, .size = 1};
  source.cell.model = CellModel::lif_discrete;
  source.cell.discrete = relay;
  source.placement.kind = targets.placement.kind;
  const std::size_t dims = circuit.space.dims;
  source.placement.positions.assign(dims, 0.0);
  for (std::size_t at = 0; at < targets.placement.positions.size(); ++at)
    source.placement.positions[at % dims] +=
        targets.placement.positions[at] / static_cast<double>(targets.size);
  for (std::size_t k = 0; k < dims; ++k) {  // a mean may be rounded out of the box
    double& x = source.placement.positions[k];
    x = std::clamp(x, circuit.space.lower[k], circuit.space.lower[k] + circuit.space.extent[k]);
  }
  Projection projection{.source = source.name, .target = targets.name, .rule = ConnectionRule::given};
  for (std::uint32_t neuron = 0; neuron < biases.size(); ++neuron) {
    if (biases[neuron] == 0.0F) continue;
    projection.edges.source.push_back(0);
    projection.edges.target.push_back(neuron);
    projection.edges.weight.push_back(biases[neuron]);
    projection.edges.delay_ms.push_back(circuit.step_ms);
  }
  circuit.inputs.push_back({.target = source.name,
                            .kind = InputKind::regular,
                            .weight = 1.0,
                            .start_ms = static_cast<double>(layer) * circuit.step_ms,
                            .interval_ms = circuit.step_ms});
  circuit.populations.push_back(std::move(source));
  circuit.projections.push_back(std::move(projection));
}

}  // namespace

std::string layer_name(std::size_t layer, std::size_t n_layers) {
  if (layer == 0) return "input";
  return layer + 1 == n_layers ? "output" : "hidden_" + std::to_string(layer);
}

Circuit layered_circuit(const NetworkDescription& network, const Parameters& parameters,
                        const SpatialGraph& graph, const SpikeTrains* sample) {
  if (!network.spiking())
    throw InputError("network.neuron", "a rate network has no spikes to simulate",
                     "choose spiking neurons (snn)");
  Circuit circuit{.space = space_of(graph), .populations = {}, .projections = {}, .inputs = {}};
  circuit.step_ms = graph.options().step_ms;
  for (std::size_t l = 0; l < network.n_layers(); ++l)
    circuit.populations.push_back(population_of(network, graph, l));
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    circuit.projections.push_back(projection_of(graph, l));
  for (std::size_t l = 1; l < network.n_layers(); ++l) {
    const auto biases = connection_biases(network, parameters, l - 1);
    if (std::ranges::any_of(biases, [](float b) { return b != 0.0F; })) add_biases(biases, l, circuit);
  }
  if (sample != nullptr && !sample->neuron.empty())
    circuit.inputs.push_back(input_of(*sample, circuit.populations.front().name, circuit.step_ms));
  return circuit;
}

}  // namespace loci::sim
