#include "sim/parameters.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <type_traits>

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
    if (initialisation.biases)
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

template <typename Real>
std::vector<std::uint8_t> edges_within_cutoff(const NetworkDescription& network,
                                              const BasicParameters<Real>& parameters,
                                              std::size_t connection) {
  std::vector<std::uint8_t> edges(network.sizes[connection] * network.sizes[connection + 1], 1);
  if (!std::isfinite(network.cutoff)) return edges;
  const auto distances = connection_distances(network, parameters, connection);
  for (std::size_t at = 0; at < edges.size(); ++at)
    if (static_cast<double>(distances[at]) > network.cutoff) edges[at] = 0;
  return edges;
}

// Weights along these edges, 0 elsewhere, balanced where the connection is.
template <typename Real>
std::vector<Real> weights_along(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                                std::size_t connection, std::span<const std::uint8_t> edges) {
  auto weights = pair_weights(network, parameters, connection);
  for (std::size_t at = 0; at < weights.size(); ++at)
    if (edges[at] == 0) weights[at] = Real{0};
  if (network.balances(connection)) centre_rows<Real>(weights, edges, network.sizes[connection + 1]);
  return weights;
}

// The ranks of the edges, sorted up to the one at `place`; that one.
template <typename Real>
Real rank_at(std::span<const Real> ranks, std::span<const std::uint8_t> edges, std::size_t place) {
  std::vector<Real> of_edges;
  for (std::size_t at = 0; at < ranks.size(); ++at)
    if (edges[at] != 0) of_edges.push_back(ranks[at]);
  const auto wanted = of_edges.begin() + static_cast<std::ptrdiff_t>(place);
  std::ranges::nth_element(of_edges, wanted);
  return *wanted;
}

// Removes the edges of smallest rank and returns what the weights of the others are made smaller by.
template <typename Real>
Real prune(const NetworkDescription& network, std::size_t connection, std::span<const Real> ranks,
           std::vector<std::uint8_t>& edges) {
  const std::size_t n_removed =
      network.n_pruned(connection, static_cast<std::size_t>(std::ranges::count(edges, 1)));
  if (n_removed == 0) return Real{0};
  const bool softly = network.prunes_softly();
  const Real bound = rank_at(ranks, std::span<const std::uint8_t>(edges), softly ? n_removed - 1 : n_removed);
  for (std::size_t at = 0; at < ranks.size(); ++at)
    if (softly ? ranks[at] <= bound : ranks[at] < bound) edges[at] = 0;
  return softly ? bound : Real{0};
}

std::vector<float> in_single(const std::vector<double>& values) {
  std::vector<float> single(values.size());
  std::ranges::transform(values, single.begin(), [](double value) { return static_cast<float>(value); });
  return single;
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
BasicParameters<Real> on_grid(const NetworkDescription& network, const BasicParameters<Real>& parameters) {
  BasicParameters<Real> rounded = parameters;
  if (!network.quantisation.rounds_positions()) return rounded;
  for (const ParameterGroup& group : rounded.layout.groups()) {
    if (group.kind == "position")
      for (Real& value : rounded.view(group))
        value = static_cast<Real>(rounded_position(network.quantisation, value));
    if (group.kind == "gap")
      for (Real& value : rounded.view(group))
        value = static_cast<Real>(rounded_gap(network.quantisation, value));
  }
  return rounded;
}

template <typename Real>
SpatialPairs<Real>::SpatialPairs(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                                 std::size_t connection)
    : quantisation_(network.quantisation),
      inhibition_(parameters.group("inhibition", connection)),
      n_coordinates_(network.n_coordinates()),
      half_steepness_(static_cast<Real>(network.mask_steepness / 2)),
      scale_(static_cast<Real>(network.scale(connection))) {
  if (quantisation_.rounds_positions()) rounded_ = on_grid(network, parameters);
  const BasicParameters<Real>& acting = rounded_ ? *rounded_ : parameters;
  pre_ = acting.group("position", connection);
  post_ = acting.group("position", connection + 1);
  base_ = acting.squared_gap(network, connection) + static_cast<Real>(network.softening);
}

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
std::vector<Real> pruning_ranks(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                                std::size_t connection) {
  const bool by_length = network.pruned_by == PrunedBy::length;
  std::vector<Real> ranks;
  if (by_length)
    ranks = connection_distances(network, parameters, connection);
  else if (network.pruned_by == PrunedBy::soft_threshold)
    ranks = weights_along<Real>(network, parameters, connection,
                                edges_within_cutoff(network, parameters, connection));
  else
    ranks = pair_weights(network, parameters, connection);
  // What is not a number is kept: whoever uses it refuses it by name.
  for (Real& rank : ranks)
    rank = std::isnan(rank) ? std::numeric_limits<Real>::infinity() : std::abs(by_length ? 1 / rank : rank);
  return ranks;
}

template <typename Real>
std::vector<std::uint8_t> connection_edges(const NetworkDescription& network,
                                           const BasicParameters<Real>& parameters, std::size_t connection) {
  auto edges = edges_within_cutoff(network, parameters, connection);
  if (network.prunes())
    prune<Real>(network, connection, pruning_ranks(network, parameters, connection), edges);
  return edges;
}

template <typename Real>
std::vector<Real> connection_weights(const NetworkDescription& network,
                                     const BasicParameters<Real>& parameters, std::size_t connection) {
  if constexpr (!std::is_same_v<Real, double>)
    if (network.quantisation.rounds_weights())
      return in_single(connection_weights(network, in_double(network, parameters), connection));
  auto edges = edges_within_cutoff(network, parameters, connection);
  if (network.prunes() && !network.prunes_softly())
    prune<Real>(network, connection, pruning_ranks(network, parameters, connection), edges);
  auto weights = weights_along<Real>(network, parameters, connection, edges);
  if (network.prunes_softly()) {
    const Real bound =
        prune<Real>(network, connection, pruning_ranks(network, parameters, connection), edges);
    for (Real& weight : weights) weight -= std::clamp(weight, -bound, bound);
  }
  if (network.quantisation.rounds_weights())
    for (Real& weight : weights)
      weight = static_cast<Real>(rounded_weight(network.quantisation, connection, weight));
  return weights;
}

void weight_row(const NetworkDescription& network, const SpatialPairs<double>& pairs, std::size_t connection,
                std::size_t i, std::span<double> row) {
  assert(network.spatial() && !network.prunes());
  const double scaled_mask = pairs.scaled_mask(i);
  std::vector<std::uint8_t> far;
  double sum = 0.0;
  std::size_t n_edges = 0;
  for (std::size_t j = 0; j < row.size(); ++j) {
    const double distance = pairs.distance(i, j);
    row[j] = scaled_mask / distance;
    if (distance > network.cutoff) {
      far.resize(row.size());
      far[j] = 1;
      row[j] = 0.0;
      continue;
    }
    sum += row[j];
    ++n_edges;
  }
  if (network.balances(connection)) {
    const double mean = sum / static_cast<double>(n_edges);
    for (std::size_t j = 0; j < row.size(); ++j)
      if (far.empty() || far[j] == 0) row[j] -= mean;
  }
  if (!network.quantisation.rounds_weights()) return;
  for (double& weight : row) weight = rounded_weight(network.quantisation, connection, weight);
}

template <typename Real>
std::vector<Real> connection_biases(const NetworkDescription& network,
                                    const BasicParameters<Real>& parameters, std::size_t connection) {
  if constexpr (!std::is_same_v<Real, double>)
    if (network.quantisation.rounds_weights())
      return in_single(connection_biases(network, in_double(network, parameters), connection));
  const auto stored = parameters.group("bias", connection + 1);
  std::vector<Real> biases(stored.begin(), stored.end());
  if (network.balances(connection))
    centre_rows<Real>(biases, std::vector<std::uint8_t>(biases.size(), 1), biases.size());
  if (network.quantisation.rounds_weights())
    for (Real& bias : biases) bias = static_cast<Real>(rounded_bias(network.quantisation, connection, bias));
  return biases;
}

template BasicParameters<float> on_grid(const NetworkDescription&, const BasicParameters<float>&);
template BasicParameters<double> on_grid(const NetworkDescription&, const BasicParameters<double>&);
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
template std::vector<float> pruning_ranks(const NetworkDescription&, const BasicParameters<float>&,
                                          std::size_t);
template std::vector<double> pruning_ranks(const NetworkDescription&, const BasicParameters<double>&,
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
