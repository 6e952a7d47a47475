#include "backends/core_network.hpp"

#include <algorithm>
#include <stdexcept>

namespace loci::backends {
namespace {

CoreNetwork without_edges(const std::vector<std::size_t>& sizes, std::span<const float> positions,
                          std::size_t dims, std::span<const std::uint64_t> spikes) {
  CoreNetwork network{.layer_begin = {0},
                      .dims = dims,
                      .positions = {positions.begin(), positions.end()},
                      .first_edge = {0},
                      .target = {},
                      .spikes = {spikes.begin(), spikes.end()}};
  for (const std::size_t size : sizes)
    network.layer_begin.push_back(network.layer_begin.back() + static_cast<std::uint32_t>(size));
  if (spikes.size() != network.n_neurons())
    throw std::invalid_argument("core_network: one count of spikes for each neuron");
  if (positions.size() != network.n_neurons() * dims)
    throw std::invalid_argument("core_network: one position for each neuron, or none");
  return network;
}

// Of the next layer's neurons. is_edge: whether source i reaches target j.
template <typename IsEdge>
void add_connection(CoreNetwork& network, std::size_t layer, IsEdge is_edge) {
  const std::uint32_t first_target = network.layer_begin[layer + 1];
  const std::uint32_t n_targets = network.layer_begin[layer + 2] - first_target;
  const std::uint32_t n_sources = first_target - network.layer_begin[layer];
  for (std::uint32_t i = 0; i < n_sources; ++i) {
    for (std::uint32_t j = 0; j < n_targets; ++j)
      if (is_edge(std::size_t{i} * n_targets + j)) network.target.push_back(first_target + j);
    network.first_edge.push_back(network.target.size());
  }
}

template <typename IsEdge>
CoreNetwork with_weights(CoreNetwork network, IsEdge is_edge) {
  for (std::size_t l = 0; l + 1 < network.n_layers(); ++l)
    add_connection(network, l, [&](std::size_t pair) { return is_edge(l, pair); });
  network.first_edge.resize(network.n_neurons() + std::size_t{1}, network.target.size());
  return network;
}

}  // namespace

std::size_t CoreNetwork::layer_of(std::uint32_t neuron) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(layer_begin, neuron) - layer_begin.begin()) - 1;
}

std::vector<float> learned_positions(const sim::NetworkDescription& network,
                                     const sim::Parameters& parameters) {
  std::vector<float> positions;
  for (std::size_t l = 0; l < network.n_layers() && network.spatial(); ++l) {
    const auto layer = parameters.group("position", l);
    positions.insert(positions.end(), layer.begin(), layer.end());
  }
  return positions;
}

CoreNetwork core_network(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                         std::span<const std::uint64_t> spikes) {
  CoreNetwork placed =
      without_edges(network.sizes, learned_positions(network, parameters), network.n_coordinates(), spikes);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const auto edges = sim::connection_edges(network, parameters, l);
    add_connection(placed, l, [&](std::size_t pair) { return edges[pair] != 0; });
  }
  placed.first_edge.resize(placed.n_neurons() + std::size_t{1}, placed.target.size());
  return placed;
}

CoreNetwork core_network(const IntegerNetwork& network, std::span<const float> positions, std::size_t dims,
                         std::span<const std::uint64_t> spikes) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const IntegerLayer& layer : network.layers) sizes.push_back(layer.incoming.n_targets);
  return with_weights(
      without_edges(sizes, positions, dims, spikes),
      [&](std::size_t layer, std::size_t pair) { return network.layers[layer].incoming.weight[pair] != 0; });
}

CoreNetwork core_network(const FloatNetwork& network, std::span<const float> positions, std::size_t dims,
                         std::span<const std::uint64_t> spikes) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const FloatLayer& layer : network.layers) sizes.push_back(layer.n_targets);
  return with_weights(
      without_edges(sizes, positions, dims, spikes),
      [&](std::size_t layer, std::size_t pair) { return network.layers[layer].weight[pair] != 0.0F; });
}

}  // namespace loci::backends
