// Where the neurons of a population are, and how far apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/circuit.hpp"

namespace loci::sim {

// (n, dims), row-major. Every neuron draws from a stream of its own, keyed by (seed, population, neuron).
// Throws InputError for a placement that makes no sense in the space, and for a position outside it.
std::vector<double> place_population(const Circuit& circuit, std::size_t population);

// The squared distance of two points of the space, summed coordinate by coordinate.
double squared_distance(const Space& space, const double* a, const double* b);

// Neurons sorted into the cells of a grid, x fastest within y within z, so that the neurons near a point are
// a few runs of neighbouring places. Ties in a cell go by number.
class CellOrder {
 public:
  // positions: (n, dims). About eight neurons to a cell.
  CellOrder(const Space& space, std::span<const double> positions);

  std::size_t size() const { return neuron_.size(); }
  // The neuron at each place, and the place of each neuron.
  std::span<const std::uint32_t> neurons() const { return neuron_; }
  std::span<const std::uint32_t> places() const { return place_; }
  // Coordinate k by place.
  std::span<const double> coordinate(std::size_t k) const { return {coordinates_[k].data(), size()}; }

  // Places [begin, end).
  struct Run {
    std::uint32_t begin;
    std::uint32_t end;
  };
  // Runs that hold every neuron within `radius` of the point, and others, each neuron once.
  void runs_near(const double* point, double radius, std::vector<Run>& runs) const;

 private:
  // Cells first, first + 1, ... along one axis, in a periodic space beyond its end too.
  struct Cells {
    std::ptrdiff_t first;
    std::size_t count;
  };
  double side(std::size_t k) const { return space_.extent[k] / static_cast<double>(n_cells_[k]); }
  std::size_t cell_along(std::size_t k, double x) const;
  Cells cells_near(std::size_t k, double x, double radius) const;
  std::size_t wrapped(std::size_t k, std::ptrdiff_t cell) const;
  double gap(std::size_t k, std::ptrdiff_t cell, double x) const;
  void add_row(std::size_t row, double x, double radius, std::vector<Run>& runs) const;

  Space space_;
  std::array<std::size_t, 3> n_cells_{1, 1, 1};
  std::vector<std::uint32_t> begin_;  // (cells + 1)
  std::vector<std::uint32_t> neuron_;
  std::vector<std::uint32_t> place_;
  std::array<std::vector<double>, 3> coordinates_;
};

}  // namespace loci::sim
