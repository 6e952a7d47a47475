// Weights that are not stored: whole-number positions and masks, and the one rule by which the emulator and
// generated C compute the same integer weights from them (docs/targets/positions.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"

namespace loci::backends {

// floor-like 2^31 / sqrt(squared) with 16 good bits. With e the number for which m = squared 4^e lies in
// [2^30, 2^32), and y the largest whole number with y^2 m <= 2^62, it is y 2^e; 1 gives
// 2^31. 0, of neurons that coincide, counts as 1.
std::uint32_t inverse_root(std::uint32_t squared);

// How a connection's weights follow from the positions of its layers. For source i and target j
//   d_ij = 2^distance_shift sum_k (q_ik - q_jk)^2 + base,             below 2^32
//   w_ij = m_i (inverse_root(d_ij) - centre_i) multiplier / 2^shift,  to nearest, ties away from zero, within
//   -limit - 1 to limit
// where the pair has an edge: d_ij <= farthest and |m_i| inverse_root(d_ij) >= least. Otherwise w_ij = 0.
struct PositionConnection {
  std::vector<std::int16_t> mask;  // (n_sources), in units of 2^(1 - mask bits)
  std::uint32_t base = 1;
  int distance_shift = 0;
  std::uint32_t farthest = 0xFFFFFFFF;
  std::uint64_t least = 0;
  // (n_sources): inverse_root's mean over the edges of a source, rounded down, where currents are balanced;
  // empty: 0.
  std::vector<std::uint32_t> centre;
  std::uint16_t multiplier = 1;  // with shift: the scale of the weights, in the units of all of the above
  int shift = 1;                 // 1 to 62
  std::int32_t limit = 127;

  bool operator==(const PositionConnection&) const = default;
};

struct PositionNetwork {
  std::size_t n_coordinates = 0;
  // By layer, (n, n_coordinates), row-major, the input first.
  std::vector<std::vector<std::int16_t>> position;
  std::vector<PositionConnection> connections;

  std::size_t size(std::size_t layer) const { return position[layer].size() / n_coordinates; }
  bool operator==(const PositionNetwork&) const = default;
};

// The most bits of coordinates with which n_coordinates squared differences sum up to less than 2^31.
std::size_t most_coordinate_bits(std::size_t n_coordinates);
inline constexpr std::size_t most_mask_bits = 16;

// The description with positions and masks rounded as the rule can hold them (sim/quantisation.hpp): as they
// were trained where the network rounds them, else on the finest grid there is. Throws InputError for a
// network without positions, for parameters that are not finite, and for a rounding that is too fine for the
// rule.
sim::NetworkDescription on_generator_grid(const sim::NetworkDescription& network,
                                          const sim::Parameters& parameters);

// Positions and masks in whole steps of on_generator_grid(), and what makes the weights of connection l
// nearest to units[l] W (sim::connection_weights(), before any rounding of weights), within -limits[l] - 1 to
// limits[l]: gap and softening, cutoff and pruning by the same rules in whole numbers. units, limits:
// (n_connections). Throws what on_generator_grid() throws, and std::invalid_argument for numbers that make no
// sense.
PositionNetwork quantise_positions(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                   std::span<const double> units, std::span<const std::int32_t> limits);

// w_ij of the rule above.
std::int32_t generated_weight(const PositionNetwork& network, std::size_t connection, std::size_t source,
                              std::size_t target);
// All of them, as an emulator, or a target that stores weights, takes them.
IntegerConnection generated_connection(const PositionNetwork& network, std::size_t connection);
// The network with generated weights in the place of its own; all else as it was.
IntegerNetwork with_generated_weights(IntegerNetwork network, const PositionNetwork& positions);
// inverse_root's means as `centre` holds them, whether the connection is balanced or not, (n_sources).
std::vector<std::uint32_t> centres(const PositionNetwork& network, std::size_t connection);

}  // namespace loci::backends
