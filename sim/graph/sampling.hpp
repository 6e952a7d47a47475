// Looking at some neurons instead of all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/vertex.hpp"

namespace loci::sim {

// A mean over neurons, all of them or a random sample.
struct SampledMean {
  double mean = 0.0;
  double error = 0.0;  // standard error for having looked at a sample only: 0 where all were
  std::size_t n_sampled = 0;
};
// values: those sampled of n without replacement.
SampledMean sampled_mean(std::span<const double> values, std::size_t n);

// k of the numbers below n, rising, all where k >= n: a function of (seed, number).
std::vector<Vertex> sample_vertices(std::size_t n, std::size_t k, std::uint64_t seed, std::uint32_t number);

}  // namespace loci::sim
