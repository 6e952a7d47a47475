#include "sim/circuit/placement.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

// Uniform in [0, 1) with 32 bits.
double uniform(std::uint32_t word) {
  return word * 0x1p-32;
}

std::string where_of(const Population& population) {
  return "population '" + population.name + "'";
}

std::size_t dims_of(const Placement& placement, const Space& space) {
  switch (placement.kind) {
    case PlacementKind::disc:
      return 2;
    case PlacementKind::sphere:
    case PlacementKind::ball:
      return 3;
    case PlacementKind::given:
      return space.dims;
    default:
      return placement.dims == 0 ? space.dims : placement.dims;
  }
}

// A placement's box, by default the space.
struct Box {
  Box(const Placement& placement, const Space& space) : lower(placement.lower), extent(placement.extent) {
    if (std::ranges::any_of(extent, [](double side) { return side != 0.0; })) return;
    lower = space.lower;
    extent = space.extent;
  }
  std::array<double, 3> lower;
  std::array<double, 3> extent;
};

void place_in_grid(const Placement& placement, const Box& box, std::size_t dims, std::size_t neuron,
                   const std::array<std::uint32_t, 4>& words, double* position) {
  for (std::size_t k = 0; k < dims; ++k) {
    const std::size_t n = placement.shape[k];
    const double at = static_cast<double>(neuron % n) + 0.5 + placement.jitter * (2 * uniform(words[k]) - 1);
    position[k] = box.lower[k] + box.extent[k] * at / static_cast<double>(n);
    neuron /= n;
  }
}

// Uniform in the disc, on the sphere or in the ball.
void place_round(const Placement& placement, const std::array<std::uint32_t, 4>& words, double* position) {
  const double turn = 2 * std::numbers::pi * uniform(words[0]);
  if (placement.kind == PlacementKind::disc) {
    const double r = placement.radius * std::sqrt(uniform(words[1]));
    position[0] = placement.centre[0] + r * std::cos(turn);
    position[1] = placement.centre[1] + r * std::sin(turn);
    return;
  }
  const bool ball = placement.kind == PlacementKind::ball;
  const double r = placement.radius * (ball ? std::cbrt(uniform(words[2])) : 1.0);
  const double height = 2 * uniform(words[1]) - 1;
  const double ring = std::sqrt(1 - height * height);
  position[0] = placement.centre[0] + r * ring * std::cos(turn);
  position[1] = placement.centre[1] + r * ring * std::sin(turn);
  position[2] = placement.centre[2] + r * height;
}

void validate(const Population& population, const Space& space, std::size_t dims) {
  const Placement& placement = population.placement;
  const std::string where = where_of(population);
  if (dims > space.dims)
    throw InputError(
        where,
        "its placement has " + std::to_string(dims) + " dimensions, the space " + std::to_string(space.dims),
        "give the space more dimensions or the placement fewer");
  if (placement.kind == PlacementKind::given && placement.positions.size() != population.size * dims)
    throw InputError(where,
                     std::to_string(placement.positions.size()) + " coordinates were given for " +
                         std::to_string(population.size) + " neurons in " + std::to_string(dims) +
                         " dimensions",
                     "give one position for each neuron");
  if (placement.kind != PlacementKind::grid) return;
  std::size_t n = 1;
  for (std::size_t k = 0; k < dims; ++k) n *= placement.shape[k];
  if (n != population.size)
    throw InputError(
        where,
        "its grid has " + std::to_string(n) + " places for " + std::to_string(population.size) + " neurons",
        "make the product of the shape the number of neurons");
  if (!(placement.jitter >= 0.0 && placement.jitter <= 0.5))
    throw InputError(where, "a jitter of " + std::to_string(placement.jitter) + " mixes neighbours up",
                     "use a share of a cell from 0 to 0.5");
}

void require_inside(const Population& population, const Space& space, std::span<const double> positions) {
  for (std::size_t at = 0; at < positions.size(); ++at) {
    const std::size_t k = at % space.dims;
    const double x = positions[at] - space.lower[k];
    if (x >= 0.0 && x <= space.extent[k]) continue;
    throw InputError(where_of(population),
                     "neuron " + std::to_string(at / space.dims) + " lies outside the box: coordinate " +
                         std::to_string(k) + " is " + std::to_string(positions[at]),
                     "make the space larger or move the population");
  }
}

}  // namespace

std::vector<double> place_population(const Circuit& circuit, std::size_t index) {
  const Space& space = circuit.space;
  const Population& population = circuit.populations[index];
  const Placement& placement = population.placement;
  if (space.dims == 0) return {};
  const std::size_t dims = dims_of(placement, space);
  validate(population, space, dims);
  std::vector<double> positions = placement.positions;
  positions.resize(population.size * space.dims);
  const Box box(placement, space);
  for (std::size_t i = 0; i < population.size && placement.kind != PlacementKind::given; ++i) {
    double* position = positions.data() + i * space.dims;
    const auto words = random_words(circuit.seed, Stream::place, i, static_cast<std::uint32_t>(index));
    if (placement.kind == PlacementKind::grid)
      place_in_grid(placement, box, dims, i, words, position);
    else if (placement.kind == PlacementKind::box)
      for (std::size_t k = 0; k < dims; ++k) position[k] = box.lower[k] + box.extent[k] * uniform(words[k]);
    else
      place_round(placement, words, position);
    for (std::size_t k = dims; k < space.dims; ++k) position[k] = placement.offset;
  }
  require_inside(population, space, positions);
  return positions;
}

double squared_distance(const Space& space, const double* a, const double* b) {
  double sum = 0.0;
  for (std::size_t k = 0; k < space.dims; ++k) {
    double difference = std::abs(a[k] - b[k]);
    if (space.periodic) difference = std::min(difference, space.extent[k] - difference);
    sum += difference * difference;
  }
  return sum;
}

CellOrder::CellOrder(const Space& space, std::span<const double> positions)
    : space_(space), neuron_(positions.size() / space.dims), place_(neuron_.size()) {
  constexpr double neurons_per_cell = 8.0;
  const std::size_t n = neuron_.size();
  double volume = 1.0;
  std::size_t n_wide = 0;
  for (std::size_t k = 0; k < space.dims; ++k)
    if (space.extent[k] > 0.0) volume *= space.extent[k], ++n_wide;
  const double side = std::pow(volume * neurons_per_cell / static_cast<double>(std::max<std::size_t>(n, 1)),
                               1.0 / static_cast<double>(std::max<std::size_t>(n_wide, 1)));
  for (std::size_t k = 0; k < space.dims; ++k)
    n_cells_[k] = std::clamp<std::size_t>(static_cast<std::size_t>(space.extent[k] / side), 1, 1 << 10);

  std::vector<std::uint32_t> cell(n);
  begin_.assign(n_cells_[0] * n_cells_[1] * n_cells_[2] + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t at = 0;
    for (std::size_t k = space.dims; k-- > 0;)
      at = at * n_cells_[k] + cell_along(k, positions[i * space.dims + k]);
    cell[i] = static_cast<std::uint32_t>(at);
    ++begin_[at + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
  for (std::size_t i = 0; i < n; ++i) {
    place_[i] = next[cell[i]]++;
    neuron_[place_[i]] = static_cast<std::uint32_t>(i);
  }
  for (std::size_t k = 0; k < space.dims; ++k) {
    coordinates_[k].resize(n + 8, std::numeric_limits<double>::infinity());  // padding for vector loads
    for (std::size_t at = 0; at < n; ++at) coordinates_[k][at] = positions[neuron_[at] * space.dims + k];
  }
}

std::size_t CellOrder::cell_along(std::size_t k, double x) const {
  const double share = (x - space_.lower[k]) / space_.extent[k];
  if (!(share > 0.0)) return 0;
  return std::min(n_cells_[k] - 1, static_cast<std::size_t>(share * static_cast<double>(n_cells_[k])));
}

CellOrder::Cells CellOrder::cells_near(std::size_t k, double x, double radius) const {
  const auto n = static_cast<double>(n_cells_[k]);
  const double lower = space_.lower[k];
  // A margin against the rounding of cell_along().
  const double reach = radius + 1e-9 * space_.extent[k];
  double first = std::floor((x - reach - lower) / side(k));
  double last = std::floor((x + reach - lower) / side(k));
  if (!space_.periodic) {
    first = std::clamp(first, 0.0, n - 1);
    last = std::clamp(last, 0.0, n - 1);
  } else if (!(last - first < n)) {
    first = 0.0;
    last = n - 1;
  }
  return {static_cast<std::ptrdiff_t>(first), static_cast<std::size_t>(last - first) + 1};
}

std::size_t CellOrder::wrapped(std::size_t k, std::ptrdiff_t cell) const {
  const auto n = static_cast<std::ptrdiff_t>(n_cells_[k]);
  return static_cast<std::size_t>(((cell % n) + n) % n);
}

// How far x is at least from the cell's points, were there no way round.
double CellOrder::gap(std::size_t k, std::ptrdiff_t cell, double x) const {
  const double low = space_.lower[k] + static_cast<double>(cell) * side(k);
  const double gap = std::max(low - x, x - (low + side(k)));
  return std::max(0.0, gap - 1e-9 * space_.extent[k]);
}

void CellOrder::add_row(std::size_t row, double x, double radius, std::vector<Run>& runs) const {
  const Cells cells = cells_near(0, x, radius);
  const std::size_t n = n_cells_[0];
  const auto add = [&](std::size_t first, std::size_t last) {
    const Run run{begin_[row * n + first], begin_[row * n + last]};
    if (run.begin < run.end) runs.push_back(run);
  };
  const std::size_t first = wrapped(0, cells.first);
  const std::size_t last = first + cells.count;
  add(first, std::min(last, n));
  if (last > n) add(0, last - n);
}

void CellOrder::runs_near(const double* point, double radius, std::vector<Run>& runs) const {
  runs.clear();
  const double inside = radius * radius;
  const Cells planes = space_.dims > 2 ? cells_near(2, point[2], radius) : Cells{0, 1};
  const Cells rows = space_.dims > 1 ? cells_near(1, point[1], radius) : Cells{0, 1};
  for (std::size_t z = 0; z < planes.count; ++z) {
    const std::ptrdiff_t plane = planes.first + static_cast<std::ptrdiff_t>(z);
    // Where all cells are near, the shorter way may be the other one.
    const bool all_planes = planes.count == n_cells_[2];
    const double above = all_planes ? 0.0 : gap(2, plane, point[2]);
    for (std::size_t y = 0; y < rows.count; ++y) {
      const std::ptrdiff_t row = rows.first + static_cast<std::ptrdiff_t>(y);
      const bool all_rows = rows.count == n_cells_[1];
      const double beside = all_rows ? 0.0 : gap(1, row, point[1]);
      const double left = inside - above * above - beside * beside;
      if (left < 0.0) continue;
      add_row(wrapped(2, plane) * n_cells_[1] + wrapped(1, row), point[0], std::sqrt(left), runs);
    }
  }
}

}  // namespace loci::sim
