// Generated Verilog, simulated by Icarus Verilog beside the emulator.
#include "backends/verilog_source.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "backends/native.hpp"
#include "backends/network_numbers.hpp"
#include "backends/verilog_reader.hpp"
#include "native_networks.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using namespace loci::backends::tests;

namespace {

constexpr sim::Step n_steps = 10;

VerilogSamples random_samples(const IntegerNetwork& network, std::size_t n_samples,
                              const VerilogOptions& options = {}) {
  VerilogSamples samples{.n_steps = n_steps};
  for (std::size_t s = 0; s < n_samples; ++s) {
    if (options.pixel_shift) {
      samples.spikes.push_back({.begin = {0}});
      samples.sums.push_back(PixelSums(network.layers[0].incoming, *options.pixel_shift)
                                 .of(random_pixels(network.n_inputs(), s)));
    } else {
      samples.spikes.push_back(random_spikes(network.n_inputs(), n_steps, s));
    }
  }
  return samples;
}

struct Result {
  int n_samples = 0, n_steps = 0, n_spikes = 0, longest = 0, n_mismatches = -1;
};

Result simulate(const Folder& folder, const std::string& name) {
  folder.run("'" LOCI_IVERILOG "' -g2005 -Wall -Wno-timescale -o bench loci_lif.v " + name + ".v " + name +
             "_bench.v");
  const std::string printed = folder.run("./bench");
  Result result;
  INFO(printed);
  const auto line = printed.find("bench:");
  REQUIRE(line != std::string::npos);
  REQUIRE(
      std::sscanf(printed.c_str() + line,
                  "bench: %d samples, %d steps, %d spikes expected, longest step %d clocks, %d mismatches",
                  &result.n_samples, &result.n_steps, &result.n_spikes, &result.longest,
                  &result.n_mismatches) == 5);
  return result;
}

void require_same(const IntegerNetwork& network, const VerilogOptions& options, std::size_t n_samples = 3) {
  const VerilogSamples samples = random_samples(network, n_samples, options);
  std::vector<std::size_t> n_spikes(network.layers.size());
  for (std::size_t s = 0; s < n_samples; ++s) {
    IntegerStimulus stimulus{.spikes = &samples.spikes[s]};
    if (!samples.sums.empty()) stimulus.sums = samples.sums[s];
    const Emulated sample = emulated(network, stimulus, n_steps);
    for (std::size_t l = 0; l < n_spikes.size(); ++l) n_spikes[l] += sample.n_spikes[l];
  }
  for (const std::size_t n : n_spikes) REQUIRE(n > 0);
  const Folder folder;
  const auto files = verilog_source(network, {.model = "model.h5", .version = "test"}, samples, options);
  const VerilogExport read = import_verilog(files);
  CHECK(differences(numbers_of(network), numbers_of(read.network)).empty());
  CHECK(read.options.name == options.name);
  CHECK(read.options.lanes == options.lanes);
  CHECK(read.options.pixel_shift == options.pixel_shift);
  folder.write(files);
  const Result result = simulate(folder, options.name);
  CHECK(result.n_samples == static_cast<int>(n_samples));
  CHECK(result.n_steps == n_steps);
  std::size_t all = 0;
  for (const std::size_t n : n_spikes) all += n;
  CHECK(result.n_spikes == static_cast<int>(all));
  CHECK(result.n_mismatches == 0);
}

}  // namespace

TEST_CASE("generated Verilog of 64-32-10 neurons fires as the emulator over 20 samples") {
  require_same(random_network({.sizes = {64, 32, 10}, .membrane_bits = 24}), {.name = "net"}, 20);
}

TEST_CASE("generated Verilog fires as the emulator does, with every reset, several lanes and saturation") {
  int lanes = 1;
  for (const sim::Reset reset : {sim::Reset::subtract, sim::Reset::zero})
    for (const bool delayed : {true, false}) {
      const sim::Lif lif{.reset = reset, .reset_delay = delayed};
      require_same(random_network({.sizes = {30, 21, 10}, .lif = lif, .membrane_bits = 24}),
                   {.name = "net", .lanes = lanes++});
      require_same(random_network({.sizes = {30, 20, 5}, .lif = lif, .membrane_bits = 10}),
                   {.name = "narrow", .lanes = 2});
    }
}

TEST_CASE("generated Verilog takes other shapes, constant currents and neurons that are all alike") {
  require_same(random_network({.sizes = {17, 9}, .membrane_bits = 24, .same_everywhere = true}),
               {.name = "same", .lanes = 9});
  require_same(random_network({.sizes = {20, 12, 1}, .membrane_bits = 24}), {.name = "one"});
  require_same(random_network({.sizes = {20, 17, 16, 33, 4}, .membrane_bits = 24}),
               {.name = "deep", .lanes = 4});
  require_same(random_network({.sizes = {40, 24, 10}, .membrane_bits = 24, .weight_limit = 20000}),
               {.name = "wide", .lanes = 2, .pixel_shift = 8});
}

TEST_CASE("a spike that the emulator did not expect is seen by the test bench") {
  const auto network = random_network({.sizes = {20, 8, 4}, .membrane_bits = 24});
  auto files = verilog_source(network, {}, random_samples(network, 2), {.name = "net"});
  for (ExportedFile& file : files) {
    if (file.name != "net_expected.hex") continue;
    auto& text = std::get<std::string>(file.content);
    text[text.find_first_of("0123456789abcdef")] ^= 1;  // 0 and 1, 2 and 3... differ in one bit
  }
  const Folder folder;
  folder.write(files);
  CHECK(simulate(folder, "net").n_mismatches >= 1);
}

TEST_CASE("memory bits follow from the network") {
  // 8-bit weights; membranes of 24 bits and sums of 64 127 hold in 25, one sign; one lane.
  auto network = random_network({.sizes = {64, 32, 10}, .membrane_bits = 24, .same_everywhere = true});
  const VerilogSize size = verilog_size(network);
  CHECK(size.weight_bits == (64 * 32 + 32 * 10) * 8);
  CHECK(size.state_bits == (32 + 10) * 25);
  CHECK(size.neuron_bits == 0);
  CHECK(verilog_size(network, {.lanes = 4}).state_bits == (32 + 12) * 25);
}

TEST_CASE("networks and samples that generated Verilog cannot run are refused") {
  auto network = random_network({.sizes = {5, 4, 3}, .membrane_bits = 24});
  CHECK_THROWS_AS(verilog_source(network, {}, {}, {}), std::invalid_argument);
  CHECK_THROWS_WITH(verilog_source(network, {}, random_samples(network, 1, {.pixel_shift = 8}), {}),
                    Catch::Contains("pixels"));
  network.layers[1].parameters.threshold[0] = 0;
  CHECK_THROWS_WITH(verilog_source(network, {}, random_samples(network, 1), {}), Catch::Contains("layer 1"));
}
