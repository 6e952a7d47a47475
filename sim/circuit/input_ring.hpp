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

  double* at(Step step, std::size_t receptor) {
    return rows_.data() + ((step % n_rows_) * n_receptors_ + receptor) * stride_;
  }
  std::size_t n_receptors() const { return n_receptors_; }

 private:
  std::size_t stride_;
  std::size_t n_receptors_;
  Step n_rows_;
  std::vector<double> rows_;  // (n_rows, n_receptors, n_neurons padded)
};

}  // namespace loci::sim
