// A layered network over several chips, a part of one layer on each: which neuron is where, whose spikes go
// where, and the files of all chips.
//
// Exact for chips whose neurons do not feel each other within a step except through spikes, which leave the
// chip and come back as events of the host (docs/targets, "Several chips"): what a neuron does depends on the
// order of the events that reach it, and that order stays as it is.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "backends/rtl_files.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// What one chip holds. Its input j is neuron sources[j] of the layer before, its neuron k is neurons[k].
struct ChipPart {
  std::size_t layer = 1;               // of the neurons; the network's input is layer 0
  std::vector<std::uint32_t> sources;  // rising
  std::vector<std::uint32_t> neurons;  // rising

  bool operator==(const ChipPart&) const = default;
};
using ChipSplit = std::vector<ChipPart>;  // by layer and first neuron

// The target, but of as many chips as a network needs: of its limits on sizes only a neuron's sources stay.
// Throws std::invalid_argument for a target that cannot be split.
TargetDescription over_several_chips(TargetDescription target);

// Neurons in their order, as many on a chip as there is room for them and for all sources of theirs. Throws
// InputError for a neuron of more sources than a chip has.
ChipSplit split_over_chips(const IntegerNetwork& network, const ChipSize& chip);
// What is on one chip, as a network of one layer.
IntegerNetwork part_of(const IntegerNetwork& network, const ChipPart& part);
// The spikes of the layer before as a chip's inputs, in the order in which they come.
sim::SpikeTrains inputs_of(const ChipPart& part, const sim::SpikeTrains& before);

// For certificates: chips, and the layer, inputs and neurons of each. Lines end with a line break.
std::string split_text(const ChipSplit& split);
nlohmann::json split_json(const ChipSplit& split);

// How one kind of chip is written, emulated and read.
struct ChipFiles {
  std::string target;
  ExportFacts facts;  // where the network comes from
  std::function<std::vector<ExportedFile>(const IntegerNetwork& part, const RtlSamples& samples)> write;
  // The chip's own emulator: which neurons fire in each step, in that order.
  std::function<std::vector<std::vector<std::uint32_t>>(const IntegerNetwork& part,
                                                        const sim::SpikeTrains& inputs, sim::Step n_steps)>
      run;
  std::function<IntegerNetwork(std::span<const ExportedFile>)> read;
};

inline constexpr const char* chips_name = "chips.json";
inline constexpr int chips_version = 1;
inline constexpr const char* routing_name = "routing.csv";

// chip-000/... with what `write` makes of each part and of what the samples send it, chips.json and
// routing.csv. Every chip is emulated on the samples; where one would not fire as the whole network does,
// throws std::logic_error.
std::vector<ExportedFile> write_split(const IntegerNetwork& network, const ChipSplit& split,
                                      const RtlSamples& samples, const ChipFiles& chips);
bool is_split(std::span<const ExportedFile> files);
// The whole network again. Throws InputError for files that are missing, damaged or do not belong together.
IntegerNetwork read_split(std::span<const ExportedFile> files, const ChipFiles& chips);

}  // namespace loci::backends
