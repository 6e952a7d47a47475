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
// [2^30, 2^32), and y the largest whole number with y^2 m <= 2^62, it is y 2^e. squared >= 1; 1 gives 2^31.
std::uint32_t inverse_root(std::uint32_t squared);

// How a connection's weights follow from the positions of its layers. For source i and target j
//   d_ij = 2^distance_shift sum_k (q_ik - q_jk)^2 + base,      at least 1 and below 2^32
//   w_ij = m_i (inverse_root(d_ij) - centre_i) / 2^shift,      to nearest, ties away from zero, within
//   +-limit
// where the pair has an edge: d_ij <= farthest and |m_i| inverse_root(d_ij) >= least. Otherwise w_ij = 0.
struct PositionConnection {
  std::vector<std::int16_t> mask;  // (n_sources)
  std::uint32_t base = 1;
  int distance_shift = 0;
  std::uint32_t farthest = 0xFFFFFFFF;
  std::uint64_t least = 0;
  // (n_sources): inverse_root's mean over the edges of a source, rounded down, where currents are balanced;
  // empty: 0.
  std::vector<std::uint32_t> centre;
  int shift = 1;  // 1 to 62
  std::int32_t limit = 127;

  bool operator==(const PositionConnection&) const = default;
};

struct PositionNetwork {
  std::size_t n_coordinates = 0;
  // By layer, (n, n_coordinates), row-major, the input first.
  std::vector<std::vector<std::int16_t>> position;
  std::vector<PositionConnection> connections;
  double step = 0.0;           // of the grid, in units of the model's positions
  std::vector<double> origin;  // (n_coordinates): where the grid's 0 lies

  std::size_t size(std::size_t layer) const { return position[layer].size() / n_coordinates; }
  bool operator==(const PositionNetwork&) const = default;
};

struct PositionGrid {
  int coordinate_bits = 16;  // 2 to 16; fewer are used where squared distances would not fit into 32
  int mask_bits = 16;        // 2 to 16
};

// The bits that coordinates really get: the most, up to those asked for, with which n_coordinates squared
// differences sum up to less than 2^31.
int usable_coordinate_bits(const PositionGrid& grid, std::size_t n_coordinates);

// Positions to the nearest point of the finest grid that holds them all, and what makes the weights of
// connection l nearest to units[l] W (sim::connection_weights()), within +-limits[l]: masks, gap and
// softening, cutoff and pruning by the same rules in whole numbers. units, limits: (n_connections). Throws
// InputError for a network without positions, and std::invalid_argument for numbers that make no sense.
PositionNetwork quantise_positions(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                   std::span<const double> units, std::span<const std::int32_t> limits,
                                   const PositionGrid& grid = {});

// w_ij of the rule above.
std::int32_t generated_weight(const PositionNetwork& network, std::size_t connection, std::size_t source,
                              std::size_t target);
// All of them, as an emulator, or a target that stores weights, takes them.
IntegerConnection generated_connection(const PositionNetwork& network, std::size_t connection);
// The network with generated weights in the place of its own; all else as it was.
IntegerNetwork with_generated_weights(IntegerNetwork network, const PositionNetwork& positions);
// inverse_root's means as `centre` holds them, whether the connection is balanced or not, (n_sources).
std::vector<std::uint32_t> centres(const PositionNetwork& network, std::size_t connection);

// How far generated weights are from the wanted ones, unit W; in weight steps.
struct WeightErrors {
  std::size_t beyond = 0;         // wanted weights beyond +-limit, which are left out of what follows
  double root_mean_square = 0.0;  // of the error
  double largest = 0.0;
  double mean = 0.0;               // far from 0: currents drift
  double relative = 0.0;           // root mean square of the error beside that of the wanted weights
  double rounding_relative = 0.0;  // the same for wanted weights rounded to nearest: what storing would lose
};

WeightErrors weight_errors(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                           const PositionNetwork& positions, std::size_t connection, double unit);

}  // namespace loci::backends
