#include "backends/spinnaker.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "backends/float_replay.hpp"
#include "sim/error.hpp"
#include "tests/backends/small_networks.hpp"
#include "tests/io/temporary_folder.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

constexpr double step_ms = 0.5;
const ExportFacts facts{
    .model = "m.h5", .configuration = "a = 1\nb = 2", .seed = 4, .version = "test", .step_ms = step_ms};

std::string text_of(const ExportedFile& file) {
  return std::get<std::string>(file.content);
}

const PropertyFidelity& property(const TargetExport& exported, const std::string& name) {
  for (const PropertyFidelity& each : exported.fidelity)
    if (each.property == name) return each;
  throw std::out_of_range(name);
}

// What the script prints when it is run with what stands in for sPyNNaker.
nlohmann::json run(const TargetExport& exported, const sim::SpikeTrains& trains, std::size_t n_inputs,
                   std::size_t n_steps) {
  const TemporaryFolder folder;
  for (const ExportedFile& file : exported.files) write_bytes(folder / file.name, text_of(file));
  std::vector<std::vector<double>> times(n_inputs);
  for (std::size_t step = 0; step + 1 < trains.begin.size(); ++step)
    for (const std::uint32_t neuron : trains.at(step))
      times[neuron].push_back(static_cast<double>(step) * step_ms);
  write_bytes(folder / "spikes.json", nlohmann::json(times).dump());
  const std::string command = "cd '" + folder.path().string() +
                              "' && PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='" + LOCI_PYNN +
                              "' python3 net.py spikes.json " + std::to_string(n_steps) + " > out.json";
  REQUIRE(std::system(command.c_str()) == 0);
  return nlohmann::json::parse(read_bytes(folder / "out.json"));
}

}  // namespace

TEST_CASE("the exported script fires as the network does when its equations are those of the source") {
  constexpr std::size_t n_steps = 40;
  FloatNetwork network =
      small_network({10, 14, 8, 3}, {.beta = 0.85, .threshold = 0.6, .reset = sim::Reset::zero}, 5);
  // The machine's biases flow from its first step on, those of a layer from the layer's first: none here.
  for (FloatLayer& layer : network.layers) layer.bias.assign(layer.n_targets, 0.0);
  const sim::SpikeTrains trains = random_trains(10, n_steps);
  LayerTrains expected;
  FloatReplay(network).run({.spikes = &trains}, n_steps, expected);
  const auto spikes = run(export_spinnaker(network, facts, "net"), trains, 10, n_steps + 3);
  const std::vector<std::string> names{"hidden_1", "hidden_2", "output"};
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(expected[l].neuron.size() > 10);
    std::vector<std::vector<double>> times(network.layers[l].n_targets);
    for (std::size_t step = 0; step < n_steps; ++step)
      for (const std::uint32_t neuron : expected[l].at(step))
        times[neuron].push_back(static_cast<double>(step + l + 1) * step_ms);
    auto found = spikes.at(names[l]).get<std::vector<std::vector<double>>>();
    for (auto& train : found)  // the layer's own time
      std::erase_if(train, [&](double ms) { return ms >= static_cast<double>(n_steps + l + 1) * step_ms; });
    CHECK(found == times);
  }
}

TEST_CASE("biases are currents that move the membrane by as much at each step") {
  FloatNetwork network = small_network({2, 1}, {.beta = 0.5, .threshold = 1.0, .reset = sim::Reset::zero});
  network.layers[0].bias = {0.6};
  // 0.6, 0.9, 1.05 fires, and again.
  const auto spikes = run(export_spinnaker(network, facts, "net"), {.begin = {0, 0}, .neuron = {}}, 2, 7);
  CHECK(spikes.at("output").get<std::vector<std::vector<double>>>() ==
        std::vector<std::vector<double>>{{2 * step_ms, 5 * step_ms}});
}

TEST_CASE("lists have one sign each, and delays in ms") {
  FloatNetwork network;
  network.layers = {{.n_sources = 2,
                     .n_targets = 2,
                     .weight = {0.5F, -0.25F, 0.0F, 2.0F},
                     .delay = {0, 3, 0, 20},
                     .bias = {},
                     .lif = {.beta = 0.5, .reset = sim::Reset::subtract}}};
  const TargetExport exported = export_spinnaker(network, facts, "net");
  REQUIRE(exported.files.size() == 3);
  CHECK(exported.files[0].name == "net.py");
  CHECK(exported.files[1].name == "net_input_to_output_excitatory.txt");
  CHECK_THAT(text_of(exported.files[1]), Contains("# pre post weight delay_ms\n0 0 0.5 0.5\n1 1 2 10.5\n"));
  CHECK(exported.files[2].name == "net_input_to_output_inhibitory.txt");
  CHECK_THAT(text_of(exported.files[2]), Contains("\n0 1 0.25 2\n"));
  for (const ExportedFile& file : exported.files) CHECK_THAT(text_of(file), Contains("# UNVERIFIED: "));
  // tau = -0.5 / ln(0.5) ms and cm = tau (1 - 0.5) / 0.5.
  const std::string script = text_of(exported.files[0]);
  CHECK_THAT(script, Contains("\"tau_m\": 0.7213475204444817, \"cm\": 0.7213475204444817"));
  CHECK_THAT(script, Contains("NEURONS_PER_CORE = 255") && Contains("# a = 1\n# b = 2\n"));
  CHECK(property(exported, "reset").fidelity == Fidelity::not_representable);
  CHECK_THAT(property(exported, "delay").note, Contains("up to 21 steps"));
  CHECK(exported.computed.layers[0].lif.reset == sim::Reset::zero);
  CHECK(spinnaker_target().unverified);
}

TEST_CASE("weights are rounded as coarsely as a sum in 16 bits may need") {
  FloatNetwork network;
  // 3 + 5 = 8 of one sign into the only neuron: 65535 / 8 lies between 2^12 and 2^13.
  network.layers = {{.n_sources = 3,
                     .n_targets = 1,
                     .weight = {3.0F, 5.0F - 0x1p-14F, -0x1.8p-17F},
                     .delay = {},
                     .bias = {},
                     .lif = {.reset = sim::Reset::zero}}};
  const TargetExport exported = export_spinnaker(network, facts, "net");
  CHECK(exported.computed.layers[0].weight == std::vector<float>{3.0F, 5.0F, -0x1.8p-17F});
  CHECK(property(exported, "weights").fidelity == Fidelity::approximate);
  CHECK(property(exported, "reset").fidelity == Fidelity::exact);
}

TEST_CASE("what SpiNNaker cannot hold is refused") {
  FloatNetwork network = small_network({2, 2}, {.beta = 1.0});
  CHECK_THROWS_WITH(export_spinnaker(network, facts, "net"), Contains("beta, layer 1"));
  network.layers[0].lif.beta = 0.5;
  network.layers[0].delay = {0, 0, 0, 144};
  network.layers[0].weight[3] = 1.0F;
  CHECK_THROWS_WITH(export_spinnaker(network, facts, "net"),
                    Contains("delay into layer 1") && Contains("143"));
}
