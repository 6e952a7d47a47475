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

  // arrived[place - begin] += weight * count at step `now`, for places [begin, end), begin a multiple of 8.
  // Called for rising steps; counts of four steps are drawn together.
  void add(Step now, std::size_t begin, std::size_t end, double* arrived);
  // Draws what add() needs at step `now` for these places. Different places at the same time on any thread.
  void draw(Step now, std::size_t begin, std::size_t end);

 private:
  static constexpr Step steps_at_once = 4;  // words of a counter

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
