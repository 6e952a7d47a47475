// SpiNNaker2 by way of py-spinnaker2: connection lists of small integers, to lie beside the network's NIR
// file. Unverified: the facts are those of three independent users of that library.
#pragma once

#include <span>
#include <string>

#include "backends/quantiser.hpp"
#include "backends/target.hpp"
#include "backends/target_export.hpp"

namespace loci::backends {

inline constexpr int spinnaker2_version = 1;  // of the side-car, as import_spinnaker2() knows it

// Weights of 4 bits and a sign, delays of 1 to 8 steps, a threshold for each neuron; neurons that reset as
// the trained ones do. Their real numbers are emulated by whole ones of as many bits.
TargetDescription spinnaker2_target(sim::Reset reset = sim::Reset::subtract);

// One file, <name>.spinnaker2.json: populations with parameters as py-spinnaker2 calls them and rows [pre,
// post, weight, delay] of all edges. Weights into a neuron are multiplied by the neuron's scale, rounded half
// to even and clipped; its threshold and bias are scaled alike. scaling: of each layer, its scales alone
// count; empty: 15 / max |w| for each neuron. A row's delay is the chip's field, 0 to 7, one step less
// than what it takes. The file names <name>.nir, which is the caller's to write (backends/nir_export.hpp)
// with Euler time constants and the step in ms. Throws InputError for a network that require_fits() refuses.
TargetExport export_spinnaker2(const FloatNetwork& network, std::span<const LayerScaling> scaling,
                               const ExportFacts& facts, const std::string& name);

// The same network, TargetExport::computed, from what was written: integer weights, thresholds, decays and
// delays are the side-car's, the units in which a neuron counts are what it says of itself ("loci"). All of
// it has to agree with itself and, but for rounding, with the NIR file beside it. Throws InputError for what
// is missing, torn, altered or of an unknown format version.
FloatNetwork import_spinnaker2(std::span<const ExportedFile> files);

}  // namespace loci::backends
