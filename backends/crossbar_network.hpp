// Layered networks on the crossbar of ODIN and tinyODIN, and the files of samples on it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/crossbar_chip.hpp"
#include "backends/integer_network.hpp"
#include "backends/rtl_files.hpp"

namespace loci::backends {

// The ids of the input and of each layer, one after another from 0. Spikes of a single layer only leave the
// chip, which has rows of synapses for its sources and columns for its neurons: where ids are too few for
// both, the layer's begin at 0, too.
std::vector<LayerIds> crossbar_ids(const IntegerNetwork& network);

// What the chips hold of such a network.
TargetLimits crossbar_limits(const IntegerNetwork& network, bool closed_loop);

// (256, 256), source, target. The ids must fit.
std::vector<std::int16_t> crossbar_weights(const IntegerNetwork& network, std::span<const LayerIds> layers);
// The other way round. parameters: of all 256 neurons.
IntegerNetwork crossbar_network(const IntegerModel& model, const IntegerParameters& parameters,
                                std::span<const std::int16_t> weight, std::span<const LayerIds> layers);

// network.json, and events.txt and expected.log of each sample. Throws InputError where the chip's queue
// would lose spikes.
void append_crossbar_samples(CrossbarChip& chip, const std::string& target, std::span<const LayerIds> layers,
                             const RtlSamples& samples, const ExportFacts& facts, bool closed_loop,
                             std::vector<ExportedFile>& files);

// Throws InputError where network.json and the image differ.
void require_same_ids(const RtlSidecar& sidecar, std::span<const LayerIds> layers);

}  // namespace loci::backends
