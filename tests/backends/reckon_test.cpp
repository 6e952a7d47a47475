// Networks on ReckOn: the layered emulator and the chip's agree, what is written is read again, and what does
// not fit is refused.
#include "backends/reckon.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"
#include "tests/backends/rtl_support.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

constexpr sim::Step n_steps = 30;

// Pairs share thresholds and alpha.
void share_in_pairs(IntegerLayer& layer) {
  for (std::size_t n = 1; n < layer.size(); n += 2) {
    layer.parameters.threshold[n] = layer.parameters.threshold[n - 1];
    layer.parameters.leak[n] = layer.parameters.leak[n - 1];
  }
}

IntegerNetwork reckon_network(std::uint64_t seed, const std::vector<std::size_t>& sizes = {50, 61, 43, 10}) {
  RandomNumbers random(seed);
  IntegerNetwork network = random_network(random, sizes, reckon_model(), SpikeOrder::in_turn, {-100, 127},
                                          {400, 4000}, {0x7000, 0x8100});
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    share_in_pairs(network.layers[l]);
    network.layers[l].incoming.exponent = l == 0 ? 3 : 2;
  }
  return network;
}

void make_last_a_readout(IntegerNetwork& network) {
  IntegerLayer& last = network.layers.back();
  last.model = reckon_readout_model();
  last.parameters.threshold.assign(last.size(), reckon_readout_threshold);
  last.parameters.leak.assign(last.size(), 120);
  last.incoming.exponent = 1;
}

sim::SpikeTrains inputs(std::uint64_t seed, std::size_t n_inputs) {
  RandomNumbers random(seed);
  return random_trains(random, n_inputs, n_steps, 6);
}

SpikeRecord check_chip(const IntegerNetwork& network, bool readout) {
  const sim::SpikeTrains trains = inputs(7, network.n_inputs());
  SpikeRecord record = emulate(network, trains, n_steps);
  Reckon chip(reckon_image(network));
  const ReckonRun run = run_reckon(chip, reckon_ids(network), readout, trains, n_steps);
  const std::size_t n_spiking = network.layers.size() - (readout ? 1 : 0);
  REQUIRE(run.spikes.size() == n_spiking);
  for (std::size_t l = 0; l < n_spiking; ++l) {
    CHECK(n_spikes(record.fired[l]) > 50);
    CHECK(run.spikes[l] == record.fired[l]);
  }
  if (readout) CHECK(run.outputs == record.membrane.back());
  return record;
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

const ExportFacts facts{.model = "model.h5", .configuration = "[train]\n", .seed = 7, .version = "1.2-abc"};

}  // namespace

TEST_CASE("ReckOn fires as the layered emulator does, a tick later in each layer") {
  check_chip(reckon_network(1), false);
  IntegerNetwork to_zero = reckon_network(2);
  for (IntegerLayer& layer : to_zero.layers) layer.model = reckon_model(true);
  check_chip(to_zero, false);
}

TEST_CASE("ReckOn's readout is the layered emulator's last layer") {
  IntegerNetwork network = reckon_network(3);
  make_last_a_readout(network);
  const SpikeRecord record = check_chip(network, true);
  CHECK(n_spikes(record.fired.back()) == 0);
  CHECK(std::ranges::any_of(record.membrane.back().back(), [](std::int32_t u) { return std::abs(u) > 100; }));
}

TEST_CASE("membranes of ReckOn that saturate between spikes saturate in the layered emulator") {
  IntegerNetwork network = reckon_network(4);
  for (IntegerLayer& layer : network.layers) {
    layer.incoming.exponent = 7;
    for (std::int32_t& threshold : layer.parameters.threshold) threshold = 30000;
  }
  check_chip(network, false);
  Emulator emulator(network);
  SpikeRecord record;
  const sim::SpikeTrains trains = inputs(7, network.n_inputs());
  emulator.run({.spikes = &trains, .sums = {}}, n_steps, record);
  CHECK(emulator.overflows().membrane > 100);
  network.order = SpikeOrder::summed;  // as a sum, the same spikes end elsewhere
  CHECK(emulate(network, trains, n_steps).fired != record.fired);
}

TEST_CASE(
    "ReckOn's arithmetic, by hand: floor after the leak, less the threshold, and saturation at each spike") {
  ReckonImage image;
  image.n_inputs = 3;
  image.n_recurrent = 2;
  image.input_shift = 7;
  image.pairs[0] = {.threshold = 1001, .alpha = 0x7000};
  image.input[0 * reckon_neurons + 0] = 8;   // 1024
  image.input[1 * reckon_neurons + 1] = -1;  // -128
  image.output[0 * reckon_outputs] = 5;
  image.recurrent[0 * reckon_neurons + 1] = 100;
  Reckon chip(image);
  chip.begin_sample();
  chip.tick(std::vector<std::uint32_t>{1, 0, 0});
  CHECK_FALSE(chip.stepped());
  CHECK(chip.membrane()[0] == 1024);
  CHECK(chip.membrane()[1] == -128);
  chip.tick({});
  REQUIRE(chip.stepped());
  CHECK(std::vector<std::uint32_t>(chip.spikes().begin(), chip.spikes().end()) ==
        std::vector<std::uint32_t>{0});
  CHECK(chip.stepped_membrane()[0] == 1024 * 7 / 8 - 1001);
  CHECK(chip.stepped_membrane()[1] == -112);
  CHECK(chip.stepped_output()[0] == 0);
  CHECK(chip.membrane()[1] == -12);
  CHECK(chip.output()[0] == 5);
  chip.tick({});
  CHECK(chip.spikes().empty());
  CHECK(chip.stepped_membrane()[0] == -92);  // floor(-105 * 7 / 8) = floor(-91.9)
  CHECK(chip.stepped_membrane()[1] == -11);  // floor(-10.5)
}

TEST_CASE("a network exported to ReckOn is read again, and its samples with it") {
  for (const bool readout : {false, true}) {
    IntegerNetwork network = reckon_network(5);
    if (readout) make_last_a_readout(network);
    const std::vector<sim::SpikeTrains> trains{inputs(1, 50), inputs(2, 50)};
    const auto files = export_reckon(network, {.trains = trains, .n_steps = n_steps}, facts);
    const ReckonExport read = import_reckon(files);
    CHECK(read.sidecar.readout == readout);
    CHECK(read.sidecar.n_samples == 2);
    CHECK(read.sidecar.facts.configuration == facts.configuration);
    CHECK(read.image == reckon_image(network));
    REQUIRE(read.network.layers.size() == 3);
    for (std::size_t l = 0; l < 3; ++l) {
      CHECK(read.network.layers[l].incoming.weight == network.layers[l].incoming.weight);
      CHECK(read.network.layers[l].incoming.exponent == network.layers[l].incoming.exponent);
      CHECK(read.network.layers[l].parameters.leak == network.layers[l].parameters.leak);
      CHECK(read.network.layers[l].model == network.layers[l].model);
    }
    for (std::size_t sample = 0; sample < 2; ++sample) {
      const std::string name = sample_file(sample, "events.txt");
      Reckon chip(read.image);
      const std::string log = reckon_log(chip, read_reckon_events(name, text_of(files, name)));
      CHECK(lines_of(log).size() == n_steps + 2);  // the last layer is two ticks late
      CHECK(log == text_of(files, sample_file(sample, "expected.log")));
    }
  }
}

TEST_CASE("the bytes for ReckOn's serial port load its memories and registers") {
  IntegerNetwork network = reckon_network(6);
  make_last_a_readout(network);
  network.layers[0].parameters.leak.assign(61, 0x8123);
  const ReckonImage image = reckon_image(network);
  const auto files = write_reckon_image(image, facts);
  std::map<std::uint64_t, std::map<std::uint64_t, std::uint64_t>> sent;  // by code and address
  for (const SpiBytes& bytes : read_spi("load.hex", text_of(files, "load.hex"))) {
    REQUIRE(sent_bits(bytes, 0, 1) == 0);  // a write
    const std::uint64_t count = sent_bits(bytes, 4, 12);
    REQUIRE(bytes.size() == 4 + 4 * count);
    const std::uint64_t code = sent_bits(bytes, 1, 3);
    if (code != 0) REQUIRE(sent[0][0] == 1);  // while configuring
    for (std::uint64_t i = 0; i < count; ++i)
      sent[code][sent_bits(bytes, 16, 16) + i] = sent_bits(bytes, 32 + 32 * i, 32);
  }
  const auto check_memory = [&](std::uint64_t code, const Memory& words) {
    REQUIRE(sent[code].size() == 4 * words.size());
    std::size_t n_different = 0;
    for (std::size_t w = 0; w < words.size(); ++w)
      for (std::size_t chunk = 0; chunk < 4; ++chunk)
        n_different += sent[code][4 * w + chunk] != words[w].bits(static_cast<int>(32 * chunk), 32) ? 1 : 0;
    CHECK(n_different == 0);
  };
  check_memory(1, neuron_words(image));
  check_memory(3, input_words(image));
  check_memory(4, recurrent_words(image));
  check_memory(5, output_words(image));
  // 61 neurons are 31 pairs; inputs, recurrent neurons (62 + 43) and outputs less 1.
  const std::map<std::uint64_t, std::uint64_t> registers{
      {0, 0},  {8, 0},  {9, 0},    {12, 3},           {13, 2},
      {14, 1}, {21, 0}, {32, 0},   {65, sent[0][65]}, {66, sent[0][66]},
      {67, 0}, {68, 0}, {69, 120}, {94, 49},          {95, 104},
      {96, 9}};
  CHECK(sent[0] == registers);
  CHECK((sent[0][65] & 0x7FFFFFFF) == 0x7FFFFFFF);
}

TEST_CASE("layers after the first share ReckOn's shift, where their weights allow it") {
  IntegerNetwork network = reckon_network(7);
  network.layers[2].incoming.exponent = 3;
  CHECK_THAT(
      refusal([&] { reckon_image(network); }),
      Contains("layer 3's weights count 2^3 times, and layers after the first share one shift, which is 2"));
  for (std::int16_t& weight : network.layers[2].incoming.weight) weight /= 2;
  const ReckonImage image = reckon_image(network);
  CHECK(image.recurrent_shift == 2);
  Reckon chip(image);
  const sim::SpikeTrains trains = inputs(7, 50);
  const ReckonRun run = run_reckon(chip, reckon_ids(network), false, trains, n_steps);
  CHECK(n_spikes(run.spikes[2]) > 50);
  CHECK(run.spikes == emulate(network, trains, n_steps).fired);
}

TEST_CASE("what ReckOn cannot hold is refused by name") {
  IntegerNetwork network = reckon_network(8);
  network.layers[1].parameters.leak.assign(43, 27853);  // 0.85
  CHECK_THAT(refusal([&] { reckon_image(network); }),
             Contains("layer 2's beta of 0.8500 is below 0.875, the least that ReckOn's alpha can be"));

  CHECK_THAT(refusal([&] {
               reckon_image(reckon_network(9, {784, 200, 50, 10}));
             }),
             Contains("neurons: the network needs 260, the target has 256") &&
                 Contains("inputs: the network needs 784, the target has 256") &&
                 Contains("use at most 246 hidden neurons"));
  CHECK_THAT(refusal([&] {
               reckon_image(reckon_network(9, {20, 127, 127, 2}));
             }),
             Contains("needs 258 with each layer from an even id"));

  network = reckon_network(10);
  network.layers[0].parameters.threshold[1] += 1;
  CHECK_THAT(refusal([&] { reckon_image(network); }),
             Contains("layer 1: 1 neurons have another threshold than their pair"));

  network = reckon_network(11, {20, 40, 17});
  make_last_a_readout(network);
  CHECK_THAT(refusal([&] { reckon_image(network); }),
             Contains("outputs: the network needs 17, the target has 16"));

  network = reckon_network(12);
  network.layers[1].model = reckon_model(true);
  CHECK_THAT(refusal([&] { reckon_image(network); }),
             Contains("layer 2 leaks, compares or resets otherwise"));
}

TEST_CASE("an export to ReckOn that was damaged is refused with its place") {
  const auto files = export_reckon(reckon_network(13), {}, facts);
  const auto told_of = [&](const std::string& name, const std::function<void(std::string&)>& damage) {
    auto damaged = files;
    for (ExportedFile& file : damaged)
      if (file.name == name) damage(std::get<std::string>(file.content));
    return refusal([&] { import_reckon(damaged); });
  };
  REQUIRE(refusal([&] { import_reckon(files); }).empty());
  CHECK_THAT(
      told_of("cfg.hex", [](std::string& text) { text.replace(text.find("00000031"), 8, "00000131"); }),
      Contains("cfg.hex: word 0 is 131, beyond ff"));
  CHECK_THAT(told_of("wout.hex", [](std::string& text) { text[text.size() - 2] = '1'; }),
             Contains("wout.hex: has weights beyond word 255"));
  CHECK_THAT(told_of("wrec.hex", [](std::string& text) { text[text.size() - 2] = '1'; }),
             Contains("ReckOn image: holds more than layers that follow one another"));
  CHECK_THAT(refusal([] { read_reckon_events("events.txt", "3\n-1\n256\n"); }),
             Contains("events.txt line 3"));
}
