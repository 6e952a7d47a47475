// Learned parameters: one flat vector seen through the layout's named groups.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sim/network.hpp"

namespace loci::sim {

template <typename Real>
struct BasicParameters {
  explicit BasicParameters(const NetworkDescription& network)
      : layout(network), values(layout.size(), Real{0}) {}

  std::span<Real> group(std::string_view kind, std::size_t layer) { return view(layout.at(kind, layer)); }
  std::span<const Real> group(std::string_view kind, std::size_t layer) const {
    return view(layout.at(kind, layer));
  }
  std::span<Real> view(const ParameterGroup& group) {
    return std::span(values).subspan(group.offset, group.size());
  }
  std::span<const Real> view(const ParameterGroup& group) const {
    return std::span(values).subspan(group.offset, group.size());
  }
  // Squared gap of connection l: 1 when fixed, 0 when relaxed (the layer coordinate is then one of the
  // learned ones).
  Real squared_gap(const NetworkDescription& network, std::size_t connection) const {
    if (network.layer_distance == LayerDistance::fixed) return Real{1};
    if (network.layer_distance == LayerDistance::relaxed) return Real{0};
    const Real gap = group("gap", connection)[0];
    return gap * gap;
  }

  ParameterLayout layout;
  std::vector<Real> values;
};

using Parameters = BasicParameters<float>;

// The same values, for what is computed in double from parameters learned in float.
BasicParameters<double> in_double(const NetworkDescription& network, const Parameters& parameters);

// Squared distances below this count as this, with no gradient: neurons that coincide while their gap
// vanishes keep finite weights. Any real softening is the description's own.
inline constexpr double least_squared_distance = 1e-12;

// The values as they act where positions are rounded (sim/quantisation.hpp): coordinates and gaps on their
// grid, all else as it is. Rounding them again changes nothing.
template <typename Real>
BasicParameters<Real> on_grid(const NetworkDescription& network, const BasicParameters<Real>& parameters);

struct Initialisation {
  double spread = 1.0;  // standard deviation of the normal positions
  double gap = 1.0;     // initial distance of neighbouring layers, when learned
  bool biases = true;   // false: those of dense networks start at 0, too
  std::uint64_t seed = 1;
};

// Positions N(0, spread), inhibition N(0, 1), gaps `gap`, biases 0; relaxed layer coordinates (the last
// column) uniform in [l, l + 1); dense weights and biases uniform in +-1/sqrt(fan-in), as torch.nn.Linear.
Parameters initialise(const NetworkDescription& network, const Initialisation& initialisation);

// One spatial connection pair by pair, for whoever looks at few of them: bit for bit the distances of
// connection_distances() and, as scaled_mask / distance, the weights of connection_weights() before edges and
// balancing. Positions and masks are rounded where the network's are. Refers to the parameters.
template <typename Real>
class SpatialPairs {
 public:
  SpatialPairs(const NetworkDescription& network, const BasicParameters<Real>& parameters,
               std::size_t connection);
  SpatialPairs(const SpatialPairs&) = delete;
  SpatialPairs& operator=(const SpatialPairs&) = delete;

  Real distance(std::size_t i, std::size_t j) const {
    Real squared = base_;
    for (std::size_t k = 0; k < n_coordinates_; ++k) {
      const Real difference = pre_[i * n_coordinates_ + k] - post_[j * n_coordinates_ + k];
      squared += difference * difference;
    }
    return std::sqrt(std::max(squared, static_cast<Real>(least_squared_distance)));
  }
  Real scaled_mask(std::size_t i) const { return scale_ * mask(i); }
  Real mask(std::size_t i) const {
    if (!quantisation_.rounds_masks()) return std::tanh(half_steepness_ * inhibition_[i]);
    // In double whatever Real is, so that all round alike.
    return static_cast<Real>(rounded_mask(quantisation_, std::tanh(static_cast<double>(half_steepness_) *
                                                                   static_cast<double>(inhibition_[i]))));
  }
  // What the squared distances have besides the learned coordinates: g_l^2 + softening.
  Real base() const { return base_; }

 private:
  Quantisation quantisation_;
  std::optional<BasicParameters<Real>> rounded_;  // where positions are
  std::span<const Real> pre_;
  std::span<const Real> post_;
  std::span<const Real> inhibition_;
  std::size_t n_coordinates_;
  Real base_;
  Real half_steepness_;
  Real scale_;
};

// Weights of connection l from the parameters, (n_l, n_{l+1}) row-major: the plain definition
//   W_ij = s_l m_i / r_ij,  m_i = tanh(k v_i / 2),  r_ij^2 = |p_i - p_j|^2 + g_l^2 + softening   (seed paper
//   eqs. 1-3),
// 0 where there is no edge, and W_ij - mean_j W_ij over the edges of i where the connection is balanced.
// Pruned softly, all pairs within the cutoff count for the mean, and what is left of W_ij is sign(W_ij)
// max(|W_ij| - q, 0), with q the largest |W_ij| removed (soft thresholding). Where the network rounds
// weights, this value, always computed in double, is rounded last (rounded_weight()).
template <typename Real>
std::vector<Real> connection_weights(const NetworkDescription& network,
                                     const BasicParameters<Real>& parameters, std::size_t connection);

// Row i of connection_weights(), (n_{l+1}), of a spatial network without pruning: rows know nothing of each
// other there. pairs: those of the connection.
void weight_row(const NetworkDescription& network, const SpatialPairs<double>& pairs, std::size_t connection,
                std::size_t i, std::span<double> row);

// The edges E of connection l, (n_l, n_{l+1}) row-major: 1 where a pair has one, 0 elsewhere. Edges are the
// pairs with r_ij <= cutoff, less the network.n_pruned() of them with the smallest rank: |W_ij| before
// balancing, 1 / r_ij where the longest go first, or |W_ij| after balancing where pruned softly. Of equal
// ones at the border none is removed, or, softly, all of them, since nothing is left of them.
template <typename Real>
std::vector<std::uint8_t> connection_edges(const NetworkDescription& network,
                                           const BasicParameters<Real>& parameters, std::size_t connection);

// By what pruning orders the pairs of connection l, (n_l, n_{l+1}) row-major: the smallest go first, whether
// they are edges or not. |W_ij| before balancing, 1 / r_ij, or |W_ij| after balancing.
template <typename Real>
std::vector<Real> pruning_ranks(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                                std::size_t connection);

// Biases of layer l + 1 as they act: centred where the connection is balanced, since balancing is a_j -
// mean_j(a_j) of the whole current, and rounded last where weights are.
template <typename Real>
std::vector<Real> connection_biases(const NetworkDescription& network,
                                    const BasicParameters<Real>& parameters, std::size_t connection);

// Euclidean distances of connection l, (n_l, n_{l+1}) row-major, softening included. Spatial networks only.
template <typename Real>
std::vector<Real> connection_distances(const NetworkDescription& network,
                                       const BasicParameters<Real>& parameters, std::size_t connection);

}  // namespace loci::sim
