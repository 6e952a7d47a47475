// Networks over several chips: every chip fires as its part of the whole network does, and what is written is
// read again.
#include "backends/chip_split.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "backends/odin.hpp"
#include "backends/reckon.hpp"
#include "backends/rtl_chips.hpp"
#include "backends/tiny_odin.hpp"
#include "sim/error.hpp"
#include "tests/backends/rtl_support.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

constexpr sim::Step n_steps = 20;

struct Case {
  ChipFiles chips;
  ChipSize size;
  IntegerNetwork network;
  std::vector<std::size_t> neurons;  // on each chip
};

// 200 inputs, 500 neurons that all of them reach, 36 of which neuron t is reached by 150 from 10 t on.
void keep_windows(IntegerNetwork& network) {
  IntegerConnection& last = network.layers.back().incoming;
  for (std::size_t s = 0; s < last.n_sources; ++s)
    for (std::size_t t = 0; t < last.n_targets; ++t)
      if (s < 10 * t || s >= 10 * t + 150) last.weight[s * last.n_targets + t] = 0;
}

IntegerNetwork windows(const TargetDescription& target, Interval weight, Interval threshold, Interval leak) {
  RandomNumbers random(11);
  IntegerNetwork network =
      random_network(random, {200, 500, 36}, target.model, target.order, weight, threshold, leak);
  keep_windows(network);
  return network;
}

// Sources of n neurons that follow one another: 150 + 10 (n - 1), at most 256 for 11 of them; in whole pairs
// for 10.
std::vector<Case> cases() {
  IntegerNetwork odin = windows(odin_target(), {1, 7}, {30, 90}, {0, 4});
  for (IntegerLayer& layer : odin.layers)
    for (std::size_t s = 0; s < layer.incoming.n_sources; s += 3)
      for (std::size_t t = 0; t < layer.size(); ++t) layer.incoming.weight[s * layer.size() + t] *= -1;
  IntegerNetwork reckon = windows(reckon_target(), {1, 127}, {1500, 5000}, {0x7000, 0x8000});
  for (IntegerLayer& layer : reckon.layers) {
    layer.incoming.exponent = 1;
    for (std::size_t s = 0; s < layer.incoming.n_sources; s += 3)
      for (std::size_t t = 0; t < layer.size(); ++t) layer.incoming.weight[s * layer.size() + t] *= -1;
    for (std::size_t n = 1; n < layer.size(); n += 2) {
      layer.parameters.threshold[n] = layer.parameters.threshold[n - 1];
      layer.parameters.leak[n] = layer.parameters.leak[n - 1];
    }
  }
  return {{tiny_odin_chips(),
           *tiny_odin_target().limits.chip,
           windows(tiny_odin_target(), {-6, 7}, {10, 60}, {0, 4}),
           {256, 244, 11, 11, 11, 3}},
          {odin_chips(), *odin_target().limits.chip, odin, {256, 244, 11, 11, 11, 3}},
          {reckon_chips(), *reckon_target().limits.chip, reckon, {256, 244, 10, 10, 10, 6}}};
}

std::vector<sim::SpikeTrains> trains() {
  RandomNumbers random(3);
  return {random_trains(random, 200, n_steps, 6), random_trains(random, 200, n_steps, 9)};
}

// Spikes that a part of a layer fires, as the chip numbers them.
std::vector<std::vector<std::uint32_t>> on_chip(const ChipPart& part,
                                                const std::vector<std::vector<std::uint32_t>>& layer) {
  std::vector<std::vector<std::uint32_t>> steps(layer.size());
  for (std::size_t step = 0; step < layer.size(); ++step)
    for (const std::uint32_t neuron : layer[step])
      if (const auto at = std::ranges::find(part.neurons, neuron); at != part.neurons.end())
        steps[step].push_back(static_cast<std::uint32_t>(at - part.neurons.begin()));
  return steps;
}

sim::SpikeTrains as_trains(const std::vector<std::vector<std::uint32_t>>& steps) {
  sim::SpikeTrains trains{.begin = {0}, .neuron = {}};
  for (const auto& step : steps) {
    trains.neuron.insert(trains.neuron.end(), step.begin(), step.end());
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }
  return trains;
}

}  // namespace

TEST_CASE("each of several chips fires as its part of the whole network does, spike for spike in order") {
  const sim::SpikeTrains input = trains().front();
  for (const Case& each : cases()) {
    CAPTURE(each.chips.target);
    const ChipSplit split = split_over_chips(each.network, each.size);
    REQUIRE(split.size() == each.neurons.size());
    const SpikeRecord whole = emulate(each.network, input, n_steps);
    for (std::size_t l = 0; l < 2; ++l) REQUIRE(n_spikes(whole.fired[l]) > 100);
    for (std::size_t chip = 0; chip < split.size(); ++chip) {
      const ChipPart& part = split[chip];
      CHECK(part.neurons.size() == each.neurons[chip]);
      CHECK(part.sources.size() <= 256);
      const sim::SpikeTrains before = part.layer == 1 ? input : as_trains(whole.fired[0]);
      CHECK(each.chips.run(part_of(each.network, part), inputs_of(part, before), n_steps) ==
            on_chip(part, whole.fired[part.layer - 1]));
    }
  }
}

TEST_CASE("the files of several chips are read again as the one network that they are parts of") {
  const std::vector<sim::SpikeTrains> samples = trains();
  for (const Case& each : cases()) {
    CAPTURE(each.chips.target);
    const ChipSplit split = split_over_chips(each.network, each.size);
    auto files = write_split(each.network, split, {.trains = samples, .n_steps = n_steps}, each.chips);
    REQUIRE(is_split(files));
    CHECK(has_file(files, "chip-000/network.json"));
    CHECK(has_file(files, "chip-005/samples/0001/expected.log"));
    const IntegerNetwork read = read_split(files, each.chips);
    REQUIRE(read.layers.size() == 2);
    for (std::size_t l = 0; l < 2; ++l) {
      CHECK(read.layers[l].incoming.weight == each.network.layers[l].incoming.weight);
      CHECK(read.layers[l].incoming.exponent == each.network.layers[l].incoming.exponent);
      CHECK(read.layers[l].parameters.threshold == each.network.layers[l].parameters.threshold);
      CHECK(read.layers[l].parameters.leak == each.network.layers[l].parameters.leak);
    }
    CHECK(emulate(read, samples[1], n_steps).fired == emulate(each.network, samples[1], n_steps).fired);

    std::erase_if(files, [](const ExportedFile& file) { return file.name == "chip-002/network.json"; });
    CHECK_THROWS_AS(read_split(files, each.chips), InputError);
    for (ExportedFile& file : files)
      if (file.name == chips_name) file.content = std::string("{}");
    CHECK_THROWS_WITH(read_split(files, each.chips), Contains("chips.json"));
  }
}

TEST_CASE("the routing says for each input of a chip which neuron of which chip it is") {
  // Two inputs; three neurons on chips of two; one output, which the second and the third neuron reach.
  RandomNumbers random(1);
  const TargetDescription target = tiny_odin_target();
  IntegerNetwork network =
      random_network(random, {2, 3, 1}, target.model, target.order, {1, 7}, {1, 2}, {0, 0});
  network.layers[1].incoming.weight[0] = 0;
  const ChipSplit split = split_over_chips(network, {.sources = 2, .neurons = 2});
  CHECK(split == ChipSplit{{1, {0, 1}, {0, 1}}, {1, {0, 1}, {2}}, {2, {1, 2}, {0}}});
  const auto files = write_split(network, split, {.trains = {}, .n_steps = n_steps}, tiny_odin_chips());
  CHECK(text_of(files, "routing.csv") ==
        "from_layer,from_index,from_chip,from_neuron,to_chip,to_input\n"
        "0,0,,,0,0\n0,1,,,0,1\n0,0,,,1,0\n0,1,,,1,1\n1,1,0,1,2,0\n1,2,1,0,2,1\n");
  CHECK_THROWS_WITH(split_over_chips(network, {.sources = 1, .neurons = 2}),
                    Contains("2 sources, and a chip 1"));
}

TEST_CASE("over several chips only the number of a neuron's sources is limited") {
  const TargetDescription target = over_several_chips(reckon_target());
  CHECK(target.limits.fan_in == 256);
  CHECK_FALSE(target.limits.neurons);
  CHECK_FALSE(target.limits.inputs);
  CHECK_THROWS_AS(over_several_chips(TargetDescription{}), std::invalid_argument);
}
