// Independent Poisson trains, one for each neuron: how many spikes arrive in each step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/time.hpp"

namespace loci::sim {

// Inversion: a uniform word is compared with the cumulative probabilities. What lies beyond 2^-32 never
// occurs.
std::vector<std::uint32_t> poisson_thresholds(double mean);

// A drive of one population: neuron i's count at step t is a pure function of (seed, input, i, t).
class PoissonDrive {
 public:
  // means: spikes a step, one for all neurons or one each; neurons: at each place (empty: in order). start,
  // stop: the steps in which it is on.
  PoissonDrive(std::uint64_t seed, std::uint32_t input, std::span<const double> means, std::size_t n_neurons,
               std::span<const std::uint32_t> neurons, double weight);

  // Counts of so many steps are drawn together: a block.
  static constexpr Step steps_per_block = 4;  // words of a counter

  // Draws a block for places [begin, end), begin a multiple of 16. Different ones at the same time on any
  // thread. The last 8 blocks are kept.
  void draw(Step block, std::size_t begin, std::size_t end);
  // arrived[place - begin] += weight * count at a step whose block has been drawn.
  void add(Step step, std::size_t begin, std::size_t end, double* arrived) const;

 private:
  static constexpr Step n_blocks = 8;
  std::size_t row(Step step) const { return step % (n_blocks * steps_per_block) * stride_; }

  std::uint64_t seed_;
  std::uint32_t input_;
  bool uniform_;
  std::size_t stride_;
  std::vector<std::uint32_t> thresholds_;  // uniform
  std::vector<double> miss_;               // else exp(-mean) by place
  std::vector<double> mean_;
  std::vector<std::uint32_t> neurons_;  // by place, padded
  std::vector<std::uint8_t> counts_;    // (steps_at_once, places padded)
  double weight_;
};

// counts (4, stride): of the four steps of counter block `block`. add_counts() is as PoissonDrive::add().
void draw_counts(std::uint64_t seed, std::uint32_t input, std::uint32_t block,
                 std::span<const std::uint32_t> thresholds, const std::uint32_t* neurons, std::size_t begin,
                 std::size_t end, std::size_t stride, std::uint8_t* counts);
void add_counts(const std::uint8_t* counts, double weight, std::size_t begin, std::size_t end,
                double* arrived);

}  // namespace loci::sim
