#include "backends/loihi.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "backends/loihi_chip.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

using Numbers = std::vector<std::int32_t>;

IntegerLayer layer_of(const LoihiNeurons& neurons, std::size_t n_sources, std::vector<std::int16_t> weight,
                      std::size_t n_targets) {
  return {.incoming = {.n_sources = n_sources, .n_targets = n_targets, .weight = std::move(weight)},
          .model = loihi_model(neurons.du),
          .parameters = loihi_parameters(neurons, n_targets, "test")};
}

// One neuron that is driven by its dendrite.
struct OneNeuron {
  IntegerNetwork network;
  LoihiChip chip;

  explicit OneNeuron(const LoihiNeurons& neurons, LoihiReset reset = {})
      : network{.layers = {layer_of(neurons, 0, {}, 1)}}, chip(network, {reset}) {}

  void step(std::int32_t dendrite) {
    const Numbers sums{dendrite};
    chip.step({.fired = {}, .payload = {}, .dendrite = sums});
  }
  std::int32_t u() const { return chip.neurons(0).current()[0]; }
  std::int32_t v() const { return chip.neurons(0).membrane()[0]; }
};

}  // namespace

TEST_CASE("Loihi's current and membrane forget toward zero, from both sides") {
  for (const std::int32_t sign : {1, -1}) {
    OneNeuron neuron({.du = 2047, .dv = 1024, .vth = 1000});
    neuron.step(sign * 5);
    CHECK(neuron.u() == sign * 320);
    CHECK(neuron.v() == sign * 320);
    neuron.step(sign * 3);
    CHECK(neuron.u() == sign * (160 + 192));
    CHECK(neuron.v() == sign * (240 + 352));
    for (const std::int32_t u : {176, 88, 44, 22, 11, 5, 2, 1, 0}) {
      neuron.step(0);
      CHECK(neuron.u() == sign * u);
    }
  }
}

TEST_CASE("Loihi's current wraps once and its membrane saturates") {
  constexpr std::int32_t limit = 1 << 23;
  OneNeuron neuron({.du = 0, .dv = 0, .vth = 131071});
  neuron.step(limit / 64);
  CHECK(neuron.u() == limit);  // one beyond the largest number of 24 bits is left as it is
  CHECK(neuron.v() == 0);      // 2^23 - 1 > 131071 * 64: fired
  CHECK(neuron.chip.neurons(0).overflows() == Overflows{1, 0});
  neuron.step(1);
  // floor(2^23 * 4095 / 4096) + 64 = 2^23 - 2048 + 64 fits and is below the threshold of 2^23 - 64.
  CHECK(neuron.u() == limit - 2048 + 64);
  CHECK(neuron.v() == limit - 2048 + 64);
  OneNeuron wrapping({.du = 4095, .dv = 0, .vth = 131071});
  wrapping.step(limit / 64 + 1);
  CHECK(wrapping.u() == 64 - limit);
  wrapping.step(-limit / 64);
  CHECK(wrapping.u() == limit);
  wrapping.step(-limit / 64 + 1);
  wrapping.step(-limit / 64 + 1);
  CHECK(wrapping.u() == 64 - limit);
  CHECK(wrapping.v() == 1 - limit);
  CHECK(wrapping.chip.neurons(0).overflows().current == 2);
}

TEST_CASE("Loihi's threshold is passed beyond 64 times vth only, and only the membrane is reset") {
  OneNeuron neuron({.du = 2047, .dv = 0, .vth = 10});
  neuron.step(10);
  CHECK(neuron.v() == 640);
  CHECK(neuron.chip.fired(0).empty());
  neuron.step(-4);  // u 64, v 704
  CHECK(neuron.v() == 0);
  CHECK(neuron.u() == 64);
  CHECK(neuron.chip.fired(0).size() == 1);
}

TEST_CASE("a Loihi bias is its mantissa shifted by its exponent, rounded down") {
  CHECK(loihi_bias(3, 6) == 192);
  CHECK(loihi_bias(-3, 6) == -192);
  CHECK(loihi_bias(-7, -2) == -2);
  const auto parameters = loihi_parameters({.bias_mant = {5, -5}}, 2, "test");
  CHECK(parameters.bias == Numbers{320, -320});
}

TEST_CASE("a Loihi network lags one step a layer, while biases act from the first step") {
  // The first layer: bias 64, threshold 3 * 64, weight 2. Step 1: 64, 2: 64 + 64 + 128 fires, 3: 64.
  const LoihiNeurons biased{.vth = 3, .bias_mant = {1}};
  const IntegerNetwork network{.layers = {layer_of(biased, 1, {2}, 1), layer_of({.vth = 4}, 1, {5}, 1)}};
  LoihiChip chip(network);
  const std::vector<std::uint32_t> input{0};
  std::vector<std::vector<std::size_t>> n_fired;
  for (int step = 0; step < 4; ++step) {
    chip.step({.fired = step == 0 ? std::span<const std::uint32_t>(input) : std::span<const std::uint32_t>{},
               .payload = {},
               .dendrite = {}});
    n_fired.push_back({chip.fired(0).size(), chip.fired(1).size()});
  }
  CHECK(n_fired == std::vector<std::vector<std::size_t>>{{0, 0}, {1, 0}, {0, 1}, {0, 0}});
}

TEST_CASE(
    "each Loihi layer does in its own steps what the emulator does, biases before its first input too") {
  IntegerNetwork network{
      .layers = {layer_of({.du = 1000, .dv = 300, .vth = 9, .bias_mant = {2, -1}}, 3, {7, -3, 4, 6, 5, -2},
                          2),
                 layer_of({.dv = 500, .vth = 5, .bias_mant = {1, 3}}, 2, {6, 4, -5, 3}, 2)},
      .layer_latency = 1};
  network.layers[0].incoming.delay = {0, 1, 3, 0, 2, 1};
  struct Steps : EmulationListener {
    std::size_t lag = 0;                           // of the chip's steps behind a layer's own, in layers
    std::vector<std::vector<std::int32_t>> found;  // layer, own step, membranes, who fired
    void on_step(std::size_t layer, sim::Step step, std::span<const std::uint32_t> fired,
                 const IntegerNeurons& neurons) override {
      if (step < lag * (layer + 1) || step - lag * (layer + 1) >= 12) return;
      const auto own = static_cast<std::int32_t>(step - lag * (layer + 1));
      found.push_back({static_cast<std::int32_t>(layer), own});
      found.back().insert(found.back().end(), neurons.membrane().begin(), neurons.membrane().end());
      found.back().insert(found.back().end(), fired.begin(), fired.end());
    }
    std::ptrdiff_t n_fired(std::int32_t layer) const {
      return std::ranges::count_if(found, [&](const auto& row) { return row[0] == layer && row.size() > 4; });
    }
  };
  sim::SpikeTrains spikes{.begin = {0}, .neuron = {}};
  for (std::uint32_t step = 0; step < 12; ++step) {
    for (std::uint32_t input = 0; input < 3; ++input)
      if ((step * 7 + input * 5) % 3 != 0) spikes.neuron.push_back(input);
    spikes.begin.push_back(static_cast<std::uint32_t>(spikes.neuron.size()));
  }
  Steps own;
  Emulator(network).run({.spikes = &spikes}, 12, own);
  Steps chip;
  chip.lag = 1;
  LoihiChip(network).run({.spikes = &spikes}, 12, chip);
  std::ranges::sort(own.found);
  std::ranges::sort(chip.found);
  CHECK(own.n_fired(0) > 2);
  CHECK(own.n_fired(1) > 2);
  CHECK(own.found == chip.found);
  network.layer_latency = 0;
  Steps without;
  Emulator(network).run({.spikes = &spikes}, 12, without);
  std::ranges::sort(without.found);
  CHECK(own.found != without.found);
}

TEST_CASE("a periodic reset comes before the step, which is counted from 1") {
  OneNeuron neuron({.du = 0, .dv = 0, .vth = 1000}, {.interval = 3, .offset = 5});
  std::vector<std::int32_t> v;
  for (int step = 1; step <= 6; ++step) {
    neuron.step(step == 1 || step == 4 ? 1 : 0);
    v.push_back(neuron.v());
  }
  // 5 leaves the rest 2: current and membrane are 0 before steps 2 and 5.
  CHECK(v == Numbers{64, 0, 0, 64, 0, 0});
}

TEST_CASE("graded spikes count as often as their payload says") {
  const IntegerNetwork network{.layers = {layer_of({.vth = 1000}, 2, {3, -2}, 1)}};
  LoihiChip chip(network);
  const std::vector<std::uint32_t> fired{0, 1};
  const Numbers payload{20, 7};
  chip.step({.fired = fired, .payload = payload, .dendrite = {}});
  CHECK(chip.neurons(0).membrane()[0] == 0);
  chip.step({});
  CHECK(chip.neurons(0).membrane()[0] == 64 * (60 - 14));
  const Numbers huge{1 << 29, 1};
  CHECK_THROWS_AS(chip.step({.fired = fired, .payload = huge, .dendrite = {}}), std::invalid_argument);
  const std::vector<std::uint32_t> unknown{2};
  CHECK_THROWS_AS(chip.step({.fired = unknown, .payload = {}, .dendrite = {}}), std::invalid_argument);
}

TEST_CASE("Loihi clips weights by their signs and clears the bits it has no room for") {
  const Numbers given{-300, -256, -129, -3, -1, 0, 1, 3, 129, 255, 300};
  CHECK(loihi_weights(given, LoihiSigns::mixed) == Numbers{-256, -256, -130, -4, -2, 0, 0, 2, 128, 254, 254});
  CHECK(loihi_weights(given, LoihiSigns::mixed, 5) ==
        Numbers{-256, -256, -144, -16, -16, 0, 0, 0, 128, 240, 240});
  CHECK(loihi_weights(given, LoihiSigns::excitatory) == Numbers{0, 0, 0, 0, 0, 0, 1, 3, 129, 255, 255});
  CHECK(loihi_weights(given, LoihiSigns::inhibitory) == Numbers{-255, -255, -129, -3, -1, 0, 0, 0, 0, 0, 0});
  CHECK(loihi_weights(given, LoihiSigns::inhibitory, 6) == Numbers{-252, -252, -128, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("the signs of weights are told from the weights") {
  CHECK(loihi_signs(Numbers{0, 3}) == LoihiSigns::excitatory);
  CHECK(loihi_signs(Numbers{0, 0}) == LoihiSigns::excitatory);
  CHECK(loihi_signs(Numbers{0, -3}) == LoihiSigns::inhibitory);
  CHECK(loihi_signs(Numbers{1, -3}) == LoihiSigns::mixed);
}

TEST_CASE("registers that Loihi does not have are refused by name") {
  using Catch::Matchers::Contains;
  const auto message = [](const LoihiNeurons& neurons) {
    try {
      loihi_parameters(neurons, 1, "layer 1");
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(message({.du = 4096}), Contains("layer 1: du is 4096; Loihi takes 0 to 4095"));
  CHECK_THAT(message({.dv = -1}), Contains("dv is -1"));
  CHECK_THAT(message({.vth = 131072}), Contains("vth is 131072; Loihi takes 0 to 131071"));
  CHECK_THAT(message({.bias_mant = {4096}}), Contains("bias_mant is 4096; Loihi takes -4096 to 4095"));
  CHECK_THAT(message({.bias_mant = {1}, .bias_exponent = {8}}), Contains("bias_exp is 8"));
  CHECK(message({.bias_mant = {-4096}, .bias_exponent = {7}}).empty());
  CHECK_THROWS_AS(loihi_parameters({.bias_mant = {1, 2}}, 1, "test"), std::invalid_argument);
}

TEST_CASE("Loihi's description says what its neurons do") {
  const TargetDescription target = loihi_target();
  CHECK(target.model == loihi_model(4095));
  CHECK(target.model.current->factor == 0);  // the current has no memory, as snnTorch's neurons have none
  CHECK(target.numbers.leak == Range{1, 4096});
  CHECK(target.numbers.even_beyond);
}
