// Input under way to a population: for each of the coming steps a row of what arrives at every neuron.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sim/time.hpp"

namespace loci::sim {

// A spike sent at step t with a delay of d >= 1 steps arrives at step t + d.
class InputRing {
 public:
  // n_receptors: kinds of input a neuron tells apart.
  InputRing(std::size_t n_neurons, std::size_t n_receptors, Step longest_delay)
      : stride_((n_neurons + 7) / 8 * 8),
        n_receptors_(n_receptors),
        n_rows_(longest_delay + 1),
        rows_(stride_ * n_receptors_ * n_rows_) {}

  double* at(Step step, std::size_t receptor) { return row(step % n_rows_, receptor); }
  // The row of `delay` steps, the longest at most, after a step.
  class From {
   public:
    double* after(Step delay, std::size_t receptor) const {
      const Step row = row_ + delay;
      return ring_.row(row < ring_.n_rows_ ? row : row - ring_.n_rows_, receptor);
    }

   private:
    friend class InputRing;
    From(InputRing& ring, Step step) : ring_(ring), row_(step % ring.n_rows_) {}

    InputRing& ring_;
    Step row_;
  };
  From from(Step step) { return {*this, step}; }
  std::size_t n_receptors() const { return n_receptors_; }

 private:
  double* row(std::size_t number, std::size_t receptor) {
    return rows_.data() + (number * n_receptors_ + receptor) * stride_;
  }

  std::size_t stride_;
  std::size_t n_receptors_;
  Step n_rows_;
  std::vector<double> rows_;  // (n_rows, n_receptors, n_neurons padded)
};

}  // namespace loci::sim
