#include "sim/graph/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace loci::sim {

void Moments::add(double value) {
  ++n_;
  const double deviation = value - mean_;
  mean_ += deviation / static_cast<double>(n_);
  squares_ += deviation * (value - mean_);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void Moments::add(const Moments& other) {
  if (other.n_ == 0) return;
  const auto n = static_cast<double>(n_);
  const auto m = static_cast<double>(other.n_);
  const double deviation = other.mean_ - mean_;
  mean_ += deviation * (m / (n + m));
  squares_ += other.squares_ + deviation * deviation * (n * m / (n + m));
  n_ += other.n_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double Moments::sd() const {
  return n_ == 0 ? 0.0 : std::sqrt(squares_ / static_cast<double>(n_));
}

Moments Moments::scaled(double factor) const {
  Moments result = *this;
  result.mean_ *= factor;
  result.squares_ *= factor * factor;
  result.min_ *= factor;
  result.max_ *= factor;
  return result;
}

void Histogram::add(double value) {
  const double bin = std::max(0.0, std::floor((value - low) / width));
  ++counts[std::min(static_cast<std::size_t>(bin), counts.size() - 1)];
}

Histogram whole_number_histogram(const Moments& values, std::size_t n_bins) {
  const double n_values = values.max() - values.min() + 1.0;
  const double width = std::ceil(n_values / static_cast<double>(n_bins));
  return {values.min(), width,
          std::vector<std::size_t>(static_cast<std::size_t>(std::ceil(n_values / width)))};
}

Histogram histogram_from_zero(const Moments& values, std::size_t n_bins) {
  if (!(values.max() > 0.0)) return {0.0, 1.0, std::vector<std::size_t>(1)};
  return {0.0, values.max() / static_cast<double>(n_bins), std::vector<std::size_t>(n_bins)};
}

}  // namespace loci::sim
