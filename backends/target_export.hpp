// What writing a network for a target gives: the files, and what they are worth.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/fidelity.hpp"
#include "backends/float_network.hpp"

namespace loci::backends {

struct TargetExport {
  std::vector<ExportedFile> files;
  // What the target computes with, rounded, in the units of the trained network: to be run by FloatReplay.
  // Whatever else differs is in `fidelity`.
  FloatNetwork computed;
  std::vector<PropertyFidelity> fidelity;
};

// The sentence that every file for such a target begins with.
std::string unverified_note(const std::string& title);

// How far rounding moved the weights of all layers.
PropertyFidelity weight_fidelity(const FloatNetwork& trained, const FloatNetwork& computed);

// What a reset at once makes of the trained one: exact for zero, where only spikes count; for subtraction if
// it was trained to be in the step of the spike.
PropertyFidelity reset_at_once_fidelity(const FloatNetwork& network);

// Biases that flow in all layers from the first step on: a layer starts with what they have charged it with
// in the steps that spikes need to reach it. rounded: how they are kept, if not exactly.
PropertyFidelity early_bias_fidelity(const FloatNetwork& network, const std::string& rounded = "");

}  // namespace loci::backends
