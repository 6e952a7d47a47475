// Samples as replays take them.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/float_replay.hpp"
#include "backends/integer_replay.hpp"
#include "backends/layer_trains.hpp"
#include "backends/quantiser.hpp"

namespace loci::backends {

// One labelled sample, and what the network in real numbers makes of it.
struct ReplaySample {
  sim::SpikeTrains input;            // spikes of the inputs; without steps where pixels drive
  std::vector<std::uint8_t> pixels;  // (n_inputs), as constant currents; empty where spikes drive
  LayerTrains reference;             // filled by add_reference()
  std::uint8_t label = 0;

  Drive drive() const { return pixels.empty() ? Drive::spikes : Drive::pixels; }
  const sim::SpikeTrains* spikes() const { return drive() == Drive::spikes ? &input : nullptr; }
};

inline void add_reference(const FloatNetwork& network, sim::Step n_steps, ReplaySample& sample) {
  std::vector<double> currents;
  if (sample.drive() == Drive::pixels) currents = first_layer_currents(network, sample.pixels);
  FloatReplay(network).run({.spikes = sample.spikes(), .currents = currents}, n_steps, sample.reference);
}

// What the integer network makes of it.
inline void emulate(const IntegerNetwork& network, IntegerReplay& replay, sim::Step n_steps,
                    const ReplaySample& sample, LayerTrains& spikes) {
  std::vector<std::int32_t> sums;
  if (sample.drive() == Drive::pixels) sums = pixel_sums(network.layers.front().incoming, sample.pixels);
  replay.run({.spikes = sample.spikes(), .sums = sums}, n_steps, spikes);
}

}  // namespace loci::backends
