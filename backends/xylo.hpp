// Xylo of SynSense: the specification that rockpool builds a configuration from. Unverified: its format is
// known from one version of rockpool (42cee1c), and its bit-true simulator is not open.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/limits.hpp"
#include "backends/target.hpp"
#include "backends/target_export.hpp"

namespace loci::backends {

inline constexpr int xylo_version = 1;  // of the file, as import_xylo() knows it

enum class XyloDevice { audio2, audio3, imu };

std::string_view name_of(XyloDevice device);  // "audio2", ...
// Throws InputError at `where`.
XyloDevice parse_xylo_device(std::string_view text, const std::string& where);

// 16 inputs, weights of 8 bits, thresholds of 16, leaks by shifting.
TargetDescription xylo_target(XyloDevice device);

// What broken_limits() knows, and the device's own: hidden neurons and those that inputs and outputs reach,
// fan-out, at least one hidden layer.
std::vector<BrokenLimit> broken_xylo_limits(const FloatNetwork& network, XyloDevice device);

// One file, <name>.xylo.json, with the arrays under "specification". All hidden layers are one population,
// and what joins them is in weights_rec. One scale for all weights and biases of hidden neurons takes the
// largest to 127, another one those of the outputs; thresholds are scaled alike, and twice as much, since a
// current that halves at each step (dash_syn = 1, the shortest) delivers a weight twice. dash_mem =
// round(log2(1 / (1 - beta))). Rounds half to even. Throws InputError with all broken limits, if any is.
TargetExport export_xylo(const FloatNetwork& network, XyloDevice device, const ExportFacts& facts,
                         const std::string& name);

// The same network, TargetExport::computed, from what was written; `device`: the one it has to be for. Layers
// and scales, which the chip does not know of, are what the file says of itself ("loci_network"). Throws
// InputError for what is missing, torn, altered or of an unknown format version.
FloatNetwork import_xylo(std::span<const ExportedFile> files, XyloDevice device);

}  // namespace loci::backends
