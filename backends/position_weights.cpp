#include "backends/position_weights.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>

#include "backends/fixed_point.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr double one_inverse = 0x1p31;  // inverse_root(1)

std::uint32_t squared_distance(const PositionNetwork& network, std::size_t connection, std::size_t source,
                               std::size_t target) {
  const std::size_t n = network.n_coordinates;
  const std::int16_t* from = network.position[connection].data() + source * n;
  const std::int16_t* to = network.position[connection + 1].data() + target * n;
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    const std::int32_t difference = from[k] - to[k];
    sum += static_cast<std::uint32_t>(difference * difference);
  }
  const PositionConnection& rule = network.connections[connection];
  return (sum << rule.distance_shift) + rule.base;
}

// inverse_root of each target's distance, 0 where there is no edge.
void inverses(const PositionNetwork& network, std::size_t connection, std::size_t source,
              std::vector<std::uint32_t>& row) {
  const PositionConnection& rule = network.connections[connection];
  row.resize(network.size(connection + 1));
  const auto mask = static_cast<std::uint64_t>(std::abs(int{rule.mask[source]}));
  for (std::size_t j = 0; j < row.size(); ++j) {
    const std::uint32_t squared = squared_distance(network, connection, source, j);
    const std::uint32_t inverse = inverse_root(squared);
    row[j] = squared <= rule.farthest && mask * inverse >= rule.least ? inverse : 0;
  }
}

std::int32_t weight_of(const PositionConnection& rule, std::size_t source, std::uint32_t inverse) {
  if (inverse == 0) return 0;
  const std::int64_t centre = rule.centre.empty() ? 0 : rule.centre[source];
  const std::int64_t product = rule.mask[source] * (std::int64_t{inverse} - centre);
  const std::uint64_t magnitude =
      (static_cast<std::uint64_t>(std::abs(product)) + (std::uint64_t{1} << (rule.shift - 1))) >> rule.shift;
  const auto kept = static_cast<std::int32_t>(std::min(magnitude, static_cast<std::uint64_t>(rule.limit)));
  return product < 0 ? -kept : kept;
}

void require_finite(const sim::Parameters& parameters) {
  for (const sim::ParameterGroup& group : parameters.layout.groups())
    for (const float value : parameters.view(group))
      if (!std::isfinite(value))
        throw InputError(group.name, "a parameter is not finite",
                         "train again or take an earlier checkpoint");
}

void place(const sim::NetworkDescription& network, const sim::Parameters& parameters, int bits,
           PositionNetwork& result) {
  const std::size_t n = result.n_coordinates;
  if (n == 0) throw std::invalid_argument("positions without coordinates cannot be quantised");
  std::vector<double> lowest(n, std::numeric_limits<double>::infinity());
  std::vector<double> highest(n, -std::numeric_limits<double>::infinity());
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const auto position = parameters.group("position", l);
    for (std::size_t at = 0; at < position.size(); ++at) {
      lowest[at % n] = std::min<double>(lowest[at % n], position[at]);
      highest[at % n] = std::max<double>(highest[at % n], position[at]);
    }
  }
  double half_extent = 0.0;
  for (std::size_t k = 0; k < n; ++k) {
    result.origin.push_back((lowest[k] + highest[k]) / 2);
    half_extent = std::max(half_extent, (highest[k] - lowest[k]) / 2);
  }
  const Range range = signed_range(bits);
  result.step = half_extent > 0.0 ? half_extent / static_cast<double>(range.highest) : 1.0;
  const FixedPoint whole{range};
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const auto position = parameters.group("position", l);
    auto& points = result.position.emplace_back(position.size());
    for (std::size_t at = 0; at < points.size(); ++at)
      points[at] =
          static_cast<std::int16_t>(whole.quantised((position[at] - result.origin[at % n]) / result.step));
  }
}

// The bits that the squared distance has to spare hold fractions of the grid's step in the gap.
int spare_bits(int coordinate_bits, std::size_t n_coordinates) {
  const double largest = static_cast<double>(n_coordinates) * std::ldexp(1.0, 2 * coordinate_bits);
  int bits = 0;
  while (bits < 16 && std::ldexp(largest, bits + 1) <= 0x1p31) ++bits;
  return bits;
}

void take_masks(std::span<const double> wanted, int mask_bits, PositionConnection& rule) {
  double largest = 0.0;
  for (const double value : wanted) largest = std::max(largest, std::abs(value));
  const Range range = signed_range(mask_bits);
  // The shift that lets the largest mask use its bits.
  rule.shift = 1;
  while (rule.shift < 62 && std::ldexp(largest, rule.shift + 1) <= static_cast<double>(range.highest) + 0.5)
    ++rule.shift;
  const FixedPoint fixed{{-range.highest, range.highest}, rule.shift};
  for (const double value : wanted) rule.mask.push_back(static_cast<std::int16_t>(fixed.quantised(value)));
}

// The product below which as many edges lie as the description prunes; of equal ones at the border none is
// removed.
std::uint64_t least_product(const PositionNetwork& network, std::size_t connection,
                            const sim::NetworkDescription& description) {
  std::vector<std::uint64_t> products;
  std::vector<std::uint32_t> row;
  for (std::size_t i = 0; i < network.size(connection); ++i) {
    inverses(network, connection, i, row);
    const auto mask = static_cast<std::uint64_t>(std::abs(int{network.connections[connection].mask[i]}));
    for (const std::uint32_t inverse : row)
      if (inverse != 0) products.push_back(mask * inverse);
  }
  if (products.empty()) return 0;
  const auto least =
      products.begin() + static_cast<std::ptrdiff_t>(description.n_pruned(connection, products.size()));
  std::ranges::nth_element(products, least);
  return *least;
}

// The squared distance beyond which as many edges lie as the description prunes by length.
std::uint32_t farthest_kept(const PositionNetwork& network, std::size_t connection,
                            const sim::NetworkDescription& description) {
  const std::uint32_t farthest = network.connections[connection].farthest;
  std::vector<std::uint32_t> squares;
  for (std::size_t i = 0; i < network.size(connection); ++i)
    for (std::size_t j = 0; j < network.size(connection + 1); ++j)
      if (const auto squared = squared_distance(network, connection, i, j); squared <= farthest)
        squares.push_back(squared);
  if (squares.empty()) return farthest;
  const auto last =
      squares.begin() + static_cast<std::ptrdiff_t>(description.n_pruned(connection, squares.size()));
  std::ranges::nth_element(squares, last, std::greater<>());
  return *last;
}

}  // namespace

std::uint32_t inverse_root(std::uint32_t squared) {
  assert(squared != 0);
  const int exponent = std::countl_zero(squared) / 2;
  const std::uint64_t m = std::uint64_t{squared} << (2 * exponent);
  constexpr std::uint64_t one = std::uint64_t{1} << 62;
  // Two chords of 2^31 / sqrt(m) as a first guess, two steps of Newton's method, and a look at both sides.
  std::uint64_t y = m < (std::uint64_t{1} << 31) ? 83492 - (m * 4799 >> 28) : 59038 - (m * 6786 >> 30);
  for (int i = 0; i < 2; ++i) y = (y * ((3 * one - y * y * m) >> 32)) >> 31;
  while (y * y * m > one) --y;
  while ((y + 1) * (y + 1) * m <= one) ++y;
  return static_cast<std::uint32_t>(y << exponent);
}

int usable_coordinate_bits(const PositionGrid& grid, std::size_t n_coordinates) {
  int bits = grid.coordinate_bits;
  while (bits > 2 && static_cast<double>(n_coordinates) * std::ldexp(1.0, 2 * bits) > 0x1p31) --bits;
  return bits;
}

PositionNetwork quantise_positions(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                   std::span<const double> units, std::span<const std::int32_t> limits,
                                   const PositionGrid& grid) {
  if (!network.spatial())
    throw InputError("wiring", "a dense network has no positions", "export it with stored weights");
  if (units.size() != network.n_connections() || limits.size() != network.n_connections())
    throw std::invalid_argument("units and limits of weights are needed for each connection");
  if (grid.coordinate_bits < 2 || grid.coordinate_bits > 16 || grid.mask_bits < 2 || grid.mask_bits > 16)
    throw std::invalid_argument("a grid's coordinates and masks have 2 to 16 bits");
  require_finite(parameters);
  PositionNetwork result;
  result.n_coordinates = network.n_coordinates();
  const int bits = usable_coordinate_bits(grid, result.n_coordinates);
  place(network, parameters, bits, result);
  const auto exact = sim::in_double(network, parameters);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    PositionConnection& rule = result.connections.emplace_back();
    rule.limit = limits[l];
    rule.distance_shift = spare_bits(bits, result.n_coordinates);
    const double resolution = result.step / std::sqrt(std::ldexp(1.0, rule.distance_shift));
    const sim::SpatialPairs<double> pairs(network, exact, l);
    const FixedPoint square{{1, std::int64_t{1} << 31}};
    rule.base = static_cast<std::uint32_t>(square.quantised(pairs.base() / (resolution * resolution)));
    if (std::isfinite(network.cutoff)) {
      const FixedPoint any{unsigned_range(32), 0, Rounding::floor};
      rule.farthest = static_cast<std::uint32_t>(
          any.quantised(network.cutoff * network.cutoff / (resolution * resolution)));
    }
    std::vector<double> masks(network.sizes[l]);
    for (std::size_t i = 0; i < masks.size(); ++i)
      masks[i] = pairs.scaled_mask(i) * units[l] / (resolution * one_inverse);
    take_masks(masks, grid.mask_bits, rule);
    if (network.prunes() && network.pruned_by == sim::PrunedBy::length)
      rule.farthest = farthest_kept(result, l, network);
    else if (network.prunes())
      rule.least = least_product(result, l, network);
    if (network.balances(l)) rule.centre = centres(result, l);
  }
  return result;
}

std::int32_t generated_weight(const PositionNetwork& network, std::size_t connection, std::size_t source,
                              std::size_t target) {
  const PositionConnection& rule = network.connections[connection];
  const std::uint32_t squared = squared_distance(network, connection, source, target);
  const std::uint32_t inverse = inverse_root(squared);
  const auto mask = static_cast<std::uint64_t>(std::abs(int{rule.mask[source]}));
  const bool edge = squared <= rule.farthest && mask * inverse >= rule.least;
  return weight_of(rule, source, edge ? inverse : 0);
}

IntegerConnection generated_connection(const PositionNetwork& network, std::size_t connection) {
  IntegerConnection result{network.size(connection), network.size(connection + 1)};
  result.weight.reserve(result.n_sources * result.n_targets);
  std::vector<std::uint32_t> row;
  for (std::size_t i = 0; i < result.n_sources; ++i) {
    inverses(network, connection, i, row);
    for (const std::uint32_t inverse : row)
      result.weight.push_back(
          static_cast<std::int16_t>(weight_of(network.connections[connection], i, inverse)));
  }
  return result;
}

IntegerNetwork with_generated_weights(IntegerNetwork network, const PositionNetwork& positions) {
  if (positions.connections.size() != network.layers.size())
    throw std::invalid_argument("positions and integer network differ in layers");
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    network.layers[l].incoming = generated_connection(positions, l);
  validate(network);
  return network;
}

std::vector<std::uint32_t> centres(const PositionNetwork& network, std::size_t connection) {
  std::vector<std::uint32_t> result;
  std::vector<std::uint32_t> row;
  for (std::size_t i = 0; i < network.size(connection); ++i) {
    inverses(network, connection, i, row);
    std::uint64_t sum = 0;
    std::uint64_t n_edges = 0;
    for (const std::uint32_t inverse : row) {
      sum += inverse;
      n_edges += inverse != 0 ? 1 : 0;
    }
    result.push_back(n_edges == 0 ? 0 : static_cast<std::uint32_t>(sum / n_edges));
  }
  return result;
}

WeightErrors weight_errors(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                           const PositionNetwork& positions, std::size_t connection, double unit) {
  const auto exact = sim::connection_weights(network, sim::in_double(network, parameters), connection);
  const auto generated = generated_connection(positions, connection).weight;
  const double limit = positions.connections[connection].limit;
  WeightErrors errors;
  double squares = 0.0;
  double rounding_squares = 0.0;
  double wanted_squares = 0.0;
  for (std::size_t at = 0; at < exact.size(); ++at) {
    const double wanted = unit * exact[at];
    if (std::abs(wanted) > limit) {
      ++errors.beyond;
      continue;
    }
    const double error = generated[at] - wanted;
    const double rounding = std::nearbyint(wanted) - wanted;
    squares += error * error;
    rounding_squares += rounding * rounding;
    wanted_squares += wanted * wanted;
    errors.mean += error;
    errors.largest = std::max(errors.largest, std::abs(error));
  }
  const auto n = static_cast<double>(std::max<std::size_t>(1, exact.size() - errors.beyond));
  errors.root_mean_square = std::sqrt(squares / n);
  errors.mean /= n;
  if (wanted_squares > 0.0) {
    errors.relative = std::sqrt(squares / wanted_squares);
    errors.rounding_relative = std::sqrt(rounding_squares / wanted_squares);
  }
  return errors;
}

}  // namespace loci::backends
