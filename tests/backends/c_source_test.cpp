// Generated C, compiled as users' compilers are told to and run beside the emulator.
#include "backends/c_source.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "backends/c_reader.hpp"
#include "backends/c_samples.hpp"
#include "backends/native.hpp"
#include "backends/network_numbers.hpp"
#include "native_networks.hpp"
#include "sim/error.hpp"
#include "sim/quantisation_fit.hpp"

using namespace loci;
using namespace loci::backends;
using namespace loci::backends::tests;

namespace {

const std::string compiler =
    std::string("'") + LOCI_C_COMPILER + "' -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror ";
constexpr sim::Step n_steps = 12;

ExportFacts facts() {
  return {.model = "model.h5", .configuration = "# */ /* ?\?/\nseed = 1\n", .seed = 1, .version = "test"};
}

void require_all_fire(const Emulated& sample) {
  for (const std::size_t n_spikes : sample.n_spikes) REQUIRE(n_spikes > 0);
}

// What is read from the source again is what it was made from.
void require_read_back(const IntegerNetwork& network, const CSourceOptions& options) {
  const CExport read = import_c(c_source(network, facts(), options));
  CHECK(read.name == options.name);
  CHECK(differences(numbers_of(network), numbers_of(read.network)).empty());
  CHECK(read.pixel_shift == options.pixel_shift);
  REQUIRE(read.positions.has_value() == (options.positions != nullptr));
  if (!read.positions) return;
  CHECK(read.positions->position == options.positions->position);
  CHECK(read.positions->connections == options.positions->connections);
}

// Runs samples of spikes, or of pixels where the options have them, through both.
void require_same(const IntegerNetwork& network, const CSourceOptions& options, const std::string& flags = "",
                  std::uint64_t n_samples = 3) {
  require_read_back(network, options);
  const Folder folder;
  folder.write(c_source(network, facts(), options));
  folder.run(compiler + flags + " -o run " + options.name + ".c " + options.name + "_main.c");
  std::string samples;
  std::string expected;
  for (std::uint64_t seed = 1; seed <= n_samples; ++seed) {
    sim::SpikeTrains spikes;
    std::vector<std::int32_t> sums;
    IntegerStimulus stimulus;
    if (options.pixel_shift) {
      const auto pixels = random_pixels(network.n_inputs(), seed);
      sums = PixelSums(network.layers[0].incoming, *options.pixel_shift).of(pixels);
      stimulus.sums = sums;
      samples += sample_text(pixels);
    } else {
      spikes = random_spikes(network.n_inputs(), n_steps, seed);
      stimulus.spikes = &spikes;
      samples += sample_text(spikes);
    }
    const Emulated sample = emulated(network, stimulus, n_steps);
    require_all_fire(sample);
    expected += sample.text;
  }
  folder.write("samples", samples);
  const std::string printed = folder.run("./run " + std::to_string(n_steps) + " membranes <samples");
  const bool same = printed == expected;
  INFO(printed.substr(0, 2000) << "\nexpected\n" << expected.substr(0, 2000));
  CHECK(same);
}

struct Spatial {
  PositionNetwork positions;
  IntegerNetwork network;
};

// bits: of positions and masks; 0: the finest grid.
Spatial spatial(sim::NetworkDescription description, std::size_t bits, double unit) {
  const auto parameters = sim::initialise(description, {.spread = 2.0, .gap = 0.4, .seed = 7});
  if (bits != 0)
    description.quantisation = {
        .position_bits = bits, .position_step = sim::fitted_step(parameters, bits), .mask_bits = bits};
  const std::vector<double> units(description.n_connections(), unit);
  const std::vector<std::int32_t> limits(description.n_connections(), 127);
  Spatial result{quantise_positions(description, parameters, units, limits),
                 random_network({.sizes = description.sizes})};
  result.network = with_generated_weights(result.network, result.positions);
  for (std::size_t l = 0; l < result.network.layers.size(); ++l) {
    for (auto& threshold : result.network.layers[l].parameters.threshold) threshold = 60;
    for (auto& bias : result.network.layers[l].parameters.bias) bias += 10;
  }
  return result;
}

}  // namespace

TEST_CASE("generated C fires as the emulator does, with every reset") {
  for (const sim::Reset reset : {sim::Reset::subtract, sim::Reset::zero})
    for (const bool delayed : {true, false})
      require_same(random_network({.sizes = {30, 21, 10}, .lif = {.reset = reset, .reset_delay = delayed}}),
                   {.name = "some_net"});
}

TEST_CASE("generated C fires as the emulator does where membranes saturate") {
  const auto network = random_network({.sizes = {30, 20, 5}, .membrane_bits = 10});
  Emulator emulator(network);
  class : public EmulationListener {
    void on_step(std::size_t, sim::Step, std::span<const std::uint32_t>, const IntegerNeurons&) override {}
  } nobody;
  const auto spikes = random_spikes(30, n_steps, 1);
  emulator.run({.spikes = &spikes}, n_steps, nobody);
  REQUIRE(emulator.overflows().membrane > 0);
  require_same(network, {.name = "narrow"});
}

TEST_CASE("generated C takes one layer, several layers, pixels and 16-bit weights") {
  require_same(random_network({.sizes = {17, 9}, .same_everywhere = true}), {.name = "one"});
  require_same(random_network({.sizes = {20, 17, 16, 33, 4}}), {.name = "deep"});
  require_same(random_network({.sizes = {40, 24, 10}}), {.name = "pixels", .pixel_shift = 8});
  require_same(random_network({.sizes = {40, 24, 10}, .weight_limit = 20000}),
               {.name = "wide", .pixel_shift = 8});
}

TEST_CASE("generated C has no undefined behaviour") {
  const std::string checked = "-g -fsanitize=undefined -fno-sanitize-recover=all";
  require_same(random_network({.sizes = {40, 24, 10}, .membrane_bits = 10}),
               {.name = "checked", .pixel_shift = 7}, checked);
  sim::NetworkDescription description{.sizes = {40, 30, 10}, .dims = 3, .balanced = true};
  const Spatial made = spatial(description, 0, 60.0);
  require_same(made.network, {.name = "places", .positions = &made.positions}, checked);
}

TEST_CASE("layers of few edges are stored as compressed rows where that is smaller") {
  const auto network = random_network({.sizes = {60, 40, 10}, .density = 0.1});
  const CSize size = c_size(network);
  CHECK(size.storage == std::vector{CStorage::sparse, CStorage::sparse});
  std::size_t n_edges = 0;
  for (const IntegerLayer& layer : network.layers)
    n_edges += static_cast<std::size_t>(
        std::ranges::count_if(layer.incoming.weight, [](auto weight) { return weight != 0; }));
  // An edge is a target and a weight, of a byte each; begins of rows take 1 byte up to 255 edges;
  // leaks, thresholds (25 to 124) and biases take 2, 1 and 1.
  std::size_t n_first = 0;
  for (const auto weight : network.layers[0].incoming.weight) n_first += weight != 0 ? 1 : 0;
  REQUIRE(n_first < 256);
  CHECK(size.flash_bytes == 2 * n_edges + 61 + 41 + 4 * 50);
  require_same(network, {.name = "sparse"});
  CHECK(c_size(random_network({.sizes = {60, 40, 10}})).storage ==
        std::vector{CStorage::dense, CStorage::dense});
}

TEST_CASE("biases made coarser take half the bytes and are still the emulator's") {
  auto network = random_network({.sizes = {30, 21, 10}});
  for (IntegerLayer& layer : network.layers) {
    for (auto& threshold : layer.parameters.threshold) threshold = 900;
    for (auto& bias : layer.parameters.bias) bias = 6 * bias + 141;  // odd, 21 to 261, beyond 8 bits
  }
  const auto coarse = with_coarser_biases(network, 7);
  for (std::size_t l = 0; l < 2; ++l)
    for (std::size_t j = 0; j < coarse.layers[l].size(); ++j) {
      const auto bias = coarse.layers[l].parameters.bias[j];
      REQUIRE(bias % 4 == 0);
      REQUIRE(std::abs(bias - network.layers[l].parameters.bias[j]) <= 4);
    }
  CHECK(with_coarser_biases(network, 16).layers[0].parameters.bias == network.layers[0].parameters.bias);
  CHECK(c_size(network).flash_bytes - c_size(coarse).flash_bytes == 31);
  require_same(coarse, {.name = "coarse"});
}

TEST_CASE("C that regenerates weights from positions fires as the emulator with these weights") {
  sim::NetworkDescription flat{.sizes = {50, 40, 10}, .dims = 3, .balanced = true};
  sim::NetworkDescription deep{.sizes = {50, 40, 10}, .dims = 8, .cutoff = 7.0, .pruned = 0.3};
  deep.layer_distance = sim::LayerDistance::relaxed;
  for (const std::size_t bits : {8, 0}) {
    const Spatial first = spatial(flat, bits, 60.0);
    require_same(first.network, {.name = "flat", .positions = &first.positions}, "", 100);
    const Spatial second = spatial(deep, bits, 150.0);
    require_same(second.network, {.name = "deep", .pixel_shift = 7, .positions = &second.positions});
  }
}

TEST_CASE("C of neurons that coincide and of weights beyond the limit fires as the emulator does") {
  sim::NetworkDescription description{.sizes = {30, 20, 10}, .dims = 3};
  description.layer_distance = sim::LayerDistance::relaxed;
  // So coarse that many pairs fall on one point.
  Spatial made = spatial(description, 2, 40.0);
  const auto weights = std::span(made.network.layers[0].incoming.weight);
  REQUIRE(made.positions.connections[0].base == 0);
  CHECK(std::ranges::count(weights, 127) > 10);
  CHECK(std::ranges::count(weights, -128) > 10);
  require_same(made.network, {.name = "close", .positions = &made.positions});
}

TEST_CASE("the samples beside generated C are what its program reads, and what it prints") {
  const auto network = random_network({.sizes = {40, 24, 10}});
  std::vector<sim::SpikeTrains> trains;
  std::vector<std::vector<std::uint8_t>> pixels;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    trains.push_back(random_spikes(40, n_steps, seed));
    pixels.push_back(random_pixels(40, seed));
  }
  const std::vector<std::span<const std::uint8_t>> images(pixels.begin(), pixels.end());
  for (const bool constant : {false, true}) {
    const CSourceOptions options{.name = "net",
                                 .pixel_shift = constant ? std::optional<int>(0) : std::nullopt};
    const CSamples samples = constant ? CSamples{.trains = {}, .images = images, .n_steps = n_steps}
                                      : CSamples{.trains = trains, .images = {}, .n_steps = n_steps};
    const Folder folder;
    folder.write(c_source(network, facts(), options));
    const auto files = c_samples(network, samples, options);
    REQUIRE(files.size() == 2);
    folder.write(files);
    folder.run(compiler + " -o run net.c net_main.c");
    const auto& expected = std::get<std::string>(files[1].content);
    CHECK(std::ranges::count(expected, '\n') == 5);
    CHECK(expected.find_first_of("123456789", expected.find(' ', 2)) != std::string::npos);
    CHECK(folder.run("./run " + std::to_string(n_steps) + " quiet <net_samples.txt") == expected);
  }
  CHECK(c_samples(network, {}).empty());
}

TEST_CASE("the bytes that are reported are those that the compiler makes") {
  const auto network = random_network({.sizes = {100, 90, 10}});
  const CSize size = c_size(network);
  const Folder folder;
  folder.write(c_source(network, facts(), {.name = "net"}));
  folder.write("size.c",
               "#include <stdio.h>\n#include \"net.h\"\n"
               "int main(void) { printf(\"%u\\n\", (unsigned)sizeof(net_net)); return 0; }\n");
  folder.run(compiler + "-o size size.c && " + compiler + "-c net.c");
  CHECK(folder.run("./size") == std::to_string(size.ram_bytes) + "\n");
  std::istringstream sections(
      folder.run("'" LOCI_SIZE "' -A net.o | awk '$1 ~ /^.rodata/ {s += $2} END {print s}'"));
  std::size_t constants = 0;
  sections >> constants;
  CHECK(constants >= size.flash_bytes);
  CHECK(constants <= size.flash_bytes + 256);  // alignment, and constants that the compiler keeps beside code
}

TEST_CASE("names become identifiers and foreign text cannot leave its comment") {
  const auto network = random_network({.sizes = {5, 4, 3}});
  const auto files = c_source(network, facts(), {.name = "8-bit net.v2"});
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "n8_bit_net_v2.h");
  const Folder folder;
  folder.write(files);
  folder.run(compiler + "-c n8_bit_net_v2.c");
}

TEST_CASE("networks that generated C cannot run exactly are refused") {
  auto network = random_network({.sizes = {5, 4, 3}});
  network.layers[0].model.comparison = Comparison::greater_equal;
  CHECK_THROWS_WITH(c_source(network, facts()), Catch::Contains("layer 0"));
  network = random_network({.sizes = {3000, 4, 3}, .weight_limit = 32767});
  CHECK_THROWS_AS(c_source(network, facts(), {.pixel_shift = 0}), InputError);
  const Spatial made = spatial({.sizes = {5, 4, 3}}, 0, 60.0);
  network = random_network({.sizes = {5, 4, 3}});
  CHECK_THROWS_WITH(c_source(network, facts(), {.positions = &made.positions}),
                    Catch::Contains("connection 0"));
  CHECK_THROWS_AS(native_model({.reset = sim::Reset::none}, 31), InputError);
}
