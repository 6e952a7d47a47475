// Clock-driven simulation: every active neuron at every step.
#pragma once

#include <span>
#include <vector>

#include "sim/engine.hpp"

namespace loci::sim {

// Input under way: one row of neurons for each of the coming steps, reused in a circle.
class DelayRing {
 public:
  DelayRing(std::size_t n_neurons, Step longest_delay)
      : n_neurons_(n_neurons), n_rows_(longest_delay + 1), rows_(n_neurons_ * n_rows_, 0.0) {}

  void clear() { rows_.assign(rows_.size(), 0.0); }
  std::span<double> at(Step step) {
    return std::span(rows_).subspan((step % n_rows_) * n_neurons_, n_neurons_);
  }

 private:
  std::size_t n_neurons_;
  std::size_t n_rows_;
  std::vector<double> rows_;  // (n_rows, n_neurons), row-major
};

class ClockEngine final : public SpikingEngine {
 public:
  explicit ClockEngine(LayeredModel model);
  void run(const Stimulus& stimulus, SpikeListener& listener) override;

 private:
  void add_input_spikes(const Stimulus& stimulus, Step now);
  void integrate(const ActiveLayer& layer, std::span<const double> current, std::span<const double> arrived);
  void send(Step now);

  LayeredModel model_;
  std::vector<double> membrane_;  // (n_neurons)
  DelayRing under_way_;
  std::vector<NeuronId> spikes_;  // scratch: of the present step, sorted
};

}  // namespace loci::sim
