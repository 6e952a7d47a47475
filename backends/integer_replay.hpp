// The emulator as the float replay runs: whole samples, spikes of all layers kept.
#pragma once

#include <vector>

#include "backends/emulator.hpp"
#include "backends/layer_trains.hpp"

namespace loci::backends {

// The network must outlive it.
class IntegerReplay {
 public:
  explicit IntegerReplay(const IntegerNetwork& network)
      : n_layers_(network.layers.size()), emulator_(network) {}

  // One sample from a fresh state; overwrites `spikes`, in the order in which they leave.
  void run(const IntegerStimulus& stimulus, sim::Step n_steps, LayerTrains& spikes);

  Overflows overflows() const { return emulator_.overflows(); }  // in all samples so far

 private:
  std::size_t n_layers_;
  Emulator emulator_;
};

}  // namespace loci::backends
