#include "sim/parameters.hpp"

#include <algorithm>
#include <cmath>

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

// Subtracts from each row its mean: W_ij - mean_j W_ij.
template <typename Real>
void centre_rows(std::vector<Real>& weights, std::size_t n_columns) {
  for (std::size_t begin = 0; begin < weights.size(); begin += n_columns) {
    Real sum{0};
    for (std::size_t j = 0; j < n_columns; ++j) sum += weights[begin + j];
    const Real mean = sum / static_cast<Real>(n_columns);
    for (std::size_t j = 0; j < n_columns; ++j) weights[begin + j] -= mean;
  }
}

}  // namespace

Parameters initialise(const NetworkDescription& network, const Initialisation& initialisation) {
  Parameters parameters(network);
  if (network.spatial())
    initialise_spatial(network, initialisation, parameters);
  else
    initialise_dense(network, initialisation, parameters);
  return parameters;
}

template <typename Real>
std::vector<Real> connection_distances(const NetworkDescription& network,
                                       const BasicParameters<Real>& parameters, std::size_t connection) {
  const std::size_t n_pre = network.sizes[connection];
  const std::size_t n_post = network.sizes[connection + 1];
  const std::size_t n_coordinates = network.n_coordinates();
  const auto pre = parameters.group("position", connection);
  const auto post = parameters.group("position", connection + 1);
  const Real base = parameters.squared_gap(network, connection) + static_cast<Real>(network.softening);
  std::vector<Real> distances(n_pre * n_post);
  for (std::size_t i = 0; i < n_pre; ++i) {
    for (std::size_t j = 0; j < n_post; ++j) {
      Real squared = base;
      for (std::size_t k = 0; k < n_coordinates; ++k) {
        const Real difference = pre[i * n_coordinates + k] - post[j * n_coordinates + k];
        squared += difference * difference;
      }
      distances[i * n_post + j] = std::sqrt(std::max(squared, static_cast<Real>(least_squared_distance)));
    }
  }
  return distances;
}

template <typename Real>
std::vector<Real> connection_weights(const NetworkDescription& network,
                                     const BasicParameters<Real>& parameters, std::size_t connection) {
  const std::size_t n_pre = network.sizes[connection];
  const std::size_t n_post = network.sizes[connection + 1];
  std::vector<Real> weights;
  if (network.spatial()) {
    weights = connection_distances(network, parameters, connection);
    const auto inhibition = parameters.group("inhibition", connection);
    for (std::size_t i = 0; i < n_pre; ++i) {
      const Real mask = std::tanh(static_cast<Real>(network.mask_steepness / 2) * inhibition[i]);
      const Real scaled = static_cast<Real>(network.scale(connection)) * mask;
      for (std::size_t j = 0; j < n_post; ++j) weights[i * n_post + j] = scaled / weights[i * n_post + j];
    }
  } else {
    const auto stored = parameters.group("weight", connection);
    weights.assign(stored.begin(), stored.end());
  }
  if (network.balances(connection)) centre_rows(weights, n_post);
  return weights;
}

template <typename Real>
std::vector<Real> connection_biases(const NetworkDescription& network,
                                    const BasicParameters<Real>& parameters, std::size_t connection) {
  const auto stored = parameters.group("bias", connection + 1);
  std::vector<Real> biases(stored.begin(), stored.end());
  if (network.balances(connection)) centre_rows(biases, biases.size());
  return biases;
}

template std::vector<float> connection_biases(const NetworkDescription&, const BasicParameters<float>&,
                                              std::size_t);
template std::vector<double> connection_biases(const NetworkDescription&, const BasicParameters<double>&,
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
