// A network on Loihi in the chip's time, with what only Loihi has: graded spikes and periodic resets. Every
// layer takes every step, and what a layer sends arrives at the next one a step later. Emulator gives each
// layer steps of its own; with a layer_latency of 1 both are the same network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/emulator.hpp"
#include "backends/integer_network.hpp"
#include "backends/spike_sums.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// Current and membrane of a layer are set to zero before steps of its own choice (Lava's LIFReset).
struct LoihiReset {
  sim::Step interval = 0;  // 0: never
  sim::Step offset = 0;    // at steps, counted from 1, that leave the same rest as it by the interval
};

// What reaches a network in one step of the chip.
struct LoihiInput {
  std::span<const std::uint32_t> fired;    // inputs that spike in it; felt in the next step
  std::span<const std::int32_t> payload;   // of each of these spikes; empty: 1
  std::span<const std::int32_t> dendrite;  // (first layer), added to its sums in this step; may be empty
};

class LoihiChip {
 public:
  // The network must outlive it. resets: one a layer, or none. Throws std::invalid_argument for a network
  // that validate() refuses.
  explicit LoihiChip(const IntegerNetwork& network, std::vector<LoihiReset> resets = {});

  // One step of all layers. Throws std::invalid_argument for an input of another network and for payloads
  // that could overflow a sum.
  void step(const LoihiInput& input);
  // As at the start.
  void clear();

  // One sample from a fresh state: n_steps of input and then as many steps as the layers lag behind. The
  // listener is told of each layer at each step of the chip.
  void run(const IntegerStimulus& stimulus, sim::Step n_steps, EmulationListener& listener);

  const IntegerNeurons& neurons(std::size_t layer) const { return layers_[layer].neurons; }
  std::span<const std::uint32_t> fired(std::size_t layer) const { return layers_[layer].fired; }

 private:
  struct Layer {
    SpikeSums sums;
    IntegerNeurons neurons;
    LoihiReset reset;
    std::vector<std::uint32_t> fired;  // in the step just taken
  };

  void require_fits(const LoihiInput& input) const;

  const IntegerNetwork& network_;
  std::int64_t largest_first_sum_ = 0;  // of magnitudes of weights into a neuron of the first layer
  std::vector<Layer> layers_;
  std::vector<std::uint32_t> sent_;  // by the inputs in the step just taken
  std::vector<std::int32_t> sent_payload_;
  std::vector<std::int32_t> together_;  // spikes' sums and the dendrite's
  sim::Step now_ = 0;                   // steps taken
};

}  // namespace loci::backends
