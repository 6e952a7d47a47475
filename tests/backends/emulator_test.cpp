#include "backends/emulator.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace loci;
using namespace loci::backends;

namespace {

using Fired = std::vector<std::uint32_t>;

// All that an emulator tells, by layer and step.
struct Record : EmulationListener {
  std::vector<std::vector<Fired>> fired;
  std::vector<std::vector<std::vector<std::int32_t>>> membrane;

  void on_step(std::size_t layer, sim::Step step, std::span<const std::uint32_t> who,
               const IntegerNeurons& neurons) override {
    if (layer == fired.size()) {
      fired.emplace_back();
      membrane.emplace_back();
    }
    REQUIRE(step == fired[layer].size());
    fired[layer].emplace_back(who.begin(), who.end());
    membrane[layer].emplace_back(neurons.membrane().begin(), neurons.membrane().end());
  }
};

sim::SpikeTrains trains(const std::vector<Fired>& steps) {
  sim::SpikeTrains result{.begin = {0}, .neuron = {}};
  for (const Fired& step : steps) {
    result.neuron.insert(result.neuron.end(), step.begin(), step.end());
    result.begin.push_back(static_cast<std::uint32_t>(result.neuron.size()));
  }
  return result;
}

// Reset to 0 beyond 10, halved in each step toward zero.
IntegerLayer halving_layer(std::size_t n_sources, std::size_t n_targets, std::vector<std::int16_t> weight) {
  return {.incoming = {.n_sources = n_sources, .n_targets = n_targets, .weight = std::move(weight)},
          .model = {.membrane = signed_range(16), .leak_bits = 1},
          .parameters = {.leak = std::vector<std::int32_t>(n_targets, 1),
                         .threshold = std::vector<std::int32_t>(n_targets, 10)}};
}

Record run(const IntegerNetwork& network, const std::vector<Fired>& steps, sim::Step n_steps,
           std::span<const std::int32_t> sums = {}) {
  Emulator emulator(network);
  const sim::SpikeTrains spikes = trains(steps);
  Record record;
  emulator.run({.spikes = &spikes, .sums = sums}, n_steps, record);
  return record;
}

std::vector<std::int32_t> membranes_of(const Record& record, std::size_t layer, std::size_t neuron) {
  std::vector<std::int32_t> result;
  for (const auto& step : record.membrane[layer]) result.push_back(step[neuron]);
  return result;
}

}  // namespace

TEST_CASE("a spike goes through all layers at the same step of each") {
  // 0: 12 > 10 fires. 1: 7 at step 0; 3 + 7 = 10 at step 1, which is not beyond 10; 5 + 7 fires at step 2.
  IntegerNetwork network{.layers = {halving_layer(2, 2, {12, 7, 0, 0}), halving_layer(2, 1, {11, 20})}};
  const Record record = run(network, {{0}, {0}, {0}}, 4);
  CHECK(record.fired[0] == std::vector<Fired>{{0}, {0}, {0, 1}, {}});
  CHECK(membranes_of(record, 0, 1) == std::vector<std::int32_t>{7, 10, 0, 0});
  CHECK(record.fired[1] == std::vector<Fired>{{0}, {0}, {0}, {}});
}

TEST_CASE("each synapse has its own delay") {
  IntegerNetwork network{.layers = {halving_layer(2, 2, {4, 8, 2, 1})}};
  network.layers[0].incoming.delay = {0, 3, 1, 2};
  network.layers[0].parameters.leak = {0, 0};  // membranes are what arrives
  const Record record = run(network, {{0, 1}, {}, {}, {0}}, 8);
  CHECK(membranes_of(record, 0, 0) == std::vector<std::int32_t>{4, 2, 0, 4, 0, 0, 0, 0});
  CHECK(membranes_of(record, 0, 1) == std::vector<std::int32_t>{0, 0, 1, 8, 0, 0, 8, 0});
}

TEST_CASE("an exponent scales the sum of each delay and rounds it down") {
  // Together: floor(-5 / 4) = -2. With delays 0 and 1, both sent at steps 0 and 1: floor(-3 / 4) + floor(-2 /
  // 4) = -2 at step 1 as well, but -1 at steps 0 and 2.
  IntegerNetwork network{.layers = {halving_layer(2, 1, {-3, -2})}};
  network.layers[0].incoming.exponent = -2;
  network.layers[0].parameters.leak = {0};
  CHECK(membranes_of(run(network, {{0, 1}, {0, 1}}, 3), 0, 0) == std::vector<std::int32_t>{-2, -2, 0});
  network.layers[0].incoming.delay = {0, 1};
  CHECK(membranes_of(run(network, {{0, 1}, {0, 1}}, 3), 0, 0) == std::vector<std::int32_t>{-1, -2, -1});
  network.layers[0].incoming.weight = {1, 2};
  network.layers[0].incoming.exponent = 1;
  CHECK(membranes_of(run(network, {{0, 1}, {0, 1}}, 3), 0, 0) == std::vector<std::int32_t>{2, 6, 4});
}

TEST_CASE("constant sums arrive at every step beside the spikes") {
  IntegerNetwork network{.layers = {halving_layer(1, 2, {2, 0})}};
  const std::vector<std::int32_t> sums{1, 6};
  const Record record = run(network, {{}, {0}}, 3, sums);
  CHECK(membranes_of(record, 0, 0) == std::vector<std::int32_t>{1, 3, 2});
  CHECK(membranes_of(record, 0, 1) == std::vector<std::int32_t>{6, 9, 10});
}

TEST_CASE("a layer that lags behind its input takes steps before it, in which its biases act") {
  // Biases of 4 and 6: a step before the first of layer 0 and two before that of layer 1.
  IntegerNetwork network{.layers = {halving_layer(1, 1, {1}), halving_layer(1, 1, {1})}, .layer_latency = 1};
  network.layers[0].parameters.bias = {4};
  network.layers[1].parameters.bias = {6};
  const Record record = run(network, {{0}, {}}, 2);
  CHECK(membranes_of(record, 0, 0) == std::vector<std::int32_t>{4 / 2 + 4 + 1, 7 / 2 + 4});
  CHECK(membranes_of(record, 1, 0) == std::vector<std::int32_t>{9 / 2 + 6, 0});  // 10 / 2 + 6 fires
  CHECK(record.fired[1] == std::vector<Fired>{{}, {0}});
  network.layer_latency = 0;
  CHECK(membranes_of(run(network, {{0}, {}}, 2), 1, 0) == std::vector<std::int32_t>{6, 9});
}

TEST_CASE("spikes that arrive one by one can fire a neuron before inhibition comes") {
  // Together 12 - 8 = 4 stays below 10. One by one, 12 fires and the inhibition hits a reset neuron.
  IntegerNetwork network{.layers = {halving_layer(3, 2, {12, 0, -8, 11, 12, 0})}};
  const Record summed = run(network, {{0, 1}}, 1);
  CHECK(summed.fired[0] == std::vector<Fired>{{1}});
  CHECK(summed.membrane[0][0] == std::vector<std::int32_t>{4, 0});
  network.order = SpikeOrder::one_by_one;
  const Record one_by_one = run(network, {{0, 1, 2}}, 2);
  CHECK(one_by_one.fired[0] == std::vector<Fired>{{0, 1}, {}});         // in the order in which they arose
  CHECK(one_by_one.membrane[0][0] == std::vector<std::int32_t>{4, 0});  // -8 + 12
  CHECK(run(network, {{1, 0}}, 1).fired[0] == std::vector<Fired>{{1}});
  CHECK(run(network, {{1, 2, 2, 0}}, 1).fired[0] == std::vector<Fired>{{1, 0, 0}});  // twice in a step
}

TEST_CASE("spikes that arrive in turn saturate the membrane on the way, and fire it at the end of the step") {
  // 100 + 100 is 127, less 120 is 7, which is not beyond 10; as one sum it would be 80. The other has 2 * 12.
  IntegerNetwork network{.layers = {halving_layer(3, 2, {50, 0, 50, 12, -60, 0})}};
  network.layers[0].model.membrane = signed_range(8);
  network.layers[0].incoming.exponent = 1;
  network.order = SpikeOrder::in_turn;
  const Record in_turn = run(network, {{0, 1, 2}}, 2);
  CHECK(in_turn.fired[0] == std::vector<Fired>{{1}, {}});
  CHECK(in_turn.membrane[0] == std::vector<std::vector<std::int32_t>>{{7, 0}, {3, 0}});
  network.order = SpikeOrder::summed;
  CHECK(run(network, {{0, 1, 2}}, 1).fired[0] == std::vector<Fired>{{0, 1}});
}

TEST_CASE("a sample does not feel the sample before it") {
  IntegerNetwork network{.layers = {halving_layer(1, 1, {9})}};
  network.layers[0].incoming.delay = {2};
  Emulator emulator(network);
  const sim::SpikeTrains spikes = trains({{0}, {0}});
  Record first;
  Record second;
  emulator.run({.spikes = &spikes}, 3, first);
  emulator.run({.spikes = &spikes}, 3, second);
  CHECK(membranes_of(first, 0, 0) == std::vector<std::int32_t>{0, 0, 9});
  CHECK(first.membrane == second.membrane);
}

TEST_CASE("what overflowed is counted over samples and layers") {
  IntegerNetwork network{.layers = {halving_layer(1, 2, {200, 1}), halving_layer(2, 1, {-130, 0})}};
  for (IntegerLayer& layer : network.layers) layer.model.membrane = signed_range(8);
  Emulator emulator(network);
  const sim::SpikeTrains spikes = trains({{0}, {}, {0}});
  Record record;
  emulator.run({.spikes = &spikes}, 3, record);
  emulator.run({.spikes = &spikes}, 3, record = {});
  CHECK(membranes_of(record, 1, 0) == std::vector<std::int32_t>{-128, -64, -128});
  CHECK(emulator.overflows(0) == Overflows{4, 0});
  CHECK(emulator.overflows() == Overflows{8, 0});
}

TEST_CASE("an integer network that does not fit together is refused") {
  const IntegerNetwork good{.layers = {halving_layer(2, 3, std::vector<std::int16_t>(6, 1))}};
  REQUIRE_NOTHROW(Emulator(good));
  const auto refuses = [&](auto change) {
    IntegerNetwork bad = good;
    change(bad, bad.layers.front());
    CHECK_THROWS_AS(Emulator(bad), std::invalid_argument);
  };
  refuses([](auto& network, auto&) { network.layers.clear(); });
  refuses([](auto& network, auto& layer) { network.layers.push_back(layer); });
  refuses([](auto&, auto& layer) { layer.incoming.weight.pop_back(); });
  refuses([](auto&, auto& layer) { layer.incoming.delay.resize(5); });
  refuses([](auto&, auto& layer) { layer.parameters.leak.pop_back(); });
  refuses([](auto&, auto& layer) { layer.parameters.bias = {1}; });
  refuses([](auto&, auto& layer) { layer.model.membrane = signed_range(33); });
  refuses([](auto&, auto& layer) { layer.incoming.exponent = 16; });
  refuses([](auto&, auto& layer) {
    layer.incoming.weight.assign(6, 32767);
    layer.incoming.exponent = 15;
  });
  refuses([](auto& network, auto& layer) {
    network.order = SpikeOrder::one_by_one;
    layer.incoming.delay.assign(6, 1);
  });
  refuses([](auto& network, auto& layer) {
    network.order = SpikeOrder::one_by_one;
    layer.model.reset_time = ResetTime::next_update;
  });
  refuses([](auto& network, auto& layer) {
    network.order = SpikeOrder::in_turn;
    layer.incoming.exponent = -1;
  });
  refuses([](auto& network, auto& layer) {
    network.order = SpikeOrder::in_turn;
    layer.parameters.bias.assign(3, 1);
  });
}

TEST_CASE("a stimulus of another network is refused") {
  const IntegerNetwork network{.layers = {halving_layer(2, 3, std::vector<std::int16_t>(6, 1))}};
  CHECK_THROWS_AS(run(network, {{2}}, 1), std::invalid_argument);
  const std::vector<std::int32_t> too_few{1, 2};
  CHECK_THROWS_AS(run(network, {{0}}, 1, too_few), std::invalid_argument);
  const std::vector<std::int32_t> too_large{1, 2, 1 << 30};
  CHECK_THROWS_AS(run(network, {{0}}, 1, too_large), std::invalid_argument);
}
