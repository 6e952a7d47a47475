#include "sim/parameters.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/random.hpp"

namespace loci::sim {
namespace {

void initialise_spatial(const NetworkDescription& network, const Initialisation& initialisation,
                        Parameters& parameters) {
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const auto layer = static_cast<std::uint32_t>(l);
    const auto position = parameters.group("position", l);
    fill_normal(position, static_cast<float>(initialisation.spread), initialisation.seed, Stream::position,
                layer);
    if (!network.relaxed()) continue;
    std::vector<float> z(network.sizes[l]);
    fill_uniform(z, static_cast<float>(l), static_cast<float>(l + 1), initialisation.seed,
                 Stream::layer_coordinate, layer);
    for (std::size_t i = 0; i < z.size(); ++i) position[(i + 1) * network.dims - 1] = z[i];
  }
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    fill_normal(parameters.group("inhibition", l), 1.0F, initialisation.seed, Stream::inhibition,
                static_cast<std::uint32_t>(l));
    if (network.layer_distance == LayerDistance::learned)
      parameters.group("gap", l)[0] = static_cast<float>(initialisation.gap);
  }
}

void initialise_dense(const NetworkDescription& network, const Initialisation& initialisation,
                      Parameters& parameters) {
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const float bound = 1.0F / std::sqrt(static_cast<float>(network.sizes[l]));
    const auto layer = static_cast<std::uint32_t>(l);
    fill_uniform(parameters.group("weight", l), -bound, bound, initialisation.seed, Stream::weight, layer);
    fill_uniform(parameters.group("bias", l + 1), -bound, bound, initialisation.seed, Stream::bias, layer);
  }
}

// Subtracts from each row's edges their mean: W_ij - mean_{j in N(i)} W_ij.
template <typename Real>
void centre_rows(std::vector<Real>& weights, std::span<const std::uint8_t> edges, std::size_t n_columns) {
  for (std::size_t begin = 0; begin < weights.size(); begin += n_columns) {
    Real sum{0};
    std::size_t n_edges = 0;
    for (std::size_t at = begin; at < begin + n_columns; ++at) {
      if (edges[at] == 0) continue;
      sum += weights[at];
      ++n_edges;
    }
    const Real mean = sum / static_cast<Real>(n_edges);
    for (std::size_t at = begin; at < begin + n_columns; ++at)
      if (edges[at] != 0) weights[at] -= mean;
  }
}

// Of every pair, whether it has an edge or not, and before balancing.
template <typename Real>
std::vector<Real> pair_weights(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                               std::size_t connection) {
  if (!network.spatial()) {
    const auto stored = parameters.group("weight", connection);
    return {stored.begin(), stored.end()};
  }
  const SpatialPairs<Real> pairs(network, parameters, connection);
  std::vector<Real> weights = connection_distances(network, parameters, connection);
  const std::size_t n_post = network.sizes[connection + 1];
  for (std::size_t i = 0; i < network.sizes[connection]; ++i) {
    const Real scaled = pairs.scaled_mask(i);
    for (std::size_t j = 0; j < n_post; ++j) weights[i * n_post + j] = scaled / weights[i * n_post + j];
  }
  return weights;
}

// Removes the edges of smallest |weight|.
template <typename Real>
void prune(const NetworkDescription& network, std::span<const Real> weights,
           std::vector<std::uint8_t>& edges) {
  // What is not a number is kept: whoever uses it refuses it by name.
  const auto magnitude = [](Real weight) {
    return std::isnan(weight) ? std::numeric_limits<Real>::infinity() : std::abs(weight);
  };
  std::vector<Real> magnitudes;
  for (std::size_t at = 0; at < weights.size(); ++at)
    if (edges[at] != 0) magnitudes.push_back(magnitude(weights[at]));
  if (magnitudes.empty()) return;
  const auto least = magnitudes.begin() + static_cast<std::ptrdiff_t>(network.n_pruned(magnitudes.size()));
  std::ranges::nth_element(magnitudes, least);
  for (std::size_t at = 0; at < weights.size(); ++at)
    if (magnitude(weights[at]) < *least) edges[at] = 0;
}

}  // namespace

BasicParameters<double> in_double(const NetworkDescription& network, const Parameters& parameters) {
  BasicParameters<double> exact(network);
  std::ranges::copy(parameters.values, exact.values.begin());
  return exact;
}

Parameters initialise(const NetworkDescription& network, const Initialisation& initialisation) {
  Parameters parameters(network);
  if (network.spatial())
    initialise_spatial(network, initialisation, parameters);
  else
    initialise_dense(network, initialisation, parameters);
  return parameters;
}

template <typename Real>
SpatialPairs<Real>::SpatialPairs(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                                 std::size_t connection)
    : pre_(parameters.group("position", connection)),
      post_(parameters.group("position", connection + 1)),
      inhibition_(parameters.group("inhibition", connection)),
      n_coordinates_(network.n_coordinates()),
      base_(parameters.squared_gap(network, connection) + static_cast<Real>(network.softening)),
      half_steepness_(static_cast<Real>(network.mask_steepness / 2)),
      scale_(static_cast<Real>(network.scale(connection))) {}

template <typename Real>
std::vector<Real> connection_distances(const NetworkDescription& network,
                                       const BasicParameters<Real>& parameters, std::size_t connection) {
  const SpatialPairs<Real> pairs(network, parameters, connection);
  std::vector<Real> distances;
  distances.reserve(network.sizes[connection] * network.sizes[connection + 1]);
  for (std::size_t i = 0; i < network.sizes[connection]; ++i)
    for (std::size_t j = 0; j < network.sizes[connection + 1]; ++j) distances.push_back(pairs.distance(i, j));
  return distances;
}

template <typename Real>
std::vector<std::uint8_t> connection_edges(const NetworkDescription& network,
                                           const BasicParameters<Real>& parameters, std::size_t connection) {
  std::vector<std::uint8_t> edges(network.sizes[connection] * network.sizes[connection + 1], 1);
  if (std::isfinite(network.cutoff)) {
    const auto distances = connection_distances(network, parameters, connection);
    for (std::size_t at = 0; at < edges.size(); ++at)
      if (static_cast<double>(distances[at]) > network.cutoff) edges[at] = 0;
  }
  if (network.pruned > 0.0) prune<Real>(network, pair_weights(network, parameters, connection), edges);
  return edges;
}

template <typename Real>
std::vector<Real> connection_weights(const NetworkDescription& network,
                                     const BasicParameters<Real>& parameters, std::size_t connection) {
  auto weights = pair_weights(network, parameters, connection);
  if (!network.culled() && !network.balances(connection)) return weights;
  const auto edges = connection_edges(network, parameters, connection);
  for (std::size_t at = 0; at < weights.size(); ++at)
    if (edges[at] == 0) weights[at] = Real{0};
  if (network.balances(connection)) centre_rows<Real>(weights, edges, network.sizes[connection + 1]);
  return weights;
}

template <typename Real>
std::vector<Real> connection_biases(const NetworkDescription& network,
                                    const BasicParameters<Real>& parameters, std::size_t connection) {
  const auto stored = parameters.group("bias", connection + 1);
  std::vector<Real> biases(stored.begin(), stored.end());
  if (network.balances(connection))
    centre_rows<Real>(biases, std::vector<std::uint8_t>(biases.size(), 1), biases.size());
  return biases;
}

template class SpatialPairs<float>;
template class SpatialPairs<double>;
template std::vector<float> connection_biases(const NetworkDescription&, const BasicParameters<float>&,
                                              std::size_t);
template std::vector<double> connection_biases(const NetworkDescription&, const BasicParameters<double>&,
                                               std::size_t);
template std::vector<std::uint8_t> connection_edges(const NetworkDescription&, const BasicParameters<float>&,
                                                    std::size_t);
template std::vector<std::uint8_t> connection_edges(const NetworkDescription&, const BasicParameters<double>&,
                                                    std::size_t);
template std::vector<float> connection_weights(const NetworkDescription&, const BasicParameters<float>&,
                                               std::size_t);
template std::vector<double> connection_weights(const NetworkDescription&, const BasicParameters<double>&,
                                                std::size_t);
template std::vector<float> connection_distances(const NetworkDescription&, const BasicParameters<float>&,
                                                 std::size_t);
template std::vector<double> connection_distances(const NetworkDescription&, const BasicParameters<double>&,
                                                  std::size_t);

}  // namespace loci::sim
