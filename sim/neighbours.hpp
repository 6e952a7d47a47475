// Neighbour search in space: an order in which near points are near each other, and cells in which to look
// for the points near a box. Knows points only, no networks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loci::sim {

// A coordinate to cut space along, and the range of its finite values.
struct Axis {
  std::size_t coordinate = 0;
  double low = 0.0;
  double extent = 0.0;
};

// A permutation of 0..n-1 along a Hilbert curve over the coordinates of largest extent, three at most, so
// that runs of consecutive points are compact. Ties, coinciding points among them, go by index. Coordinates
// that are not finite count as the end of the range they lie beyond, NaN as the lower one.
std::vector<std::uint32_t> spatial_order(std::span<const float> points,  // (n, n_coordinates), row-major
                                         std::size_t n_coordinates);

// Points sorted into cubic cells over the coordinates of largest extent, three at most; the others enter the
// test of the distance alone. Cells are made larger than wished where they would outnumber the points, so
// memory stays proportional to them. Searching changes nothing: any number of threads may.
class CellList {
 public:
  // points: (n, n_coordinates), row-major, copied. The best cell_size is about the radius to be searched.
  CellList(std::span<const float> points, std::size_t n_coordinates, float cell_size);

  // Puts into `found` the indices, rising, of all points no farther than `radius` from the box [lower,
  // upper]: exactly those whose squared distance, summed in double coordinate by coordinate, is at most
  // radius^2. Points or boxes with NaN are near nothing.
  void near_box(std::span<const float> lower, std::span<const float> upper,  // (n_coordinates)
                float radius, std::vector<std::uint32_t>& found) const;
  void near_point(std::span<const float> point, float radius, std::vector<std::uint32_t>& found) const {
    near_box(point, point, radius, found);
  }

  std::size_t n_points() const { return index_.size(); }
  std::size_t n_cells() const { return begin_.size() - 1; }

 private:
  struct Cut {
    Axis axis;
    std::size_t n_cells = 1;
  };
  struct Range {
    std::size_t first, last;
  };

  std::size_t cell_along(const Cut& cut, double x) const;
  std::size_t cell_of(std::span<const float> point) const;
  Range cells_near(const Cut& cut, double lower, double upper, double radius) const;

  std::size_t n_coordinates_;
  std::array<Cut, 3> cuts_{};  // one cell wide where there are fewer axes
  double side_ = 0.0;
  std::vector<std::uint32_t> begin_;  // (n_cells + 1): where each cell's points begin
  std::vector<std::uint32_t> index_;  // (n): points by cell, rising within each
  std::vector<float> points_;         // (n, n_coordinates): in the order of index_
};

}  // namespace loci::sim
