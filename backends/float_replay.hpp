// The trained network in real numbers, sample by sample: the reference that emulated spikes are compared
// with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/layer_trains.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// One sample's outside world.
struct FloatStimulus {
  const sim::SpikeTrains* spikes = nullptr;  // of the inputs; none if null
  std::span<const double> currents;  // (first layer), at every step, its biases included; empty: biases alone
};

// The constant currents of the first layer for an image of bytes: its biases, and pixel / 255 times the
// weights.
std::vector<double> first_layer_currents(const FloatNetwork& network, std::span<const std::uint8_t> pixels);

// Layer by layer, each n_steps steps of its own, to the bit what sim's clock engine computes. The network
// must outlive it.
class FloatReplay {
 public:
  explicit FloatReplay(const FloatNetwork& network) : network_(network) {}

  // One sample from a fresh state; overwrites `spikes`, sorted within each step.
  void run(const FloatStimulus& stimulus, sim::Step n_steps, LayerTrains& spikes);

 private:
  void run_layer(const FloatLayer& layer, const sim::SpikeTrains* input, std::span<const double> currents,
                 sim::Step n_steps, sim::SpikeTrains& fired);
  void send(const FloatLayer& layer, std::span<const std::uint32_t> spikes, sim::Step now, sim::Step n_steps);

  const FloatNetwork& network_;
  std::vector<double> arrived_;  // (n_steps, n_targets), or one row where nothing is delayed
  std::vector<double> membrane_;
};

}  // namespace loci::backends
