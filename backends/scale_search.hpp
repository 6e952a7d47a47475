// Scales of all layers, found by replaying samples in the emulator rather than by the largest weight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backends/quantiser.hpp"
#include "backends/replay_sample.hpp"
#include "backends/target.hpp"

namespace loci::backends {

struct ScaleSearch {
  bool enabled = true;        // false: the first guess, max |w|
  std::size_t n_threads = 0;  // 0: as many as the machine has; the result does not depend on it
  // Told what is being tried and how far the search is; null: nobody.
  std::function<void(const std::string& what, std::size_t done, std::size_t total)> progress;
};

// Spikes of one layer that differ from the reference, when it is fed the reference's spikes.
struct LayerSearch {
  std::uint64_t reference_spikes = 0;
  std::uint64_t mismatches_first = 0;  // at the first guess
  std::uint64_t mismatches = 0;        // at the scales found
  std::size_t tried = 0;               // scalings replayed
  bool as_trained = false;             // the scale is the one it was trained with, and loses nothing
};

struct QuantisedNetwork {
  IntegerNetwork network;
  std::vector<LayerScaling> scaling;
  std::vector<LayerLoss> loss;
  std::vector<LayerSearch> search;
};

// The network at given scales.
QuantisedNetwork quantised(const FloatNetwork& network, const TargetDescription& target,
                           const std::vector<LayerScaling>& scaling);
std::vector<LayerScaling> first_guess(const FloatNetwork& network, const TargetDescription& target,
                                      Drive drive);

// Layer after layer with the reference's spikes as input, minimises the spikes that differ, for each group of
// neurons that shares a scale on its own; then, with all layers together, labels that differ and spikes of
// the last layer that do. Mismatches do not fall steadily with the scale, so scales are tried on a grid of
// half octaves and finer around the best of it. Where a leak or a reset is not the network's own, its
// amount or the threshold's size are tried, too. A layer that was trained in whole numbers which the target
// has keeps its own scale (trained_scaling()). samples: with their references; at least one. Unless
// all layers do so, never worse on the samples than the first guess. Deterministic.
QuantisedNetwork search_scales(const FloatNetwork& network, const TargetDescription& target,
                               std::span<const ReplaySample> samples, sim::Step n_steps,
                               const ScaleSearch& options);

// Whether the target resets its neurons as the network's are.
bool resets_as_trained(const sim::Lif& lif, const IntegerModel& model);

}  // namespace loci::backends
