#include "backends/spinnaker2.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "backends/float_replay.hpp"
#include "sim/error.hpp"
#include "tests/backends/small_networks.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

const ExportFacts facts{.model = "m.h5", .configuration = "", .seed = 4, .version = "test", .step_ms = 2.0};

nlohmann::json json_of(const TargetExport& exported) {
  return nlohmann::json::parse(std::get<std::string>(exported.files.at(0).content));
}

}  // namespace

TEST_CASE("weights into a neuron take the whole range, and its threshold and bias are scaled alike") {
  FloatNetwork network;
  // Into neuron 0: 0.5 and -0.2, scale 30; into neuron 1: 0.03 and 1, scale 15, so that 0.03 becomes 0.
  network.layers = {{.n_sources = 2,
                     .n_targets = 2,
                     .weight = {0.5F, 0.03F, -0.2F, 1.0F},
                     .delay = {0, 0, 7, 2},
                     .bias = {0.1, -0.2},
                     .lif = {.beta = 0.75, .threshold = 2.0, .reset = sim::Reset::subtract}}};
  const TargetExport exported = export_spinnaker2(network, {}, facts, "net");
  REQUIRE(exported.files.size() == 1);
  CHECK(exported.files[0].name == "net.spinnaker2.json");
  const auto json = json_of(exported);
  CHECK_THAT(json.at("unverified").get<std::string>(), Contains("UNVERIFIED"));
  CHECK(json.at("nir") == "net.nir");
  CHECK(json.at("conversion").at("dt") == 2.0);
  CHECK(json.at("conversion").at("reset") == "SUBTRACT");
  CHECK(json.at("populations").at(0).at("neuron_model") == "spike_list");
  const auto params = json.at("populations").at(1).at("params");
  CHECK(params.at("threshold")[0].get<double>() == Approx(60.0));
  CHECK(params.at("threshold")[1].get<double>() == Approx(30.0));
  CHECK(params.at("i_offset")[0].get<double>() == Approx(3.0));
  CHECK(params.at("i_offset")[1].get<double>() == Approx(-3.0));
  CHECK(params.at("alpha_decay") == 0.75);
  CHECK(params.at("reset") == "reset_by_subtraction");
  const auto projection = json.at("projections").at(0);
  CHECK(projection.at("pre") == "input");
  CHECK(projection.at("post") == "output");
  CHECK(projection.at("connections") == nlohmann::json{{0, 0, 15, 0}, {1, 0, -6, 7}, {1, 1, 15, 2}});
  const auto& computed = exported.computed.layers[0];
  CHECK(computed.weight[0] == 0.5F);
  CHECK(computed.weight[1] == 0.0F);
  CHECK(computed.weight[2] == Approx(-0.2F));
  sim::Lif at_once = network.layers[0].lif;
  at_once.reset_delay = false;
  CHECK(computed.lif == at_once);
  for (const PropertyFidelity& each : exported.fidelity) {
    if (each.property == "weights") CHECK_THAT(each.note, Contains("1 of 4 became 0"));
    if (each.property == "reset") CHECK(each.fidelity == Fidelity::approximate);
    if (each.property == "delay") CHECK(each.fidelity == Fidelity::exact);
  }
}

TEST_CASE("scales that were found elsewhere clip what they take beyond the range") {
  FloatNetwork network;
  network.layers = {{.n_sources = 2,
                     .n_targets = 2,
                     .weight = {0.5F, 0.03F, -0.2F, 1.0F},
                     .bias = {0.1, -0.2},
                     .lif = {.beta = 0.75, .threshold = 2.0, .reset = sim::Reset::zero}}};
  const std::vector<LayerScaling> scaling{{.scale = {40.0, 100.0}}};
  const TargetExport exported = export_spinnaker2(network, scaling, facts, "net");
  const auto json = json_of(exported);
  // 20 and 100 are clipped to 15; -8 and 3 are whole.
  CHECK(json.at("projections").at(0).at("connections") ==
        nlohmann::json{{0, 0, 15, 0}, {0, 1, 3, 0}, {1, 0, -8, 0}, {1, 1, 15, 0}});
  const auto params = json.at("populations").at(1).at("params");
  CHECK(params.at("threshold")[0].get<double>() == 80.0);
  CHECK(params.at("threshold")[1].get<double>() == 200.0);
  CHECK(exported.computed.layers[0].weight[0] == 0.375F);
  CHECK(exported.computed.layers[0].weight[3] == 0.15F);
}

TEST_CASE("integers in the side-car are the network that is computed with") {
  const FloatNetwork network =
      small_network({9, 12, 6, 4}, {.beta = 0.9, .threshold = 0.6, .reset = sim::Reset::zero}, 8);
  const TargetExport exported = export_spinnaker2(network, {}, facts, "net");
  const auto json = json_of(exported);
  // The same spikes from the integers alone, neuron by neuron in units of their own.
  FloatNetwork from_file = network;
  for (std::size_t l = 0; l < 3; ++l) {
    FloatLayer& layer = from_file.layers[l];
    const auto params = json.at("populations").at(l + 1).at("params");
    CHECK(params.at("reset") == "reset_to_v_reset");
    std::ranges::fill(layer.weight, 0.0F);
    std::ranges::fill(layer.delay, 0U);
    int largest = 0;
    for (const auto& row : json.at("projections").at(l).at("connections")) {
      const std::size_t j = row[1];
      const std::size_t pair = row[0].get<std::size_t>() * layer.n_targets + j;
      const int weight = row[2];
      largest = std::max(largest, std::abs(weight));
      layer.weight[pair] =
          static_cast<float>(weight * layer.lif.threshold / params.at("threshold")[j].get<double>());
      layer.delay[pair] = row[3];
    }
    CHECK(largest == 15);
  }
  const sim::SpikeTrains trains = random_trains(9, 40);
  LayerTrains spikes;
  LayerTrains expected;
  FloatReplay(from_file).run({.spikes = &trains}, 40, spikes);
  FloatReplay(exported.computed).run({.spikes = &trains}, 40, expected);
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(expected[l].neuron.size() > 10);
    CHECK(mismatches(spikes[l], expected[l], network.layers[l].n_targets) == 0);
  }
}

TEST_CASE("what SpiNNaker2 cannot hold is refused") {
  FloatNetwork network = small_network({2, 2}, {.reset = sim::Reset::none});
  network.layers[0].weight[3] = 1.0F;
  network.layers[0].delay = {0, 0, 0, 8};
  CHECK_THROWS_WITH(export_spinnaker2(network, {}, facts, "net"),
                    Contains("delay into layer 1") && Contains("7 steps") && Contains("reset, layer 1"));
  CHECK(spinnaker2_target().unverified);
}
