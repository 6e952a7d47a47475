#include "sim/graph/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/graph/statistics.hpp"
#include "sim/random.hpp"

namespace loci::sim {

SampledMean sampled_mean(std::span<const double> values, std::size_t n) {
  Moments moments;
  for (const double value : values) moments.add(value);
  SampledMean result{.mean = moments.mean(), .n_sampled = values.size()};
  if (values.size() < 2 || values.size() >= n) return result;
  // The variance is estimated from the sample (k - 1), and shrinks as the sample becomes everybody: Cochran
  // (1977), eq. 2.20.
  const auto k = static_cast<double>(values.size());
  result.error = moments.sd() * std::sqrt((1.0 - k / static_cast<double>(n)) / (k - 1.0));
  return result;
}

std::vector<Vertex> sample_vertices(std::size_t n, std::size_t k, std::uint64_t seed, std::uint32_t number) {
  std::vector<Vertex> sample(n);
  std::iota(sample.begin(), sample.end(), Vertex{0});
  if (k >= n) return sample;
  shuffle(sample, seed, Stream::graph, number);
  sample.resize(k);
  std::ranges::sort(sample);
  return sample;
}

}  // namespace loci::sim
