// Rate, irregularity and synchrony of a circuit's spikes, gathered while it runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/circuit/clock.hpp"

namespace loci::sim {

struct SpikeSummary {
  std::size_t n_neurons = 0;
  std::uint64_t n_spikes = 0;
  double rate_hz = 0.0;     // mean over neurons
  double rate_sd_hz = 0.0;  // standard deviation over neurons
  double cv_isi = 0.0;      // coefficient of variation of the inter-spike intervals, mean over neurons
  double fano = 0.0;        // variance over mean of the spikes of all neurons in bins
};

// Listens from step `first` on. Memory is O(neurons + bins).
class SpikeStatistics final : public CircuitListener {
 public:
  // A neuron counts into the mean of cv_isi from so many spikes on.
  static constexpr std::uint64_t least_spikes = 6;

  SpikeStatistics(const Circuit& circuit, Step first, double bin_ms = 5.0);

  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override;
  // The same at any time, from the event engine: intervals are as they are, and a spike counts into the bin
  // of the step that it falls into.
  void add(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons);

  // Over the steps [first, end); of the bins those that are full.
  SpikeSummary of_population(std::size_t population, Step end) const;
  SpikeSummary of_all(Step end) const;

 private:
  struct Neuron {
    std::uint64_t n = 0;
    double last = 0.0;  // in steps
    double sum = 0.0;   // of intervals, in steps
    double squares = 0.0;
  };
  void count(Step step, double at, std::size_t population, std::span<const std::uint32_t> neurons);
  SpikeSummary summary(std::size_t first_population, std::size_t last_population, Step end) const;

  double step_ms_;
  Step first_;
  Step bin_;                        // steps
  std::vector<std::size_t> begin_;  // (populations + 1)
  std::vector<Neuron> neurons_;
  std::vector<std::vector<std::uint64_t>> bins_;  // by population
};

}  // namespace loci::sim
