// Looking at some neurons instead of all of them, on several threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/parallel.hpp"
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

// Calls body(begin, end) for blocks of [0, n), one for each thread: as much scratch as there are threads.
template <typename Body>
void for_each_block(std::size_t n, std::size_t n_threads, const Body& body) {
  const std::size_t n_blocks = std::clamp<std::size_t>(n_threads, 1, std::max<std::size_t>(n, 1));
  for_each_parallel(n_blocks, n_blocks,
                    [&](std::size_t block) { body(n * block / n_blocks, n * (block + 1) / n_blocks); });
}

}  // namespace loci::sim
