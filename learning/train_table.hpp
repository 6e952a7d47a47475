// The spike trains that constant currents can cause. As long as two currents have caused the same spikes, the
// larger one has the higher membrane, in floating point too: every operation rounds monotonically. At the
// first step where their trains differ only the larger one therefore spikes: trains in lexicographic order
// belong to neighbouring intervals of the current. There are few of them, about 0.4 T^2 over T steps, and
// each differs from its neighbour in about two steps.
//
// A layer under constant current then needs no simulation: a neuron's current names its train, currents into
// the next layer are sums over trains, and so are the gradients of its weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/lif_kernels.hpp"

namespace loci::learning {

class TrainTable {
 public:
  // A step at which a train spikes (+1) and its neighbour below does not, or the other way round (-1).
  struct Toggle {
    std::uint32_t step;
    float sign;
  };

  // Rows are trains, rising; the lowest, of neurons that are quiet, takes several rows so that sums over
  // neurons do not wait for each other.
  static constexpr std::size_t lowest_rows = 8;
  static constexpr std::size_t most_rows = 8192;

  // Without rows: an empty table.
  TrainTable() = default;
  // Empty where there would be more than most_rows. The neuron starts from rest.
  TrainTable(const LifKernel& lif, std::size_t n_steps);

  bool empty() const { return counts_.empty(); }
  std::size_t n_rows() const { return counts_.size(); }
  std::size_t n_steps() const { return n_steps_; }
  std::size_t n_toggles() const { return toggles_.size(); }
  // Of a row against the row below; of row 0 against silence.
  std::span<const Toggle> toggles(std::size_t row) const {
    return std::span(toggles_).subspan(begin_[row], begin_[row + 1] - begin_[row]);
  }

  // What find_trains() looks up. Currents between the lowest and the highest `from`, cut evenly, have the
  // first train to try of their cell: at most the current's own.
  struct Index {
    const float* from;            // lowest current of each train, and a NaN
    const std::uint16_t* counts;  // (rows): spikes
    const std::uint16_t* cells;   // (n_cells)
    float begin;
    float cells_per_unit;
  };
  static constexpr std::size_t n_cells = 4096;
  Index index() const { return {from_.data(), counts_.data(), cells_.data(), from_[1], cells_per_unit_}; }

 private:
  using Train = std::vector<bool>;
  struct Probe;

  static std::vector<Probe> first_probes(const LifKernel& lif, std::size_t n_steps);
  static std::vector<Probe> neighbours(const LifKernel& lif, std::size_t n_steps);
  void append(float from, const Train& train, const Train& below);
  void make_cells();

  std::size_t n_steps_ = 0;
  std::vector<float> from_;
  std::vector<std::uint16_t> counts_;
  std::vector<std::uint32_t> begin_;  // (rows + 1)
  std::vector<Toggle> toggles_;
  std::vector<std::uint16_t> cells_;
  float cells_per_unit_ = 0.0F;
};

}  // namespace loci::learning
