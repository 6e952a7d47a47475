#include "sim/circuit/poisson.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sim/random.hpp"

namespace loci::sim {

std::vector<std::uint32_t> poisson_thresholds(double mean) {
  std::vector<std::uint32_t> thresholds;
  double probability = std::exp(-mean);
  double below = probability;  // of 0 .. k
  for (double k = 1.0;; k += 1.0) {
    const double threshold = std::floor(below * 0x1p32 + 0.5);
    if (threshold > 0xFFFFFFFF) break;
    thresholds.push_back(static_cast<std::uint32_t>(threshold));
    probability *= mean / k;
    below += probability;
    if (k > mean && probability < 0x1p-34) break;
  }
  return thresholds;
}

PoissonDrive::PoissonDrive(std::uint64_t seed, std::uint32_t input, std::span<const double> means,
                           std::size_t n_neurons, std::span<const std::uint32_t> neurons, double weight)
    : seed_(seed),
      input_(input),
      uniform_(means.size() == 1),
      stride_((n_neurons + 15) / 16 * 16),
      neurons_(stride_),
      counts_(n_blocks * steps_per_block * stride_),
      weight_(weight) {
  for (std::size_t place = 0; place < n_neurons; ++place)
    neurons_[place] = neurons.empty() ? static_cast<std::uint32_t>(place) : neurons[place];
  if (uniform_) thresholds_ = poisson_thresholds(means[0]);
  for (std::size_t place = 0; place < n_neurons && !uniform_; ++place) {
    mean_.push_back(means[neurons_[place]]);
    miss_.push_back(std::exp(-mean_.back()));
  }
}

void PoissonDrive::draw(Step block, std::size_t begin, std::size_t end) {
  std::uint8_t* counts = counts_.data() + row(block * steps_per_block);
  if (uniform_) {
    draw_counts(seed_, input_, block, thresholds_, neurons_.data(), begin, end, stride_, counts);
    return;
  }
  for (std::size_t place = begin; place < end; ++place) {
    const auto words =
        random_words(seed_, Stream::poisson, std::uint64_t{input_} << 32 | neurons_[place], block);
    for (std::size_t t = 0; t < steps_per_block; ++t) {
      const double uniform = (words[t] + 0.5) * 0x1p-32;
      double probability = miss_[place];
      double below = probability;
      std::uint8_t count = 0;
      for (; below <= uniform && count < 255; below += probability) probability *= mean_[place] / ++count;
      counts[t * stride_ + place] = count;
    }
  }
}

void PoissonDrive::add(Step step, std::size_t begin, std::size_t end, double* arrived) const {
  add_counts(counts_.data() + row(step), weight_, begin, end, arrived);
}

}  // namespace loci::sim
