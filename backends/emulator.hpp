// Runs an integer network bit for bit as the chip does that it was made for.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"
#include "backends/spike_sums.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// One sample's outside world.
struct IntegerStimulus {
  const sim::SpikeTrains* spikes = nullptr;  // of the inputs; none if null, or after their last step
  // (first layer), arrives at every step beside the spikes, after they have been scaled by the connection's
  // exponent; may be empty.
  std::span<const std::int32_t> sums;
};

class EmulationListener {
 public:
  virtual ~EmulationListener() = default;
  // After each step of each layer (the first after the input is 0). Steps are the layer's own: at its step t
  // it sees what the layer before fired at its step t, whatever latency the chip has between them. Steps that
  // a layer takes before its first input (layer_latency) are not told. fired: in the order in which the
  // spikes leave.
  virtual void on_step(std::size_t layer, sim::Step step, std::span<const std::uint32_t> fired,
                       const IntegerNeurons& neurons) = 0;
};

class Emulator {
 public:
  // The network must outlive it. Throws std::invalid_argument for one that validate() refuses.
  explicit Emulator(const IntegerNetwork& network);

  // One sample from a fresh state; each layer takes n_steps steps. Throws std::invalid_argument for a
  // stimulus of another network.
  void run(const IntegerStimulus& stimulus, sim::Step n_steps, EmulationListener& listener);

  Overflows overflows() const;  // in all samples so far
  const Overflows& overflows(std::size_t layer) const { return layers_[layer].neurons.overflows(); }

 private:
  struct Layer {
    const IntegerConnection& incoming;
    SpikeSums sums;
    IntegerNeurons neurons;
  };

  void require_fits(const IntegerStimulus& stimulus) const;
  void advance(Layer& layer, std::span<const std::uint32_t> arriving, std::span<const std::int32_t> constant);
  void step_summed(Layer& layer, std::span<const std::uint32_t> arriving,
                   std::span<const std::int32_t> constant);
  void step_one_by_one(Layer& layer, std::span<const std::uint32_t> arriving);
  void step_in_turn(Layer& layer, std::span<const std::uint32_t> arriving);

  const IntegerNetwork& network_;
  std::vector<Layer> layers_;
  std::vector<std::uint32_t> fired_;    // by the layer in hand
  std::vector<std::int32_t> together_;  // spikes' sums and constant ones
};

}  // namespace loci::backends
