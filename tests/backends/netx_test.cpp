#include "backends/netx.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <iostream>

#include "backends/loihi.hpp"
#include "backends/loihi_chip.hpp"
#include "io/data_tree_file.hpp"
#include "sim/error.hpp"
#include "tests/backends/golden_folder.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

IntegerLayer layer_of(const LoihiNeurons& neurons, std::size_t n_sources, std::size_t n_targets,
                      std::vector<std::int16_t> weight) {
  return {.incoming = {.n_sources = n_sources, .n_targets = n_targets, .weight = std::move(weight)},
          .model = loihi_model(neurons.du),
          .parameters = loihi_parameters(neurons, n_targets, "test")};
}

// 3-2-2 with biases and delays of neurons, and of sources.
IntegerNetwork small_network() {
  IntegerNetwork network{.layers = {layer_of({.du = 4095, .dv = 410, .vth = 30, .bias_mant = {-4, 7}}, 3, 2,
                                             {14, -32, 6, 0, -8, 254}),
                                    layer_of({.du = 100, .dv = 0, .vth = 0}, 2, 3, {1, 2, 3, 4, 5, 255})}};
  network.layers[0].incoming.delay = {3, 62, 3, 62, 3, 62};
  network.layers[1].incoming.delay = {5, 5, 5, 0, 0, 0};
  return network;
}

void require_same(const IntegerNetwork& one, const IntegerNetwork& other) {
  REQUIRE(one.layers.size() == other.layers.size());
  for (std::size_t l = 0; l < one.layers.size(); ++l) {
    const IntegerLayer& a = one.layers[l];
    const IntegerLayer& b = other.layers[l];
    CHECK(a.incoming.n_sources == b.incoming.n_sources);
    CHECK(a.incoming.weight == b.incoming.weight);
    CHECK(a.incoming.delay == b.incoming.delay);
    CHECK(a.model == b.model);
    CHECK(a.parameters.threshold == b.parameters.threshold);
    CHECK(a.parameters.leak == b.parameters.leak);
    CHECK(a.parameters.bias == b.parameters.bias);
  }
}

template <typename T>
std::vector<T> values(const sim::DataGroup& group, const std::string& name) {
  return std::get<std::vector<T>>(group.arrays.at(name).values);
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a netx file holds what Lava's reader asks for, and nothing that it trips over") {
  const sim::DataGroup root = netx_file(small_network(), {});
  const sim::DataGroup& layers = root.groups.at("layer");
  CHECK(layers.groups.size() == 3);
  CHECK(layers.arrays.empty());
  CHECK(values<std::string>(layers.groups.at("0"), "type") == std::vector<std::string>{"input"});
  CHECK(values<std::int64_t>(layers.groups.at("0"), "shape") == std::vector<std::int64_t>{3});
  CHECK(layers.groups.at("0").groups.empty());
  const sim::DataGroup& first = layers.groups.at("1");
  CHECK(values<std::string>(first, "type") == std::vector<std::string>{"dense"});
  CHECK(first.arrays.at("weight").shape == std::vector<std::size_t>{2, 3});
  CHECK(values<float>(first, "weight") == std::vector<float>{14, 6, -8, -32, 0, 254});
  CHECK(values<float>(first, "bias") == std::vector<float>{-4, 7});
  CHECK(values<float>(first, "delay") == std::vector<float>{3, 62});
  const sim::DataGroup& neuron = first.groups.at("neuron");
  CHECK(values<std::int64_t>(neuron, "iDecay") == std::vector<std::int64_t>{4096});
  CHECK(values<std::int64_t>(neuron, "vDecay") == std::vector<std::int64_t>{410});
  CHECK(values<std::int64_t>(neuron, "vThMant") == std::vector<std::int64_t>{30});
  CHECK_FALSE(neuron.arrays.contains("messageBits"));
  const sim::DataGroup& second = layers.groups.at("2");
  CHECK_FALSE(second.arrays.contains("bias"));
  CHECK(values<float>(second, "delay") == std::vector<float>{5, 0});  // of the two sources
}

TEST_CASE("a network that is written as a netx file and read is the same network") {
  require_same(read_netx(netx_file(small_network(), {}), "test"), small_network());
}

TEST_CASE("positions and facts lie where netx does not look") {
  std::vector<sim::DataArray> positions;
  for (const std::size_t n : {3, 2, 3})
    positions.push_back({.values = std::vector<float>(n * 3, 0.5F), .shape = {n, 3}});
  const ExportFacts facts{
      .model = "m.h5", .configuration = "a = 1", .seed = 7, .version = "0.1", .step_ms = 2.0};
  const sim::DataGroup root = netx_file(small_network(), facts, positions);
  CHECK(root.groups.at("layer") == netx_file(small_network(), {}).groups.at("layer"));
  CHECK(root.groups.at("positions").arrays.at("2") == positions[2]);
  CHECK(std::get<std::vector<std::string>>(root.attributes.at("loci_model").values).front() == "m.h5");
  positions.pop_back();
  CHECK_THROWS_AS(netx_file(small_network(), facts, positions), std::invalid_argument);
}

TEST_CASE("a netx file on the disk is read as the network it was written from") {
  const auto path = std::filesystem::temp_directory_path() / "loci_netx_test.net";
  io::write_data_tree(path, netx_file(small_network(), {}));
  require_same(read_netx(io::read_data_tree(path).root, path.string()), small_network());
  std::filesystem::remove(path);
}

TEST_CASE("netx files that Lava's reader took: they are read, run, and written alike") {
  std::size_t n_files = 0;
  std::size_t n_spikes = 0;
  for (const auto& path : test::files_in(std::filesystem::path(LOCI_GOLDEN_DEFAULT) / "netx", ".net")) {
    INFO(path.string());
    const sim::DataGroup file = io::read_data_tree(path).root;
    const IntegerNetwork network = read_netx(file, path.string());
    const sim::DataGroup written = netx_file(network, {});
    const auto& layers = file.groups.at("layer").groups;
    REQUIRE(written.groups.at("layer").groups.size() == layers.size());
    for (const auto& [name, layer] : written.groups.at("layer").groups) {
      INFO("layer " << name);
      for (const char* array : {"shape", "weight", "bias", "delay", "inFeatures", "outFeatures"}) {
        REQUIRE(layer.arrays.contains(array) == layers.at(name).arrays.contains(array));
        if (layer.arrays.contains(array)) CHECK(layer.arrays.at(array) == layers.at(name).arrays.at(array));
      }
      REQUIRE(layer.groups.size() == layers.at(name).groups.size());
      for (const auto& [array, data] :
           layer.groups.empty() ? std::map<std::string, sim::DataArray>{} : layer.groups.at("neuron").arrays)
        CHECK(data == layers.at(name).groups.at("neuron").arrays.at(array));
    }
    LoihiChip chip(network);
    for (std::uint32_t step = 0; step < 100; ++step) {
      std::vector<std::uint32_t> fired;
      for (std::uint32_t input = 0; input < network.n_inputs(); ++input)
        if ((step * 13 + input * 7) % 5 == 0) fired.push_back(input);
      chip.step({.fired = fired, .payload = {}, .dendrite = {}});
      n_spikes += chip.fired(network.layers.size() - 1).size();
    }
    ++n_files;
  }
  REQUIRE(n_files > 0);
  REQUIRE(n_spikes > 0);
  std::cout << "golden netx files: " << n_files << "; " << n_spikes << " spikes of their last layers\n";
}

TEST_CASE("weights that netx would change or could not read are refused, and no others") {
  const auto refuses = [](std::vector<std::int16_t> weights) {
    return refusal([&] { require_netx_weights(weights, "layer 1"); });
  };
  for (const std::vector<std::int16_t>& good : std::vector<std::vector<std::int16_t>>{
           {0, 255, 3}, {-255, -1}, {127, -128, 1}, {254, -256, 0}, {-128, 0, -3}})
    CHECK(refuses(good).empty());
  CHECK_THAT(refuses({0, 0}), Contains("layer 1: all its weights are 0"));
  CHECK_THAT(refuses({0, 256}), Contains("of one sign go from 0 to 256"));
  CHECK_THAT(refuses({-256, -2}), Contains("of one sign go from -256 to -2"));
  CHECK_THAT(refuses({255, -1}), Contains("of both signs go from -1 to 255"));
  CHECK_THAT(refuses({-258, 2}), Contains("Loihi takes -256 to 254"));
  CHECK_THAT(refuses({129, -2}), Contains("some are odd"));
  CHECK_THAT(refuses({128, -3}), Contains("make all even"));
  CHECK_THAT(refuses({-130, 0, -3}), Contains("some are odd"));
}

TEST_CASE("what a netx file cannot say is refused with the layer and the cure") {
  const auto refuses = [](auto change) {
    IntegerNetwork network = small_network();
    change(network.layers[0]);
    return refusal([&] { netx_file(network, {}); });
  };
  REQUIRE(refuses([](auto&) {}).empty());
  CHECK_THAT(refuses([](auto& layer) { layer.model.reset = ResetTo::subtract; }),
             Contains("layer 1 for Loihi: its neurons do not compute as Loihi's do"));
  CHECK_THAT(refuses([](auto& layer) { layer.model.current.reset(); }),
             Contains("do not compute as Loihi's"));
  CHECK_THAT(refuses([](auto& layer) { layer.parameters.leak[1] = 5; }), Contains("differ in their leak"));
  CHECK_THAT(refuses([](auto& layer) { layer.parameters.leak = {0, 0}; }), Contains("loses 4096 4096ths"));
  CHECK_THAT(refuses([](auto& layer) { layer.parameters.threshold[1] = 64; }),
             Contains("differ in their threshold"));
  CHECK_THAT(refuses([](auto& layer) {
               layer.parameters.threshold = {65, 65};
             }),
             Contains("a threshold of 65 is no multiple of 64"));
  CHECK_THAT(refuses([](auto& layer) {
               layer.parameters.bias = {0, 4096 * 64};
             }),
             Contains("a bias is 4096 in units of weights; Loihi takes -4096 to 4095"));
  CHECK_THAT(refuses([](auto& layer) { layer.incoming.exponent = 1; }), Contains("count 2^1 times"));
  CHECK_THAT(refuses([](auto& layer) { layer.incoming.weight[0] = 13; }), Contains("some are odd"));
  CHECK_THAT(refuses([](auto& layer) { layer.incoming.delay[0] = 70; }),
             Contains("a delay is 70 steps long; netx takes up to 62"));
  CHECK_THAT(refuses([](auto& layer) { layer.incoming.delay[0] = 4; }),
             Contains("no delays of single synapses"));
  IntegerNetwork square{.layers = {layer_of({.vth = 1}, 2, 2, {1, 2, 3, 4})}};
  square.layers[0].incoming.delay = {1, 1, 2, 2};
  CHECK_THAT(refusal([&] { netx_file(square, {}); }), Contains("as many neurons as sources"));
  square.layers[0].incoming.weight = {1, 0, 0, 4};  // the pairs that are left have one delay for each neuron
  CHECK(values<float>(netx_file(square, {}).groups.at("layer").groups.at("1"), "delay") ==
        std::vector<float>{1, 2});
  square.order = SpikeOrder::one_by_one;
  CHECK_THROWS(netx_file(square, {}));
}

TEST_CASE("a netx file that is damaged or asks for more is refused with the place") {
  const auto refuses = [](auto change) {
    sim::DataGroup root = netx_file(small_network(), {});
    change(root.groups.at("layer").groups.at("1"), root);
    return refusal([&] { read_netx(root, "x.net"); });
  };
  REQUIRE(refuses([](auto&, auto&) {}).empty());
  CHECK_THAT(refuses([](auto&, auto& root) { root.groups.clear(); }),
             Contains("x.net: there is no group 'layer'"));
  CHECK_THAT(refuses([](auto&, auto& root) { root.groups.at("layer").groups.erase("1"); }),
             Contains("x.net/layer: there is no group"));
  CHECK_THAT(refuses([](auto& layer, auto&) { layer.arrays.erase("weight"); }),
             Contains("x.net/layer/1: there is no 'weight'"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<float>>(layer.arrays.at("weight").values).pop_back();
             }),
             Contains("'weight' has 5 values; the layer needs 6"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<float>>(layer.arrays.at("weight").values)[2] = 0.5F;
             }),
             Contains("'weight' has the value 0.5; Loihi computes in whole numbers"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<float>>(layer.arrays.at("weight").values)[2] =
                   std::numeric_limits<float>::quiet_NaN();
             }),
             Contains("whole numbers"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<float>>(layer.arrays.at("delay").values)[0] = 63;
             }),
             Contains("'delay' has the value 63; Loihi takes 0 to 62"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<std::int64_t>>(layer.groups.at("neuron").arrays.at("iDecay").values)[0] =
                   0;
             }),
             Contains("x.net/layer/1/neuron: 'iDecay' has the value 0; Loihi takes 1 to 4096"));
  CHECK_THAT(refuses([](auto& layer, auto&) {
               std::get<std::vector<std::string>>(layer.arrays.at("type").values)[0] = "conv";
             }),
             Contains("a layer of the type 'conv'"));
}

TEST_CASE("a netx file may begin with a dense layer, and one delay may stand for all") {
  sim::DataGroup root = netx_file(small_network(), {});
  auto& layers = root.groups.at("layer").groups;
  layers.at("0") = layers.at("1");
  layers.erase("2");
  layers.erase("1");
  layers.at("0").arrays.at("delay") = {.values = std::vector<std::int64_t>{4}, .shape = {}};
  const IntegerNetwork network = read_netx(root, "test");
  CHECK(network.n_inputs() == 3);
  CHECK(network.layers[0].incoming.delay == std::vector<std::uint8_t>(6, 4));
}
