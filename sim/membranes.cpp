#include "sim/membranes.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>

#include "sim/engine.hpp"

namespace loci::sim {
namespace {

std::optional<Edge> edge_between(const SpatialGraph& graph, Vertex source, Vertex target) {
  const auto targets = graph.targets_of(source);
  const auto found = std::ranges::lower_bound(targets, target);
  if (found == targets.end() || *found != target) return std::nullopt;
  return graph.edges_of(source)[static_cast<std::size_t>(found - targets.begin())];
}

// Bias and pixels, summed in the order of LayeredSimulation's.
double constant_current(const SpatialGraph& graph, std::span<const std::uint8_t> pixels, Vertex neuron,
                        double bias) {
  double current = bias;
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (pixels[i] != 0)
      if (const auto edge = edge_between(graph, static_cast<Vertex>(i), neuron))
        current += pixels[i] / 255.0 * static_cast<double>(edge->weight);
  return current;
}

// What the recorded spikes bring to a neuron at each step, summed in the order in which they were sent.
std::vector<double> arrivals(const SpatialGraph& graph, const LayeredModel& model,
                             const RecordedSample& sample, Vertex neuron) {
  const auto layer = graph.layer_of(neuron);
  const Vertex first = graph.layer_begin(layer - 1);
  const Vertex end = graph.layer_begin(layer);
  std::vector<std::optional<Edge>> incoming;
  for (Vertex source = first; source < end; ++source) incoming.push_back(edge_between(graph, source, neuron));
  std::vector<double> arrived(model.window, 0.0);
  for (std::size_t s = 0; s < sample.spikes.size(); ++s) {
    const Vertex source = index_of(sample.spikes.neuron[s]);
    if (source < first || source >= end || !incoming[source - first]) continue;
    const Edge& edge = *incoming[source - first];
    const auto sent = static_cast<Step>(std::lround(sample.spikes.time_ms[s] / sample.step_ms)) - 1;
    if (sent + edge.delay < model.arrive_before[source])
      arrived[sent + edge.delay] += static_cast<double>(edge.weight);
  }
  return arrived;
}

}  // namespace

std::vector<double> membranes_of(const NetworkDescription& network, const Parameters& parameters,
                                 const SpatialGraph& graph, const RecordedSample& sample,
                                 std::span<const Vertex> neurons) {
  const LayeredModel model(network, graph, static_cast<Step>(sample.n_steps));
  std::vector<double> membranes(model.window * neurons.size(), 0.0);
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const std::size_t layer = graph.layer_of(neurons[k]);
    assert(layer > 0);
    const ActiveLayer& active = model.layers[layer - 1];
    const double bias = connection_biases(network, parameters, layer - 1)[neurons[k] - active.begin];
    const double current = layer == 1 ? constant_current(graph, sample.pixels, neurons[k], bias) : bias;
    const std::vector<double> arrived = arrivals(graph, model, sample, neurons[k]);
    double membrane = 0.0;
    for (Step now = 0; now < model.window; ++now) {
      if (active.active(now)) active.lif.step(current + arrived[now], membrane);
      membranes[now * neurons.size() + k] = membrane;
    }
  }
  return membranes;
}

}  // namespace loci::sim
