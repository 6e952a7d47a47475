// Runs an integer network bit for bit as the chip does that it was made for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// One sample's outside world.
struct IntegerStimulus {
  const sim::SpikeTrains* spikes = nullptr;  // of the inputs; none if null
  std::span<const std::int32_t> sums;  // (first layer), arrives at every step beside the spikes; may be empty
};

class EmulationListener {
 public:
  virtual ~EmulationListener() = default;
  // After each step of each layer (the first after the input is 0). Steps are the layer's own: at its step t
  // it sees what the layer before fired at its step t, whatever latency the chip has between them. fired: in
  // the order in which the spikes leave.
  virtual void on_step(std::size_t layer, sim::Step step, std::span<const std::uint32_t> fired,
                       const IntegerNeurons& neurons) = 0;
};

class Emulator {
 public:
  // The network must outlive it.
  explicit Emulator(const IntegerNetwork& network);

  // One sample from a fresh state; each layer takes n_steps steps.
  void run(const IntegerStimulus& stimulus, sim::Step n_steps, EmulationListener& listener);

  const Overflows& overflows() const { return overflows_; }  // in all samples so far

 private:
  const IntegerNetwork& network_;
  std::vector<IntegerNeurons> layers_;
  Overflows overflows_;
};

}  // namespace loci::backends
