// Networks on tinyODIN and ODIN: the layered emulator and the chip's agree, what is written is read again,
// and what does not fit is refused.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "backends/crossbar_network.hpp"
#include "backends/hex_text.hpp"
#include "backends/odin.hpp"
#include "backends/tiny_odin.hpp"
#include "sim/error.hpp"
#include "tests/backends/crossbar_support.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

constexpr sim::Step n_steps = 30;

IntegerNetwork tiny_odin_network(std::uint64_t seed,
                                 const std::vector<std::size_t>& sizes = {40, 60, 50, 10}) {
  RandomNumbers random(seed);
  const TargetDescription target = tiny_odin_target();
  return random_network(random, sizes, target.model, target.order, {-6, 7}, {3, 25}, {0, 4});
}

IntegerNetwork odin_network(std::uint64_t seed, const std::vector<std::size_t>& sizes = {40, 60, 50, 10}) {
  RandomNumbers random(seed);
  const TargetDescription target = odin_target();
  IntegerNetwork network =
      random_network(random, sizes, target.model, target.order, {0, 7}, {10, 60}, {0, 4});
  for (IntegerLayer& layer : network.layers)
    for (std::size_t source = 0; source < layer.incoming.n_sources; source += 4)  // a quarter inhibits
      for (std::size_t t = 0; t < layer.incoming.n_targets; ++t)
        layer.incoming.weight[source * layer.incoming.n_targets + t] *= -1;
  return network;
}

sim::SpikeTrains inputs(std::uint64_t seed, std::size_t n_inputs) {
  RandomNumbers random(seed);
  return random_trains(random, n_inputs, n_steps, 6);
}

// Every spike of every layer in its order, and every membrane after every step.
void check_chip(CrossbarChip& chip, const IntegerNetwork& network, bool closed_loop) {
  const std::vector<LayerIds> layers = crossbar_ids(network);
  const sim::SpikeTrains trains = inputs(7, network.n_inputs());
  const SpikeRecord record = emulate(network, trains, n_steps);
  for (std::size_t l = 0; l < network.layers.size(); ++l) REQUIRE(n_spikes(record.fired[l]) > 50);

  const CrossbarRun run = run_crossbar(chip, layers, trains, n_steps, closed_loop);
  CHECK(layer_spikes(run, layers, n_steps, closed_loop) == record.fired);

  chip.clear();
  std::size_t tick = 0;
  std::size_t n_compared = 0;
  std::vector<std::uint32_t> spikes;
  for (const std::uint32_t event : run.events) {
    if (event != chip.mark()) {
      chip.on_event(event, spikes);
      continue;
    }
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const std::size_t step = tick - (closed_loop ? 0 : l);
      if (step >= n_steps) continue;  // before the layer's first or after its last
      const auto membrane = chip.membrane().subspan(layers[l + 1].begin, layers[l + 1].size);
      REQUIRE(std::ranges::equal(membrane, record.membrane[l][step]));
      n_compared += membrane.size();
    }
    ++tick;
  }
  CHECK(n_compared == n_steps * (layers.back().end() - layers.front().end()));
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::vector<std::uint32_t> spikes_of(CrossbarChip& chip, std::uint32_t event) {
  std::vector<std::uint32_t> spikes;
  chip.on_event(event, spikes);
  return spikes;
}

const ExportFacts facts{
    .model = "model.h5", .configuration = "[train]\nseed = 7\n", .seed = 7, .version = "1.2-abc"};

template <typename Export>
void check_samples(const Export& read, const std::vector<ExportedFile>& files, CrossbarChip& chip,
                   std::size_t n_samples) {
  CHECK(read.sidecar.n_samples == n_samples);
  CHECK(read.sidecar.facts.model == facts.model);
  CHECK(read.sidecar.facts.configuration == facts.configuration);
  CHECK(read.sidecar.facts.seed == 7);
  CHECK(text_of(files, "load.hex").find("1.2-abc, model model.h5, seed 7") != std::string::npos);
  for (std::size_t sample = 0; sample < n_samples; ++sample) {
    const std::string name = sample_file(sample, "events.txt");
    chip.clear();
    const std::string log = crossbar_log(chip, read_hex_list(name, text_of(files, name)));
    CHECK(log.find('S') != std::string::npos);
    CHECK(log == text_of(files, sample_file(sample, "expected.log")));
  }
}

}  // namespace

TEST_CASE("tinyODIN fires as the layered emulator does, in the open and in the closed loop") {
  const IntegerNetwork network = tiny_odin_network(1);
  for (const bool closed_loop : {false, true}) {
    TinyOdin chip(tiny_odin_image(network, closed_loop));
    check_chip(chip, network, closed_loop);
  }
}

TEST_CASE("ODIN fires as the layered emulator does, in the open and in the closed loop") {
  const IntegerNetwork network = odin_network(2);
  for (const bool closed_loop : {false, true}) {
    Odin chip(odin_image(network, closed_loop));
    check_chip(chip, network, closed_loop);
  }
}

TEST_CASE("a network exported to tinyODIN is read again, and its samples with it") {
  const IntegerNetwork network = tiny_odin_network(3);
  const std::vector<sim::SpikeTrains> trains{inputs(1, 40), inputs(2, 40)};
  for (const bool closed_loop : {false, true}) {
    const auto files = export_tiny_odin(network, {.trains = trains, .n_steps = n_steps}, facts, closed_loop);
    const TinyOdinExport read = import_tiny_odin(files);
    CHECK(read.sidecar.closed_loop == closed_loop);
    CHECK(read.image == tiny_odin_image(network, closed_loop));
    REQUIRE(read.network.layers.size() == 3);
    for (std::size_t l = 0; l < 3; ++l)
      CHECK(read.network.layers[l].incoming.weight == network.layers[l].incoming.weight);
    TinyOdin chip(read.image);
    check_samples(read, files, chip, trains.size());
  }
}

TEST_CASE("a network exported to ODIN is read again, and its samples with it") {
  const IntegerNetwork network = odin_network(4);
  const std::vector<sim::SpikeTrains> trains{inputs(1, 40), inputs(2, 40)};
  const auto files = export_odin(network, {.trains = trains, .n_steps = n_steps}, facts);
  const OdinExport read = import_odin(files);
  CHECK(read.image == odin_image(network));
  REQUIRE(read.network.layers.size() == 3);
  for (std::size_t l = 0; l < 3; ++l)
    CHECK(read.network.layers[l].incoming.weight == network.layers[l].incoming.weight);
  Odin chip(read.image);
  check_samples(read, files, chip, trains.size());
}

TEST_CASE("the bytes for tinyODIN's serial port load its memories and registers, and clear its membranes") {
  TinyOdinImage image = tiny_odin_image(tiny_odin_network(5));
  const auto files = write_tiny_odin_image(image, facts);
  CrossbarPort port(4, 0xA5);
  for (const SpiBytes& bytes : read_spi("load.hex", text_of(files, "load.hex"))) port.take(bytes);
  CHECK(CrossbarPort::same(port.neurons, neuron_words(image)));
  CHECK(CrossbarPort::same(port.synapses, synapse_words(image)));
  CHECK(port.registers == std::map<std::uint64_t, std::uint64_t>{{0, 0}, {1, 1}, {2, 0}, {3, 159}});

  for (auto& word : port.neurons) word[0] = 0x5A, word[1] |= 0x0C;  // membranes that a sample left
  for (const SpiBytes& bytes : read_spi("clear.hex", text_of(files, "clear.hex"))) port.take(bytes);
  CHECK(CrossbarPort::same(port.neurons, neuron_words(image)));
}

TEST_CASE("the bytes for ODIN's serial port load its memories and registers, and clear its membranes") {
  const OdinImage image = odin_image(odin_network(6), true);
  const auto files = write_odin_image(image, facts);
  CrossbarPort port(16, 0xA5);
  for (const SpiBytes& bytes : read_spi("load.hex", text_of(files, "load.hex"))) port.take(bytes);
  CHECK(CrossbarPort::same(port.neurons, neuron_words(image)));
  CHECK(CrossbarPort::same(port.synapses, synapse_words(image)));
  CHECK(port.registers.size() == 26);
  CHECK(port.registers[0] == 0);
  CHECK(port.registers[1] == 0);
  CHECK(port.registers[2] == 0x1111);  // every fourth source of the input's 40 inhibits
  for (std::size_t source = 0; source < 256; ++source)
    CHECK((port.registers[2 + source / 16] >> (source % 16) & 1) == image.inhibitory[source]);

  for (auto& word : port.neurons) word[8] |= 0xC0, word[9] |= 0x15;
  for (const SpiBytes& bytes : read_spi("clear.hex", text_of(files, "clear.hex"))) port.take(bytes);
  CHECK(CrossbarPort::same(port.neurons, neuron_words(image)));
}

TEST_CASE("one of tinyODIN's neurons alone leaks, takes a weight, and fires") {
  TinyOdinImage image;
  image.neurons[3] = {.membrane = 10, .threshold = 12, .leak = 4, .disabled = false};
  image.neurons[4] = {.membrane = -5, .threshold = 0x800, .leak = 9, .disabled = false};
  TinyOdin chip(image);
  CHECK(spikes_of(chip, 0x103).empty());  // 10 - 4
  CHECK(chip.membrane()[3] == 6);
  CHECK(chip.membrane()[4] == -5);
  CHECK(spikes_of(chip, 0x273) == std::vector<std::uint32_t>{3});  // 6 + 7 = 13, at least 12
  CHECK(chip.membrane()[3] == 0);
  CHECK(spikes_of(chip, 0x2F3).empty());  // + -1
  CHECK(chip.membrane()[3] == -1);
  CHECK(spikes_of(chip, 0x104).empty());  // past 0 from below: 0
  CHECK(chip.membrane()[4] == 0);
}

TEST_CASE("neurons beyond the last that events reach stay as they are") {
  TinyOdinImage image;
  image.last_neuron = 3;
  image.neurons[3] = {.threshold = 5, .disabled = false};
  image.neurons[4] = {.membrane = 9, .threshold = 5, .leak = 1, .disabled = false};
  image.weight[100 * crossbar_size + 3] = 7;
  image.weight[100 * crossbar_size + 4] = 7;
  TinyOdin chip(image);
  CHECK(spikes_of(chip, 0x1FF).empty());
  CHECK(spikes_of(chip, 100) == std::vector<std::uint32_t>{3});
  CHECK(chip.membrane()[4] == 9);
}

TEST_CASE("ODIN's single events reach one neuron, with the sign they carry or their source's") {
  OdinImage image;
  image.neurons[9] = {.leak = 3, .threshold = 12, .disabled = false};
  image.synapses[5 * crossbar_size + 9] = {.weight = 6, .mapped = false};
  image.synapses[6 * crossbar_size + 9] = {.weight = 7, .mapped = true};
  image.inhibitory[6] = 1;
  Odin chip(image);
  CHECK(spikes_of(chip, 0x0507).empty());  // a spike of 5 does not go over an unmapped synapse,
  CHECK(chip.membrane()[9] == 0);
  CHECK(spikes_of(chip, 0x10509).empty());  // an event of that synapse does
  CHECK(chip.membrane()[9] == 6);
  CHECK(spikes_of(chip, 0x09FF).empty());
  CHECK(chip.membrane()[9] == 3);
  CHECK(spikes_of(chip, 0x0607).empty());
  CHECK(chip.membrane()[9] == 0);          // 3 - 7, and not below 0
  CHECK(spikes_of(chip, 0x09E1).empty());  // + 7
  CHECK(spikes_of(chip, 0x0931).empty());  // - 1
  CHECK(spikes_of(chip, 0x0909).empty());  // leak
  CHECK(chip.membrane()[9] == 3);
  CHECK(spikes_of(chip, 0x09E1).empty());                           // 10
  CHECK(spikes_of(chip, 0x0941) == std::vector<std::uint32_t>{9});  // 12
  CHECK(chip.membrane()[9] == 0);
}

TEST_CASE("events that a chip does not know are refused") {
  TinyOdin tiny{TinyOdinImage{}};
  CHECK_THROWS_AS(spikes_of(tiny, 0x205), InputError);  // a weight of 0
  CHECK_THROWS_AS(spikes_of(tiny, 0x300), InputError);
  Odin odin{OdinImage{}};
  CHECK_THROWS_AS(spikes_of(odin, 0x0000), InputError);  // bistability, which is learning
  CHECK_THROWS_AS(spikes_of(odin, 0x20007), InputError);
  OdinImage learns;
  learns.neurons[17].learns = true;
  CHECK_THROWS_AS(Odin(learns), InputError);
}

TEST_CASE("a network that is too wide for tinyODIN is refused with all that it breaks") {
  IntegerNetwork network = tiny_odin_network(8, {200, 50, 40, 10});
  network.layers[1].incoming.weight[3] = 9;
  network.layers[2].parameters.leak[0] = 128;
  network.layers[0].parameters.bias.assign(50, 1);
  const std::string told = refusal([&] { tiny_odin_image(network); });
  CHECK_THAT(told, Contains("ids of inputs and neurons: the network needs 300, the target has 256"));
  CHECK_THAT(told, Contains("layer 2: 1 weights are beyond -8 to 7, they go from -6 to 9"));
  CHECK_THAT(told, Contains("layer 3: 1 leaks are beyond 0 to 127"));
  CHECK_THAT(told, Contains("layer 1 has biases"));
  CHECK_THAT(told, Contains("use at most 46 hidden neurons"));
}

TEST_CASE("a source that excites and inhibits is refused for ODIN, and so is another chip's network") {
  IntegerNetwork network = odin_network(9);
  network.layers[1].incoming.weight[0] = 5;
  network.layers[1].incoming.weight[1] = -5;
  CHECK_THAT(refusal([&] { odin_image(network); }), Contains("layer 2: 1 sources excite some neurons"));
  CHECK_THAT(refusal([&] { odin_image(tiny_odin_network(1)); }),
             Contains("resets otherwise than the target"));
}

TEST_CASE("in the closed loop too many spikes at once are refused") {
  // Each of 2 inputs makes all of 150 neurons fire.
  IntegerNetwork network = tiny_odin_network(10, {2, 150, 2});
  network.layers[0].incoming.weight.assign(300, 7);
  network.layers[0].parameters.threshold.assign(150, 7);
  const std::vector<sim::SpikeTrains> trains{{.begin = {0, 1, 2}, .neuron = {0, 1}}};
  const RtlSamples samples{.trains = trains, .n_steps = 2};
  CHECK_THAT(refusal([&] { export_tiny_odin(network, samples, facts, true); }),
             Contains("150 spikes wait at once in the closed loop, and the queue holds 128"));
  CHECK_NOTHROW(export_tiny_odin(network, samples, facts, false));
}

TEST_CASE("an export to tinyODIN that was damaged is refused with its place") {
  const auto files = export_tiny_odin(tiny_odin_network(11), {}, facts);
  const auto told_of = [&](const std::string& name, const std::function<void(std::string&)>& damage) {
    auto damaged = files;
    for (ExportedFile& file : damaged)
      if (file.name == name) damage(std::get<std::string>(file.content));
    return refusal([&] { import_tiny_odin(damaged); });
  };
  REQUIRE(refusal([&] { import_tiny_odin(files); }).empty());
  CHECK_THAT(told_of("syn.hex", [](std::string& text) { text[text.size() - 3] = 'g'; }),
             Contains("syn.hex line 8194: '"));
  CHECK_THAT(told_of("neur.hex", [](std::string& text) { text += "00000000\n"; }),
             Contains("neur.hex: holds 257 words, not 256"));
  CHECK_THAT(told_of("syn.hex", [](std::string& text) { text[text.size() - 2] = '1'; }),
             Contains("holds more than layers that follow one another"));
  CHECK_THAT(told_of("config.txt", [](std::string& text) { text = "openloop=2"; }),
             Contains("config.txt: is not"));
  CHECK_THAT(told_of("network.json", [](std::string& text) { text.resize(20); }), Contains("network.json: "));
  CHECK_THAT(
      told_of("network.json", [](std::string& text) { text.replace(text.find("tinyodin"), 8, "reckon"); }),
      Contains("is of target 'reckon', not of 'tinyodin'"));
  CHECK_THAT(told_of("network.json",
                     [](std::string& text) { text.replace(text.find("\"size\": 60"), 10, "\"size\": 61"); }),
             Contains("tinyODIN image"));
}
