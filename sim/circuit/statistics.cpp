#include "sim/circuit/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace loci::sim {

SpikeStatistics::SpikeStatistics(const Circuit& circuit, Step first, double bin_ms)
    : step_ms_(circuit.step_ms),
      first_(first),
      bin_(std::max<Step>(1, steps_from_ms(bin_ms, circuit.step_ms, OffGrid::round, "bin"))),
      begin_{0},
      bins_(circuit.populations.size()) {
  for (const Population& population : circuit.populations) begin_.push_back(begin_.back() + population.size);
  neurons_.resize(begin_.back());
}

void SpikeStatistics::on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) {
  count(step, step, population, neurons);
}

// A step's spikes are stamped with its end: it has those after its begin. Times on the grid are multiples of
// the step, were it not for their last bit.
void SpikeStatistics::add(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons) {
  const double steps = time_ms / step_ms_;
  const double nearest = std::round(steps);
  const bool on_grid = std::abs(steps - nearest) <= 1e-9 * std::max(1.0, steps);
  const double at = on_grid ? nearest : steps;
  count(static_cast<Step>(std::max(0.0, std::ceil(at) - 1.0)), at - 1.0, population, neurons);
}

// at: when, in steps of which the first ends at 0.
void SpikeStatistics::count(Step step, double at, std::size_t population,
                            std::span<const std::uint32_t> neurons) {
  const std::size_t bin = (step - first_) / bin_;
  auto& bins = bins_[population];
  if (bins.size() <= bin) bins.resize(bin + 1);
  bins[bin] += neurons.size();
  for (const std::uint32_t neuron : neurons) {
    Neuron& each = neurons_[begin_[population] + neuron];
    if (each.n > 0) {
      const double interval = at - each.last;
      each.sum += interval;
      each.squares += interval * interval;
    }
    ++each.n;
    each.last = at;
  }
}

SpikeSummary SpikeStatistics::summary(std::size_t first_population, std::size_t last_population,
                                      Step end) const {
  SpikeSummary result;
  result.n_neurons = begin_[last_population] - begin_[first_population];
  double squares = 0.0;
  double variation = 0.0;
  double n_varying = 0.0;
  for (std::size_t i = begin_[first_population]; i < begin_[last_population]; ++i) {
    const Neuron& each = neurons_[i];
    const auto n = static_cast<double>(each.n);
    result.n_spikes += each.n;
    squares += n * n;
    if (each.n < least_spikes) continue;
    const double mean = each.sum / (n - 1);
    variation += std::sqrt(std::max(0.0, each.squares / (n - 1) - mean * mean)) / mean;
    n_varying += 1.0;
  }
  const double seconds = (end - first_) * step_ms_ * 1e-3;
  const auto n = static_cast<double>(result.n_neurons);
  const double mean = static_cast<double>(result.n_spikes) / n;
  if (seconds > 0.0) {
    result.rate_hz = mean / seconds;
    result.rate_sd_hz = std::sqrt(std::max(0.0, squares / n - mean * mean)) / seconds;
  }
  if (n_varying > 0.0) result.cv_isi = variation / n_varying;

  const std::size_t n_bins = (end - first_) / bin_;
  double sum = 0.0;
  double sum_of_squares = 0.0;
  for (std::size_t bin = 0; bin < n_bins; ++bin) {
    double count = 0.0;
    for (std::size_t p = first_population; p < last_population; ++p)
      if (bin < bins_[p].size()) count += static_cast<double>(bins_[p][bin]);
    sum += count;
    sum_of_squares += count * count;
  }
  if (sum > 0.0) result.fano = sum_of_squares / sum - sum / static_cast<double>(n_bins);
  return result;
}

SpikeSummary SpikeStatistics::of_population(std::size_t population, Step end) const {
  return summary(population, population + 1, end);
}

SpikeSummary SpikeStatistics::of_all(Step end) const {
  return summary(0, bins_.size(), end);
}

}  // namespace loci::sim
