#include "sim/neighbours.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "sim/random.hpp"

using namespace loci::sim;

namespace {

using Points = std::vector<float>;

const float infinite = std::numeric_limits<float>::infinity();
const float none = std::numeric_limits<float>::quiet_NaN();

Points random_points(std::size_t n, std::size_t n_coordinates, std::uint64_t seed) {
  Points points(n * n_coordinates);
  fill_normal(points, 2.0F, seed, Stream::test, 0);
  return points;
}

// Every point with whole coordinates 0..side-1 once, shuffled.
Points grid(std::size_t side, std::size_t n_coordinates) {
  std::size_t n = 1;
  for (std::size_t k = 0; k < n_coordinates; ++k) n *= side;
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  shuffle(order, 5, Stream::test, 0);
  Points points;
  for (const std::uint32_t cell : order)
    for (std::size_t k = n_coordinates, rest = n; k-- > 0;) {
      rest /= side;
      points.push_back(static_cast<float>(cell / rest % side));
    }
  return points;
}

bool is_permutation_of_all(std::vector<std::uint32_t> order, std::size_t n) {
  std::ranges::sort(order);
  std::vector<std::uint32_t> all(n);
  std::iota(all.begin(), all.end(), 0U);
  return order == all;
}

std::vector<std::uint32_t> all_near(const Points& points, std::size_t n_coordinates, const Points& lower,
                                    const Points& upper, float radius) {
  std::vector<std::uint32_t> near;
  for (std::size_t i = 0; i * n_coordinates < points.size(); ++i) {
    double squared = 0.0;
    for (std::size_t k = 0; k < n_coordinates; ++k) {
      const double x = points[i * n_coordinates + k];
      const double beside = x < lower[k] ? lower[k] - x : x > upper[k] ? x - upper[k] : 0.0;
      squared += beside * beside;
    }
    if (squared <= static_cast<double>(radius) * radius) near.push_back(static_cast<std::uint32_t>(i));
  }
  return near;
}

// Boxes around every fifth pair of points, and some that hold nothing; returns how many points were near.
std::size_t check_against_all(const Points& points, std::size_t n_coordinates, float cell_size,
                              float radius) {
  const CellList cells(points, n_coordinates, cell_size);
  const std::size_t n = points.size() / n_coordinates;
  CHECK(cells.n_points() == n);
  CHECK(cells.n_cells() <= 2 * n + 8);
  std::size_t n_found = 0;
  std::vector<std::uint32_t> found{12345};
  for (std::size_t i = 0; i + 1 < n; i += 5) {
    Points lower;
    Points upper;
    Points point;
    for (std::size_t k = 0; k < n_coordinates; ++k) {
      const float a = points[i * n_coordinates + k];
      const float b = points[(i + 1) * n_coordinates + k];
      lower.push_back(std::min(a, b));
      upper.push_back(std::max(a, b));
      point.push_back(a + (i % 3 == 0 ? 0.0F : 40.0F));
    }
    cells.near_box(lower, upper, radius, found);
    CHECK(found == all_near(points, n_coordinates, lower, upper, radius));
    n_found += found.size();
    cells.near_point(point, radius, found);
    CHECK(found == all_near(points, n_coordinates, point, point, radius));
  }
  return n_found;
}

}  // namespace

TEST_CASE("the spatial order of a grid goes from neighbour to neighbour and fills cube after cube") {
  for (const std::size_t n_coordinates : {1U, 2U, 3U}) {
    const Points points = grid(8, n_coordinates);
    const auto order = spatial_order(points, n_coordinates);
    REQUIRE(is_permutation_of_all(order, points.size() / n_coordinates));
    const auto coordinate = [&](std::size_t at, std::size_t k) {
      return points[order[at] * n_coordinates + k];
    };
    for (std::size_t at = 0; at + 1 < order.size(); ++at) {
      float moved = 0.0F;
      for (std::size_t k = 0; k < n_coordinates; ++k)
        moved += std::abs(coordinate(at + 1, k) - coordinate(at, k));
      CHECK(moved == 1.0F);
    }
    for (const std::size_t side : {2U, 4U}) {
      std::size_t run = 1;
      for (std::size_t k = 0; k < n_coordinates; ++k) run *= side;
      for (std::size_t begin = 0; begin < order.size(); begin += run)
        for (std::size_t k = 0; k < n_coordinates; ++k) {
          std::set<float> seen;
          for (std::size_t at = begin; at < begin + run; ++at) seen.insert(coordinate(at, k));
          CHECK(seen.size() == side);
          CHECK(*seen.rbegin() - *seen.begin() == static_cast<float>(side - 1));
        }
    }
  }
}

TEST_CASE("the spatial order follows the three widest of many coordinates") {
  // Coordinates 1, 3 and 4 hold a grid of 4^3; 0 and 2 noise of less extent.
  const Points cube = grid(4, 3);
  const Points noise = random_points(64, 2, 3);
  Points points;
  for (std::size_t i = 0; i < 64; ++i)
    points.insert(points.end(), {0.1F * noise[2 * i], cube[3 * i], 0.1F * noise[2 * i + 1], cube[3 * i + 1],
                                 cube[3 * i + 2]});
  CHECK(spatial_order(points, 5) == spatial_order(cube, 3));
}

TEST_CASE("points that coincide keep their order, and points beyond all bounds are in it too") {
  CHECK(spatial_order(Points{2, 2, 2, 2, 2, 2}, 2) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(spatial_order(Points{3, 1, 2, 1, 3}, 1) == std::vector<std::uint32_t>{1, 3, 2, 0, 4});
  // NaN and -inf as the least value, inf as the greatest.
  CHECK(spatial_order(Points{infinite, 2, none, 1, -infinite, 3}, 1) ==
        std::vector<std::uint32_t>{2, 3, 4, 1, 0, 5});
  CHECK(spatial_order(Points{none, infinite, none}, 1) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(spatial_order(Points{-3e38F, 3e38F, 0}, 1) == std::vector<std::uint32_t>{0, 2, 1});
  CHECK(spatial_order({}, 3).empty());
}

TEST_CASE("cells find exactly the points that looking at all of them finds") {
  for (const std::size_t n_coordinates : {1U, 2U, 3U, 7U}) {
    const Points points = random_points(500, n_coordinates, n_coordinates);
    for (const float radius : {0.3F, 1.5F, 5.0F})
      for (const float cell_size : {0.0F, 1e-9F, radius, 3.0F, 1e9F, infinite})
        CHECK(check_against_all(points, n_coordinates, cell_size, radius) > 200);
  }
}

TEST_CASE("points at exactly the radius are near") {
  // On a grid of whole numbers distances are exact: 3, 4, 5 and 0, 5.
  const Points points = grid(12, 2);
  const CellList cells(points, 2, 5.0F);
  std::vector<std::uint32_t> found;
  cells.near_point(Points{5, 5}, 5.0F, found);
  CHECK(found.size() == 81);  // Gauss' circle problem: 81 lattice points within 5 of one
  CHECK(found == all_near(points, 2, {5, 5}, {5, 5}, 5.0F));
  cells.near_box(Points{2, 3}, Points{4, 9}, 0.0F, found);
  CHECK(found.size() == 3 * 7);
  // Far from the origin, where the radius is less than the spacing of doubles' last bits times the position.
  const Points far{1e30F, 1e-30F, 0.0F, 2e-30F};
  for (const float x : far) {
    CellList(far, 1, 1e-30F).near_point(Points{x}, 1e-30F, found);
    CHECK(found == all_near(far, 1, {x}, {x}, 1e-30F));
  }
}

TEST_CASE("clouds of very different density, and rows of points, are searched the same") {
  Points points = random_points(300, 3, 8);
  for (std::size_t i = 0; i < 450; ++i) points[i] *= 1e-4F;
  CHECK(check_against_all(points, 3, 1e-4F, 1e-4F) > 100);
  CHECK(check_against_all(points, 3, 0.5F, 0.5F) > 1000);
  Points row(3 * 200, 0.0F);
  for (std::size_t i = 0; i < 200; ++i) row[3 * i + 1] = 10.0F * static_cast<float>(i);
  CHECK(check_against_all(row, 3, 0.1F, 25.0F) > 100);
  CHECK(check_against_all(Points(3 * 50, 7.0F), 3, 1.0F, 0.0F) > 50);
}

TEST_CASE("points that are nowhere are near nothing, and points without end only when the radius is") {
  const Points points{0, 0, none, 0, infinite, 0, 1, 0, 0, none, 0, -infinite};
  const CellList cells(points, 2, 1.0F);
  std::vector<std::uint32_t> found;
  cells.near_point(Points{0, 0}, 2.0F, found);
  CHECK(found == std::vector<std::uint32_t>{0, 3});
  cells.near_point(Points{0, 0}, infinite, found);
  CHECK(found == std::vector<std::uint32_t>{0, 2, 3, 5});
  cells.near_box(Points{-infinite, -1}, Points{infinite, 1}, 0.0F, found);
  CHECK(found == std::vector<std::uint32_t>{0, 2, 3});
  cells.near_point(Points{none, 0}, 2.0F, found);
  CHECK(found.empty());
  cells.near_point(Points{0, 0}, -1.0F, found);
  CHECK(found.empty());
  cells.near_point(Points{0, 0}, none, found);
  CHECK(found.empty());
  CellList({}, 2, 1.0F).near_point(Points{0, 0}, 1.0F, found);
  CHECK(found.empty());
}
