// What a target can hold and how it computes, as data: what the check, the quantiser and the certificate go
// by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/core_capacity.hpp"
#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"

namespace loci::backends {

// Who shares one number: a threshold, a leak, a scale of weights.
enum class Granularity { layer, pair, neuron };

// A chip of several that each hold a part of one layer.
struct ChipSize {
  std::size_t sources = 0;
  std::size_t neurons = 0;
  std::size_t together = 1;  // neurons from a multiple of it on stay on one chip: they share parameters
};

struct TargetLimits {
  std::optional<std::size_t> neurons;  // of all layers but the input
  std::optional<std::size_t> inputs;
  std::optional<std::size_t> outputs;  // of the last layer
  std::optional<std::size_t> ids;      // inputs and neurons together
  std::optional<std::size_t> fan_in;   // edges into one neuron
  std::optional<std::size_t> fan_out;  // edges out of one neuron
  std::optional<std::size_t> layers;   // but the input
  std::optional<CoreCapacity> core;    // of each, where there are several
  std::optional<ChipSize> chip;        // where a network can be split over several (chip_split.hpp)
};

// How real numbers become the target's.
struct TargetNumbers {
  Range weight;
  bool even_beyond = false;     // Loihi: weights above 127 or below -128 only where all of the layer are even
  bool sign_by_source = false;  // ODIN: a source's weights have one sign
  Range threshold;
  Granularity threshold_of = Granularity::layer;
  Range leak;  // factor or amount
  Granularity leak_of = Granularity::layer;
  std::optional<Range> bias;          // none: no biases
  std::optional<Range> weight_shift;  // a layer's weights count 2^shift times; none: always once
  bool one_later_shift = false;       // ReckOn: all layers after the first have one shift
  int longest_delay = 0;              // steps beyond the layer's own latency
  bool delays_by_neuron = false;      // netx: a layer has one for each neuron, or one for each source
};

struct TargetDescription {
  std::string name;         // as --target takes it
  std::string title;        // what it is, in a few words
  bool unverified = false;  // written from second-hand facts
  IntegerModel model;
  SpikeOrder order = SpikeOrder::summed;
  int layer_latency = 1;        // steps from one layer to the next
  bool input_currents = false;  // takes currents that stand for a sample, not only spikes
  TargetLimits limits;
  TargetNumbers numbers;
};

// What goes into every file beside the network itself.
struct ExportFacts {
  std::string model;          // file name
  std::string configuration;  // TOML text of the run that trained it
  std::uint64_t seed = 0;
  std::string version;  // of loci, with commit
  double step_ms = 1.0;
};

}  // namespace loci::backends
