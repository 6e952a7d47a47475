// A network as synthesisable Verilog-2005 with a test bench of samples, bit for bit what the emulator does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "backends/target.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

inline constexpr int verilog_source_version = 1;  // of what verilog_reader.hpp knows how to read

struct VerilogOptions {
  std::string name = "loci_net";  // of the top module and the files; made an identifier
  int lanes = 1;                  // neurons that take a spike in one clock, 1 to 64
  // The first layer's biases can also be set for each sample, to them plus sums of pixels (PixelSums) with
  // this shift.
  std::optional<int> pixel_shift;
};

// What the test bench runs. One entry of each per sample.
struct VerilogSamples {
  std::vector<sim::SpikeTrains> spikes;         // of the inputs
  std::vector<std::vector<std::int32_t>> sums;  // (samples, first layer); empty: none; only with pixel_shift
  sim::Step n_steps = 0;
};

// Bits of the memories that the source describes; what a family makes of them is larger.
struct VerilogSize {
  std::size_t weight_bits = 0;
  std::size_t state_bits = 0;
  std::size_t neuron_bits = 0;  // thresholds, leaks and biases where neurons differ

  std::size_t total() const { return weight_bits + state_bits + neuron_bits; }
};

VerilogSize verilog_size(const IntegerNetwork& network, const VerilogOptions& options = {});

// loci_lif.v, the core; NAME.v, the network; NAME_*.hex, its memories; NAME_bench.v, which runs the samples
// and counts spikes that differ from the emulator's; synth.sh, which synthesises with yosys and prints cells.
// Throws std::invalid_argument for a network that is not native (require_native()) and samples that do not
// fit, and InputError where an image could drive sums beyond what 31 bits hold.
std::vector<ExportedFile> verilog_source(const IntegerNetwork& network, const ExportFacts& facts,
                                         const VerilogSamples& samples, const VerilogOptions& options = {});

}  // namespace loci::backends
