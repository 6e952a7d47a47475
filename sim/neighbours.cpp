#include "sim/neighbours.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::size_t most_axes = 3;

// Coordinates of positive extent, widest first, three at most.
std::vector<Axis> widest_axes(std::span<const float> points, std::size_t n_coordinates) {
  assert(n_coordinates > 0 && points.size() % n_coordinates == 0);
  std::vector<Axis> axes;
  for (std::size_t k = 0; k < n_coordinates; ++k) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t at = k; at < points.size(); at += n_coordinates) {
      if (!std::isfinite(points[at])) continue;
      low = std::min(low, static_cast<double>(points[at]));
      high = std::max(high, static_cast<double>(points[at]));
    }
    if (high > low) axes.push_back({.coordinate = k, .low = low, .extent = high - low});
  }
  std::ranges::stable_sort(axes, [](const Axis& a, const Axis& b) { return a.extent > b.extent; });
  axes.resize(std::min(axes.size(), most_axes));
  return axes;
}

// Index along the Hilbert curve that fills 2^n_bits cells to each of the sides; n_bits times the number of
// sides must not exceed 64. J. Skilling, Programming the Hilbert curve, AIP Conf. Proc. 707 (2004).
std::uint64_t hilbert_index(std::span<std::uint32_t> x, unsigned n_bits) {
  for (std::uint32_t bit = std::uint32_t{1} << (n_bits - 1); bit > 1; bit >>= 1) {
    const std::uint32_t below = bit - 1;
    for (std::uint32_t& side : x) {
      if ((side & bit) != 0) {
        x[0] ^= below;
      } else {
        const std::uint32_t swapped = (x[0] ^ side) & below;
        x[0] ^= swapped;
        side ^= swapped;
      }
    }
  }
  for (std::size_t k = 1; k < x.size(); ++k) x[k] ^= x[k - 1];
  std::uint32_t flips = 0;
  for (std::uint32_t bit = std::uint32_t{1} << (n_bits - 1); bit > 1; bit >>= 1)
    if ((x.back() & bit) != 0) flips ^= bit - 1;
  for (std::uint32_t& side : x) side ^= flips;
  std::uint64_t index = 0;
  for (unsigned b = n_bits; b-- > 0;)
    for (const std::uint32_t side : x) index = index << 1 | (side >> b & 1U);
  return index;
}

}  // namespace

std::vector<std::uint32_t> spatial_order(std::span<const float> points, std::size_t n_coordinates) {
  constexpr unsigned n_bits = 21;  // 3 x 21 fit a word
  constexpr double n_cells = 1U << n_bits;
  const auto axes = widest_axes(points, n_coordinates);
  const std::size_t n_points = points.size() / n_coordinates;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keyed(n_points);
  for (std::size_t i = 0; i < n_points; ++i) {
    std::array<std::uint32_t, most_axes> cell{};
    for (std::size_t a = 0; a < axes.size(); ++a) {
      // All axes by the widest one's extent: cells are cubes, and runs of the order as round as can be.
      const double x =
          (points[i * n_coordinates + axes[a].coordinate] - axes[a].low) / axes.front().extent * n_cells;
      cell[a] = x > 0.0 ? static_cast<std::uint32_t>(std::min(x, n_cells - 1.0)) : 0U;
    }
    const auto used = std::span(cell).first(axes.size());
    keyed[i] = {used.empty() ? 0 : hilbert_index(used, n_bits), static_cast<std::uint32_t>(i)};
  }
  std::ranges::sort(keyed);
  std::vector<std::uint32_t> order;
  order.reserve(n_points);
  for (const auto& [key, i] : keyed) order.push_back(i);
  return order;
}

CellList::CellList(std::span<const float> points, std::size_t n_coordinates, float cell_size)
    : n_coordinates_(n_coordinates) {
  const auto axes = widest_axes(points, n_coordinates);
  const std::size_t n_points = points.size() / n_coordinates;
  assert(n_points < std::numeric_limits<std::uint32_t>::max());
  for (std::size_t a = 0; a < axes.size(); ++a) cuts_[a].axis = axes[a];
  const auto n_cells = [this] { return cuts_[0].n_cells * cuts_[1].n_cells * cuts_[2].n_cells; };
  if (!axes.empty()) {
    // No finer than 2^20 cells along the widest axis, or their count would not fit a word.
    const double least = axes.front().extent * 0x1p-20;
    side_ = (cell_size > least ? static_cast<double>(cell_size) : least) / 2.0;
    do {
      side_ *= 2.0;
      for (Cut& cut : cuts_) cut.n_cells = static_cast<std::size_t>(cut.axis.extent / side_) + 1;
    } while (n_cells() > 2 * n_points + 8);
  }

  begin_.assign(n_cells() + 1, 0);
  std::vector<std::uint32_t> cells(n_points);
  for (std::size_t i = 0; i < n_points; ++i) {
    cells[i] = static_cast<std::uint32_t>(cell_of(points.subspan(i * n_coordinates, n_coordinates)));
    ++begin_[cells[i] + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  auto next = begin_;
  index_.resize(n_points);
  points_.resize(points.size());
  for (std::size_t i = 0; i < n_points; ++i) {
    const std::size_t at = next[cells[i]]++;
    index_[at] = static_cast<std::uint32_t>(i);
    std::ranges::copy(points.subspan(i * n_coordinates, n_coordinates),
                      points_.begin() + static_cast<std::ptrdiff_t>(at * n_coordinates));
  }
}

// Never decreases with x, which is what the search relies on.
std::size_t CellList::cell_along(const Cut& cut, double x) const {
  if (cut.n_cells == 1) return 0;
  const double cell = (x - cut.axis.low) / side_;
  return cell > 0.0 ? static_cast<std::size_t>(std::min(cell, static_cast<double>(cut.n_cells - 1))) : 0;
}

std::size_t CellList::cell_of(std::span<const float> point) const {
  std::size_t cell = 0;
  for (const Cut& cut : cuts_) cell = cell * cut.n_cells + cell_along(cut, point[cut.axis.coordinate]);
  return cell;
}

CellList::Range CellList::cells_near(const Cut& cut, double lower, double upper, double radius) const {
  // The test of the distance rounds too and may let in what lies beyond the radius by its last bits.
  constexpr double slack = 8.0 * std::numeric_limits<double>::epsilon();
  const double low = lower - radius - slack * (std::abs(lower) + radius);
  const double high = upper + radius + slack * (std::abs(upper) + radius);
  return {.first = std::isnan(low) ? 0 : cell_along(cut, low),
          .last = std::isnan(high) ? cut.n_cells - 1 : cell_along(cut, high)};
}

void CellList::near_box(std::span<const float> lower, std::span<const float> upper, float radius,
                        std::vector<std::uint32_t>& found) const {
  assert(lower.size() == n_coordinates_ && upper.size() == n_coordinates_);
  found.clear();
  if (!(radius >= 0.0F)) return;
  const double reach = radius;
  std::array<Range, most_axes> near{};
  for (std::size_t a = 0; a < most_axes; ++a) {
    const std::size_t k = cuts_[a].axis.coordinate;
    near[a] = cells_near(cuts_[a], lower[k], upper[k], reach);
  }
  const auto test = [&](std::size_t at) {
    double squared = 0.0;
    for (std::size_t k = 0; k < n_coordinates_; ++k) {
      const double x = points_[at * n_coordinates_ + k];
      double gap = 0.0;
      if (!(x >= lower[k]))
        gap = lower[k] - x;
      else if (!(x <= upper[k]))
        gap = x - upper[k];
      squared += gap * gap;
    }
    if (squared <= reach * reach) found.push_back(index_[at]);
  };
  for (std::size_t a = near[0].first; a <= near[0].last; ++a)
    for (std::size_t b = near[1].first; b <= near[1].last; ++b) {
      // Cells along the last axis, and so their points, lie side by side.
      const std::size_t row = (a * cuts_[1].n_cells + b) * cuts_[2].n_cells;
      for (std::size_t at = begin_[row + near[2].first]; at < begin_[row + near[2].last + 1]; ++at) test(at);
    }
  std::ranges::sort(found);
}

}  // namespace loci::sim
