// Samples as replays take them.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/float_replay.hpp"
#include "backends/layer_spikes.hpp"
#include "backends/quantiser.hpp"

namespace loci::backends {

// One labelled sample, and what the network in real numbers makes of it.
struct ReplaySample {
  sim::SpikeTrains input;        // spikes of the inputs; without steps where currents drive
  std::vector<double> currents;  // of the first layer, biases included; empty where spikes drive
  LayerSpikes reference;         // filled by add_reference()
  std::uint8_t label = 0;

  Drive drive() const { return currents.empty() ? Drive::spikes : Drive::currents; }
  const sim::SpikeTrains* spikes() const { return drive() == Drive::spikes ? &input : nullptr; }
};

inline void add_reference(FloatReplay& replay, sim::Step n_steps, ReplaySample& sample) {
  replay.run({.spikes = sample.spikes(), .currents = sample.currents}, n_steps, sample.reference);
}

}  // namespace loci::backends
