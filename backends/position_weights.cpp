#include "backends/position_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <stdexcept>

#include "backends/fixed_point.hpp"
#include "sim/error.hpp"
#include "sim/quantisation_fit.hpp"

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
  const std::int64_t product =
      std::int64_t{rule.mask[source]} * rule.multiplier * (std::int64_t{inverse} - centre);
  const std::uint64_t magnitude =
      (static_cast<std::uint64_t>(std::abs(product)) + (std::uint64_t{1} << (rule.shift - 1))) >> rule.shift;
  const auto limit = static_cast<std::uint64_t>(rule.limit) + (product < 0 ? 1 : 0);
  const auto kept = static_cast<std::int32_t>(std::min(magnitude, limit));
  return product < 0 ? -kept : kept;
}

void require_finite(const sim::Parameters& parameters) {
  for (const sim::ParameterGroup& group : parameters.layout.groups())
    for (const float value : parameters.view(group))
      if (!std::isfinite(value))
        throw InputError(group.name, "a parameter is not finite",
                         "train again or take an earlier checkpoint");
}

// The bits that the squared distance has to spare hold fractions of the grid's step in the softening.
int spare_bits(std::size_t coordinate_bits, std::size_t n_coordinates) {
  const double largest =
      static_cast<double>(n_coordinates) * std::ldexp(1.0, 2 * static_cast<int>(coordinate_bits));
  int bits = 0;
  while (bits < 16 && std::ldexp(largest, bits + 1) <= 0x1p31) ++bits;
  return bits;
}

int distance_shift_of(const sim::NetworkDescription& gridded) {
  return spare_bits(gridded.quantisation.position_bits, gridded.n_coordinates());
}

// The unit of squared distances.
double squared_unit(const sim::NetworkDescription& gridded) {
  const double step = gridded.quantisation.position_step;
  return std::ldexp(step * step, -distance_shift_of(gridded));
}

// Whether gap and softening leave squared distances below 2^32.
bool bases_fit(const sim::NetworkDescription& gridded, const sim::BasicParameters<double>& parameters) {
  for (std::size_t l = 0; l < gridded.n_connections(); ++l)
    if (sim::SpatialPairs<double>(gridded, parameters, l).base() / squared_unit(gridded) >= 0x1p31)
      return false;
  return true;
}

void refuse_bits(const char* field, std::size_t bits, std::size_t most, const char* option) {
  if (bits > most)
    throw InputError(
        field, fmt::format("{} bits, and weights from positions take up to {}", bits, most),
        fmt::format("train with {} {} or fewer, or export with --weights numbers", option, most));
}

void place(const sim::NetworkDescription& gridded, const sim::BasicParameters<double>& parameters,
           PositionNetwork& result) {
  const sim::Quantisation& rounding = gridded.quantisation;
  for (std::size_t l = 0; l < gridded.n_layers(); ++l) {
    auto& points = result.position.emplace_back();
    for (const double coordinate : parameters.group("position", l))
      points.push_back(static_cast<std::int16_t>(
          sim::whole_number(coordinate, 1.0 / rounding.position_step, rounding.position_bits)));
  }
}

// factor = multiplier / 2^shift, with as many bits as the multiplier has.
void take_factor(double factor, PositionConnection& rule) {
  constexpr double most = std::numeric_limits<std::uint16_t>::max();
  rule.shift = 1;
  while (rule.shift < 62 && std::ldexp(factor, rule.shift + 1) <= most) ++rule.shift;
  rule.multiplier =
      static_cast<std::uint16_t>(std::clamp(std::nearbyint(std::ldexp(factor, rule.shift)), 0.0, most));
}

PositionConnection rule_of(const sim::NetworkDescription& gridded,
                           const sim::BasicParameters<double>& parameters, std::size_t connection,
                           double unit) {
  PositionConnection rule;
  const sim::SpatialPairs<double> pairs(gridded, parameters, connection);
  const double squared = squared_unit(gridded);
  rule.distance_shift = distance_shift_of(gridded);
  rule.base = static_cast<std::uint32_t>(std::nearbyint(pairs.base() / squared));
  if (std::isfinite(gridded.cutoff)) {
    const FixedPoint any{unsigned_range(32), 0, Rounding::floor};
    rule.farthest = static_cast<std::uint32_t>(any.quantised(gridded.cutoff * gridded.cutoff / squared));
  }
  const double whole_mask = std::ldexp(1.0, static_cast<int>(gridded.quantisation.mask_bits) - 1);
  for (std::size_t i = 0; i < gridded.sizes[connection]; ++i)
    rule.mask.push_back(static_cast<std::int16_t>(std::nearbyint(pairs.mask(i) * whole_mask)));
  take_factor(unit * gridded.scale(connection) / (whole_mask * std::sqrt(squared) * one_inverse), rule);
  return rule;
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
  squared = std::max<std::uint32_t>(1, squared);
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

std::size_t most_coordinate_bits(std::size_t n_coordinates) {
  std::size_t bits = 16;
  while (bits > 2 &&
         static_cast<double>(n_coordinates) * std::ldexp(1.0, 2 * static_cast<int>(bits)) > 0x1p31)
    --bits;
  return bits;
}

sim::NetworkDescription on_generator_grid(const sim::NetworkDescription& network,
                                          const sim::Parameters& parameters) {
  if (!network.spatial())
    throw InputError("--weights positions", "a dense network has no positions",
                     "export it with --weights numbers");
  if (network.n_coordinates() == 0)
    throw InputError("--weights positions", "neurons of this network have no coordinates",
                     "export it with --weights numbers");
  if (network.prunes_softly())
    throw InputError("--weights positions", "weights pruned by soft threshold are not made from positions",
                     "export it with --weights numbers");
  require_finite(parameters);
  sim::NetworkDescription gridded = network;
  sim::Quantisation& rounding = gridded.quantisation;
  rounding.weight_bits = 0;  // the rule rounds them itself
  rounding.weight_scale.clear();
  const std::size_t most_bits = most_coordinate_bits(network.n_coordinates());
  refuse_bits("quantization.positions", rounding.position_bits, most_bits, "--quantize-positions");
  refuse_bits("quantization.masks", rounding.mask_bits, most_mask_bits, "--quantize-masks");
  if (!rounding.rounds_masks()) rounding.mask_bits = most_mask_bits;
  const auto exact = sim::in_double(network, parameters);
  if (rounding.rounds_positions()) {
    if (!bases_fit(gridded, exact))
      throw InputError("quantization.step", "it is too small beside the gap between layers",
                       "train with a larger --quantize-step, or export with --weights numbers");
    return gridded;
  }
  rounding.position_bits = most_bits;
  rounding.position_step = sim::fitted_step(parameters, most_bits);
  while (!bases_fit(gridded, exact)) rounding.position_step *= 2;
  return gridded;
}

PositionNetwork quantise_positions(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                   std::span<const double> units, std::span<const std::int32_t> limits) {
  if (units.size() != network.n_connections() || limits.size() != network.n_connections())
    throw std::invalid_argument("units and limits of weights are needed for each connection");
  const sim::NetworkDescription gridded = on_generator_grid(network, parameters);
  const auto exact = sim::in_double(gridded, parameters);
  PositionNetwork result;
  result.n_coordinates = gridded.n_coordinates();
  place(gridded, exact, result);
  for (std::size_t l = 0; l < gridded.n_connections(); ++l) {
    PositionConnection& rule = result.connections.emplace_back(rule_of(gridded, exact, l, units[l]));
    rule.limit = limits[l];
    if (gridded.prunes() && gridded.pruned_by == sim::PrunedBy::length)
      rule.farthest = farthest_kept(result, l, gridded);
    else if (gridded.prunes())
      rule.least = least_product(result, l, gridded);
    if (gridded.balances(l)) rule.centre = centres(result, l);
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

}  // namespace loci::backends
