#include "backends/limits.hpp"

#include <catch2/catch.hpp>

#include "export_networks.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Contains;

namespace {

std::vector<std::string> names_of(const std::vector<BrokenLimit>& broken) {
  std::vector<std::string> names;
  for (const BrokenLimit& each : broken) names.push_back(each.limit);
  return names;
}

}  // namespace

TEST_CASE("a network within all limits breaks none, at the limit as below it") {
  const FloatNetwork network = small::network_of(small::dense({6, 4, 2}));
  TargetDescription target = small::eight_bits();
  target.limits = {
      .neurons = 6, .inputs = 6, .outputs = 2, .ids = 12, .fan_in = 6, .fan_out = 4, .layers = 2};
  CHECK(broken_limits(network, target).empty());
  CHECK_NOTHROW(require_fits(network, target));
}

TEST_CASE("every broken limit is listed, with what is needed and how far off it is") {
  const FloatNetwork network = small::network_of(small::dense({60, 40, 10}));
  TargetDescription target = small::eight_bits();
  target.limits = {
      .neurons = 30, .inputs = 50, .outputs = 9, .ids = 100, .fan_in = 45, .fan_out = 20, .layers = 1};
  const std::vector<BrokenLimit> broken = broken_limits(network, target);
  CHECK(names_of(broken) == std::vector<std::string>{"layers", "inputs", "outputs", "neurons",
                                                     "inputs and neurons together", "fan-in, layer 1",
                                                     "fan-out, layer 0"});
  const BrokenLimit& neurons = broken[3];
  CHECK(neurons.allowed == "30");
  CHECK(neurons.needed == "50");
  CHECK(neurons.excess == "20 too many");
  CHECK_THAT(neurons.remedy, Contains("at most 20 hidden neurons"));
  CHECK_THAT(broken[4].remedy, Contains("at most 30 hidden neurons"));
  // 15 of 60 edges into a neuron have to go, 20 of 40 out of one.
  CHECK_THAT(broken[5].remedy, Contains("25.0 %") && Contains("--pruned 0.250"));
  CHECK_THAT(broken[6].remedy, Contains("50.0 %"));
  try {
    require_fits(network, target);
    FAIL("a network that breaks limits was taken");
  } catch (const InputError& error) {
    for (const std::string& name : names_of(broken)) CHECK_THAT(error.problem(), Contains("\n    " + name));
  }
}

TEST_CASE("a leak outside a target's range is refused by name, and one at its end is not") {
  const auto broken_at = [](double beta) {
    return broken_limits(small::network_of(small::dense({4, 3}, {.beta = beta})), small::subtracting());
  };
  CHECK(broken_at(0.875).empty());
  CHECK(broken_at(0.95).empty());
  CHECK(broken_at(1.0).empty());
  const auto broken = broken_at(0.85);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].limit == "beta, layer 1");
  CHECK_THAT(broken[0].allowed, Contains("0.875 to"));
  CHECK(broken[0].needed == "0.85");
  CHECK(broken[0].excess == "0.025 below");
  CHECK_THAT(broken[0].remedy, Contains("--beta 0.875"));
}

TEST_CASE("a delay beyond the target's longest is refused with both") {
  FloatNetwork network = small::network_of(small::dense({4, 3}));
  network.layers[0].delay.assign(12, 0);
  network.layers[0].delay[5] = 70;
  TargetDescription target = small::eight_bits();
  target.numbers.longest_delay = 62;
  const auto broken = broken_limits(network, target);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].limit == "delay into layer 1");
  CHECK(broken[0].allowed == "62 steps");
  CHECK(broken[0].needed == "70 steps");
  CHECK(broken[0].excess == "8 too long");
  target.numbers.longest_delay = 70;
  CHECK(broken_limits(network, target).empty());
}

TEST_CASE("delays that differ from synapse to synapse are refused where a neuron or a source has one") {
  FloatNetwork network = small::network_of(small::dense({4, 3}));
  FloatLayer& layer = network.layers[0];
  TargetDescription target = small::eight_bits();
  target.numbers.longest_delay = 62;
  target.numbers.delays_by_neuron = true;
  const auto broken_with = [&](const std::vector<sim::Step>& delay) {
    layer.delay = delay;
    return broken_limits(network, target);
  };
  CHECK(broken_with({}).empty());
  CHECK(broken_with({1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}).empty());  // by neuron
  CHECK(broken_with({1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}).empty());  // by source
  // Neurons 0 and 2 have two delays, and so have sources 0 and 1. Two synapses make the delays those of
  // sources.
  const auto broken = broken_with({2, 1, 1, 1, 1, 70, 1, 1, 1, 1, 1, 1});
  REQUIRE(broken.size() == 2);
  CHECK(broken[0].limit == "delay into layer 1");
  CHECK(broken[0].excess == "8 too long");
  CHECK(broken[1].limit == "delays by synapse, layer 1");
  CHECK(broken[1].excess == "2 of 3 neurons have several, 2 of 4 sources; 2 of 12 synapses are odd");
  // A longest delay of 70 is less than 70.5 steps, which have to come below 0.5: 141 times, and a margin.
  CHECK_THAT(broken[1].remedy, Contains("leave --velocity out") && Contains("by a factor of 141.7"));
  layer.weight[0] = layer.weight[5] = 0.0F;  // where no edge is, no delay counts
  CHECK(broken_with({2, 1, 1, 1, 1, 7, 1, 1, 1, 1, 1, 1}).empty());
}

TEST_CASE("delays by source are refused in a layer of as many neurons") {
  FloatNetwork network = small::network_of(small::dense({2, 2}));
  network.layers[0].delay = {1, 1, 2, 2};
  TargetDescription target = small::eight_bits();
  target.numbers.longest_delay = 62;
  target.numbers.delays_by_neuron = true;
  const auto broken = broken_limits(network, target);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].excess == "2 neurons have several");
  CHECK_THAT(broken[0].remedy, Contains("size of a layer"));
  network.layers[0].delay = {1, 2, 1, 2};
  CHECK(broken_limits(network, target).empty());
}

TEST_CASE("weights so wide that images could drive sums beyond the emulator's are refused") {
  const FloatNetwork network = small::network_of(small::dense({200, 3}));
  TargetDescription target = small::eight_bits();
  target.numbers.weight = {-32768, 32767};
  CHECK(broken_limits(network, target).empty());  // 200 * 2^15
  const auto broken = broken_limits(network, target, Drive::pixels);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].limit == "sum of a step, layer 1");
  CHECK(broken[0].excess == "1.56 times too large");  // 200 * 255 / 2^15
  CHECK_THAT(broken[0].remedy, Contains("--weight-bits"));
}

TEST_CASE("synapses that the cores of a target cannot hold together are refused with what to prune") {
  const FloatNetwork network = small::network_of(small::dense({60, 40, 10}));
  TargetDescription target = small::eight_bits();
  // 2800 synapses in blocks of 35, ten words each: 51,200 bits.
  target.limits.core = {.neurons = 50, .cores = 2, .memory = SynapseMemory{.bits = 6400, .synapse_bits = 18}};
  const auto broken = broken_limits(network, target);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].limit == "cores, by synapse memory");
  CHECK(broken[0].allowed == "2");
  CHECK(broken[0].needed == "at least 8");
  CHECK(broken[0].excess == "6 too many");
  CHECK_THAT(broken[0].remedy, Contains("75.0 %") && Contains("--pruned 0.750"));
  target.limits.core->cores = 8;
  CHECK(broken_limits(network, target).empty());
}

TEST_CASE("several chips are named as a remedy where they are one, alone or with fewer edges") {
  const FloatNetwork network = small::network_of(small::dense({60, 40, 10}));
  TargetDescription target = small::eight_bits();
  target.limits.neurons = 30;
  CHECK_THAT(broken_limits(network, target).at(0).remedy, !Contains("--split"));
  target.limits.chip = ChipSize{.sources = 60, .neurons = 30};
  CHECK_THAT(broken_limits(network, target).at(0).remedy,
             Contains("at most 20 hidden neurons") && Contains("; or use several chips (--split)"));
  target.limits.chip = ChipSize{.sources = 45, .neurons = 30};
  CHECK_THAT(broken_limits(network, target).at(0).remedy,
             Contains("prune at least 25.0 %") && Contains("several chips (--split)"));
}

TEST_CASE("weights that are not numbers are refused before anything else") {
  FloatNetwork network = small::network_of(small::dense({4, 3}));
  network.layers[0].weight[2] = std::numeric_limits<float>::quiet_NaN();
  TargetDescription target = small::eight_bits();
  target.limits.neurons = 1;
  const auto broken = broken_limits(network, target);
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].limit == "weights, layer 1");
  CHECK(broken[0].excess == "1 of them");
}

TEST_CASE("neurons that never reset are refused") {
  const auto broken = broken_limits(small::network_of(small::dense({4, 3}, {.reset = sim::Reset::none})),
                                    small::eight_bits());
  REQUIRE(broken.size() == 1);
  CHECK_THAT(broken[0].remedy, Contains("--reset zero"));
}
