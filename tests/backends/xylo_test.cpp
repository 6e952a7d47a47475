#include "backends/xylo.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"
#include "tests/backends/small_networks.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

namespace {

using Ints = std::vector<int>;
using Matrix = std::vector<Ints>;
const ExportFacts facts{.model = "m.h5", .configuration = "", .seed = 4, .version = "test", .step_ms = 10.0};

nlohmann::json json_of(const TargetExport& exported) {
  return nlohmann::json::parse(std::get<std::string>(exported.files.at(0).content));
}

std::string limits_of(const FloatNetwork& network, XyloDevice device) {
  return limits_table(broken_xylo_limits(network, device));
}

}  // namespace

TEST_CASE("hidden layers share the recurrent weights, one scale and thresholds twice as large") {
  const sim::Lif lif{.beta = 0.9, .threshold = 1.0, .reset = sim::Reset::subtract};
  FloatNetwork network;
  // 2 - 2 - 1 - 1. The largest weight of the hidden layers is 0.5: scale 254. Of the output 2: scale 63.5.
  network.layers = {
      {.n_sources = 2,
       .n_targets = 2,
       .weight = {0.5F, 0.25F, -0.125F, 0.0F},
       .bias = {0.1, 0.0},
       .lif = lif},
      {.n_sources = 2, .n_targets = 1, .weight = {0.3F, -0.4F}, .lif = lif},
      {.n_sources = 1, .n_targets = 1, .weight = {2.0F}, .lif = {.beta = 0.5, .threshold = 1.5}}};
  const TargetExport exported = export_xylo(network, XyloDevice::audio2, facts, "net");
  REQUIRE(exported.files.size() == 1);
  CHECK(exported.files[0].name == "net.xylo.json");
  const auto json = json_of(exported);
  CHECK_THAT(json.at("unverified").get<std::string>(), Contains("UNVERIFIED"));
  CHECK(json.at("device") == "audio2");
  CHECK(json.at("dt") == 0.01);
  const auto spec = json.at("specification");
  // 63.5 goes to the even 64, -31.75 to -32, 76.2 to 76, -101.6 to -102.
  CHECK(spec.at("weights_in").get<Matrix>() == Matrix{{127, 64}, {-32, 0}});
  CHECK(spec.at("weights_rec").get<Matrix>() == Matrix{{0, 0, 76}, {0, 0, -102}, {0, 0, 0}});
  CHECK(spec.at("weights_out").get<Matrix>() == Matrix{{0}, {0}, {127}});
  CHECK(spec.at("threshold").get<Ints>() == Ints{508, 508, 508});
  CHECK(spec.at("threshold_out").get<Ints>() == Ints{190});  // 1.5 * 2 * 63.5 = 190.5, to even
  CHECK(spec.at("bias").get<Ints>() == Ints{51, 0, 0});      // 50.8
  CHECK(spec.at("bias_out").get<Ints>() == Ints{0});
  CHECK(spec.at("dash_mem").get<Ints>() == Ints{3, 3, 3});  // log2(10) = 3.3
  CHECK(spec.at("dash_mem_out").get<Ints>() == Ints{1});
  CHECK(spec.at("dash_syn").get<Ints>() == Ints{1, 1, 1});
  CHECK(spec.at("dash_syn_2").get<Ints>() == Ints{1, 1, 1});
  CHECK(spec.at("dash_syn_out").get<Ints>() == Ints{1});
  for (const char* shift : {"weight_shift_in", "weight_shift_rec", "weight_shift_out"})
    CHECK(spec.at(shift) == 0);
  CHECK(spec.at("aliases").get<Matrix>() == Matrix(3));
  CHECK(exported.computed.layers[0].weight[1] == Approx(64.0 / 254.0));
  CHECK(exported.computed.layers[0].bias[0] == Approx(51.0 / 508.0));
  CHECK(exported.computed.layers[0].lif.beta == 0.875);
  CHECK(exported.computed.layers[2].lif.threshold == Approx(190.0 / 127.0));
  for (const PropertyFidelity& each : exported.fidelity)
    if (each.property == "leak") CHECK_THAT(each.note, Contains("0.9 is 0.875"));
}

TEST_CASE("a threshold that 16 bits cannot hold makes all weights smaller") {
  FloatNetwork network = small_network({2, 2, 1}, {.beta = 0.5, .threshold = 500.0});
  const auto spec = json_of(export_xylo(network, XyloDevice::imu, facts, "net")).at("specification");
  CHECK(spec.at("threshold").get<Ints>() == Ints{32767, 32767});
  CHECK_FALSE(spec.contains("dash_syn_2"));
}

TEST_CASE("what a device cannot hold is listed, each limit for itself") {
  const sim::Lif lif{.beta = 0.9};
  CHECK(limits_of(small_network({16, 63, 8}, lif), XyloDevice::audio2).find("too many") == std::string::npos);
  CHECK_THAT(limits_of(small_network({17, 10, 9}, lif), XyloDevice::audio2),
             Contains("inputs") && Contains("outputs"));
  CHECK_THAT(limits_of(small_network({2, 4, 100, 2}, lif), XyloDevice::audio2), Contains("fan-out, layer 1"));
  CHECK_THAT(limits_of(small_network({2, 129, 2}, lif), XyloDevice::imu),
             Contains("hidden neurons that inputs reach") && Contains("hidden neurons that reach outputs"));
  CHECK_THAT(limits_of(small_network({2, 100, 400, 2}, lif), XyloDevice::imu), Contains("hidden neurons "));
  CHECK_THAT(limits_of(small_network({2, 2}, lif), XyloDevice::audio3), Contains("hidden layers"));
  CHECK_THROWS_WITH(
      export_xylo(small_network({17, 10, 2}, lif, 3), XyloDevice::audio3, facts, "net"),
      Contains("Xylo audio3 cannot hold") && Contains("inputs") && Contains("delay into layer 1"));
  CHECK_THROWS_WITH(parse_xylo_device("audio4", "--device"), Contains("audio2, audio3, imu"));
  CHECK(xylo_target(XyloDevice::imu).unverified);
}
