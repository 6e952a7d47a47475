#include "backends/float_network.hpp"

#include <algorithm>
#include <cmath>

namespace loci::backends {
namespace {

void take_edges(const sim::SpatialGraph& graph, std::size_t connection, FloatLayer& layer) {
  const bool delayed = std::isfinite(graph.options().velocity);
  layer.weight.assign(layer.n_sources * layer.n_targets, 0.0F);
  if (delayed) layer.delay.assign(layer.weight.size(), 0);
  const sim::Vertex first_source = graph.layer_begin(connection);
  const sim::Vertex first_target = graph.layer_begin(connection + 1);
  for (std::size_t i = 0; i < layer.n_sources; ++i) {
    const auto source = static_cast<sim::Vertex>(first_source + i);
    const auto targets = graph.targets_of(source);
    const auto edges = graph.edges_of(source);
    for (std::size_t e = 0; e < targets.size(); ++e) {
      const std::size_t pair = i * layer.n_targets + (targets[e] - first_target);
      layer.weight[pair] = edges[e].weight;
      if (delayed) layer.delay[pair] = edges[e].delay - 1;  // one step is the layer's own latency
    }
  }
  if (delayed && std::ranges::max(layer.delay) == 0) layer.delay.clear();
}

}  // namespace

FloatNetwork float_network(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                           const sim::GraphOptions& options) {
  const sim::SpatialGraph graph = sim::build_spatial_graph(network, parameters, options);
  FloatNetwork result;
  for (std::size_t c = 0; c < network.n_connections(); ++c) {
    FloatLayer layer{.n_sources = network.sizes[c], .n_targets = network.sizes[c + 1]};
    take_edges(graph, c, layer);
    const auto bias = sim::connection_biases(network, parameters, c);
    layer.bias.assign(bias.begin(), bias.end());
    layer.lif = network.lif_of(c + 1);
    if (network.quantisation.rounds_weights()) layer.trained_scale = network.quantisation.weight_scale[c];
    result.layers.push_back(std::move(layer));
  }
  return result;
}

EdgeCounts count_edges(const FloatLayer& layer) {
  EdgeCounts counts;
  std::vector<std::size_t> fan_in(layer.n_targets);
  for (std::size_t i = 0; i < layer.n_sources; ++i) {
    std::size_t fan_out = 0;
    for (std::size_t j = 0; j < layer.n_targets; ++j) {
      const bool is_edge = layer.weight[i * layer.n_targets + j] != 0.0F;
      fan_out += is_edge ? 1 : 0;
      fan_in[j] += is_edge ? 1 : 0;
    }
    counts.fan_out = std::max(counts.fan_out, fan_out);
    counts.total += fan_out;
  }
  counts.fan_in = std::ranges::max(fan_in);
  for (const sim::Step delay : layer.delay) counts.longest_delay = std::max(counts.longest_delay, delay);
  return counts;
}

}  // namespace loci::backends
