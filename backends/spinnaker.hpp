// SpiNNaker by way of sPyNNaker: a PyNN script and the lists of connections that it reads. Unverified: never
// run on a machine; the neuron's equations are read from one version of sPyNNaker's source.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "backends/target.hpp"
#include "backends/target_export.hpp"

namespace loci::backends {

inline constexpr std::size_t spinnaker_neurons_per_core = 255;

// Weights of 16 bits, delays of 1 to 16 steps, to 144 by way of delay extensions.
inline constexpr int spinnaker_version = 1;  // of the script, as import_spinnaker() knows it

TargetDescription spinnaker_target();

// <name>.py, and for each connection and sign <name>_<pre>_to_<post>_excitatory.txt or ..._inhibitory.txt,
// rows of pre, post, weight and delay in ms, without the sign, for FromListConnector. Neurons are
// IF_curr_delta with a capacitance at which a weight is a jump of the membrane by as much. `computed` rounds
// weights as coarsely as 16 bits may have to: so that the sum of all weights of one sign into a neuron fits.
// Throws InputError for a network that require_fits() refuses.
TargetExport export_spinnaker(const FloatNetwork& network, const ExportFacts& facts, const std::string& name);

// What the machine computes with, TargetExport::computed, from what export_spinnaker() wrote. The script and
// its lists are read, and then written again from what was read: other lines are refused. Throws InputError,
// with file and line, for what is missing, torn, altered or of an unknown format version.
FloatNetwork import_spinnaker(std::span<const ExportedFile> files);

}  // namespace loci::backends
