#include "backends/overflow_bound.hpp"

#include <catch2/catch.hpp>

#include "backends/emulator.hpp"
#include "backends/loihi.hpp"
#include "sim/random.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

// What registers of a layer were given, and would have been given had they no ends.
struct Seen {
  RegisterBounds membrane;
  RegisterBounds current;
  std::uint64_t n_spikes = 0;

  void add(RegisterBounds& bounds, std::span<const std::int32_t> values) {
    for (const std::int64_t value : values) {
      bounds.lowest = std::min(bounds.lowest, value);
      bounds.highest = std::max(bounds.highest, value);
    }
  }
};

// One layer through one run, looking at its registers after each thing that happens to them.
class Probe {
 public:
  Probe(const IntegerNetwork& network, Seen& seen)
      : layer_(network.layers.front()),
        one_by_one_(network.order == SpikeOrder::one_by_one),
        sums_(layer_.incoming),
        neurons_(layer_.model, layer_.parameters),
        seen_(seen) {}

  void step(std::span<const std::uint32_t> arriving) {
    std::vector<std::uint32_t> fired;
    neurons_.leak();
    look();
    if (one_by_one_) {
      neurons_.fire(fired);
      for (const std::uint32_t source : arriving) {
        const std::size_t n = neurons_.size();
        neurons_.add(std::span(layer_.incoming.weight).subspan(source * n, n));
        look();
        neurons_.fire(fired);
        look();
      }
    } else {
      neurons_.integrate(sums_.step(arriving));
      look();
      neurons_.fire(fired);
      look();
    }
    seen_.n_spikes += fired.size();
  }
  const Overflows& overflows() const { return neurons_.overflows(); }

 private:
  void look() {
    seen_.add(seen_.membrane, neurons_.membrane());
    seen_.add(seen_.current, neurons_.current());
  }

  const IntegerLayer& layer_;
  bool one_by_one_;
  SpikeSums sums_;
  IntegerNeurons neurons_;
  Seen& seen_;
};

std::vector<std::uint32_t> spikes_of(std::size_t pattern, std::size_t n_sources) {
  std::vector<std::uint32_t> who;
  for (std::uint32_t source = 0; source < n_sources; ++source)
    if ((pattern >> source & 1) != 0) who.push_back(source);
  return who;
}

// All inputs of 4 steps and long runs of the same, and long runs of random ones.
Seen everything(const IntegerNetwork& network, Overflows& overflows) {
  Seen seen;
  const std::size_t n_sources = network.n_inputs();
  const std::size_t n_patterns = std::size_t{1} << n_sources;
  const auto run = [&](auto pattern_at, std::size_t n_steps) {
    Probe probe(network, seen);
    for (std::size_t step = 0; step < n_steps; ++step)
      probe.step(spikes_of(pattern_at(step) % n_patterns, n_sources));
    overflows.membrane += probe.overflows().membrane;
    overflows.current += probe.overflows().current;
  };
  std::size_t n_sequences = 1;
  for (int step = 0; step < 4; ++step) n_sequences *= n_patterns;
  for (std::size_t sequence = 0; sequence < n_sequences; ++sequence) {
    std::size_t left = sequence;
    run([&](std::size_t) { return std::exchange(left, left / n_patterns); }, 4);
  }
  for (std::size_t pattern = 0; pattern < n_patterns; ++pattern)
    run([&](std::size_t) { return pattern; }, 300);
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const auto random = [&](std::size_t step) {
      return std::size_t{sim::random_words(seed, sim::Stream::test, step, 0)[0]};
    };
    run(random, 300);
  }
  return seen;
}

IntegerNetwork one_layer(std::vector<std::int16_t> weight, const IntegerModel& model, std::int32_t leak,
                         std::int32_t threshold, std::int32_t bias = 0) {
  const std::size_t n = weight.size();
  IntegerNetwork network{
      .layers = {{.incoming = {.n_sources = n, .n_targets = 1, .weight = std::move(weight)},
                  .model = model,
                  .parameters = {.leak = {leak}, .threshold = {threshold}, .bias = {bias}}}}};
  network.layers.front().model.membrane = signed_range(32);
  return network;
}

// Runs everything within registers that hold just the bounds: nothing may overflow.
Seen require_bounded(IntegerNetwork network) {
  const LayerBounds bounds = register_bounds(network).front();
  CHECK(bounds.fits);
  IntegerModel& model = network.layers.front().model;
  model.membrane = {bounds.membrane.lowest, bounds.membrane.highest};
  if (model.current) {
    model.current->range.lowest = bounds.current.lowest;
    model.current->range.highest = bounds.current.highest;
  }
  CHECK(overflow_impossible(network));
  Overflows overflows;
  const Seen seen = everything(network, overflows);
  CHECK(overflows == Overflows{});
  CHECK(seen.n_spikes > 0);
  --model.membrane.highest;
  CHECK_FALSE(overflow_impossible(network));
  return seen;
}

}  // namespace

TEST_CASE("no input takes registers beyond their bounds, whatever leaks, compares and resets") {
  for (const Rounding rounding : {Rounding::floor, Rounding::toward_zero, Rounding::nearest_even})
    for (const Comparison comparison : {Comparison::greater, Comparison::greater_equal})
      for (const ResetTo reset : {ResetTo::zero, ResetTo::subtract})
        for (const ResetTime reset_time : {ResetTime::at_once, ResetTime::next_update})
          for (const std::int32_t threshold : {1, 6, 20}) {
            IntegerModel model{.leak_bits = 3,
                               .leak_rounding = rounding,
                               .comparison = comparison,
                               .reset = reset,
                               .reset_time = reset_time};
            require_bounded(one_layer({5, -7, 9}, model, 7, threshold));
            require_bounded(one_layer({5, -7, 9}, model, 0, threshold, 8));
            model.leak = Leak::linear;
            // With its threshold the leak takes at least the 13 that can arrive.
            require_bounded(one_layer({5, -2, 9}, model, 13 - std::min(threshold, 10), threshold, -1));
            model.current =
                IntegerCurrent{.factor = 5, .bits = 3, .rounding = rounding, .range = signed_range(32)};
            model.input_shift = 2;
            require_bounded(one_layer({3, -1}, model, 32, threshold, 1));
          }
}

TEST_CASE("bounds are reached: a sum that leaks by an eighth, caught by a reset or not") {
  const IntegerModel model{.leak_bits = 3, .leak_rounding = Rounding::toward_zero};
  const IntegerNetwork network = one_layer({5, -7, 9}, model, 7, 20);
  const LayerBounds bounds = register_bounds(network).front();
  // Down: of -49 seven eighths are -42.875, toward zero -42, and 7 more go. Up: 20 does not fire, 17 are left
  // of it, and 14 arrive. -49 comes about, and 30 of the 31, for no sums of these weights leave just 20.
  CHECK(bounds.membrane == RegisterBounds{-49, 31});
  Overflows overflows;
  const Seen seen = everything(network, overflows);
  CHECK(seen.membrane.lowest == -49);
  CHECK(seen.membrane.highest >= 30);
}

TEST_CASE("a neuron without leak is bounded above by its resets and below not at all") {
  const IntegerModel model{.leak = Leak::none, .reset = ResetTo::subtract};
  const LayerBounds excited = register_bounds(one_layer({5, 4}, model, 0, 10)).front();
  CHECK(excited.membrane == RegisterBounds{0, 19});  // 10 + 9
  CHECK(excited.fits);
  const LayerBounds flooded = register_bounds(one_layer({5, 6}, model, 0, 10)).front();
  CHECK(flooded.membrane == RegisterBounds{0, unbounded});  // 11 arrive and 10 go
  CHECK_FALSE(flooded.fits);
  const LayerBounds inhibited = register_bounds(one_layer({5, -4}, model, 0, 10)).front();
  CHECK(inhibited.membrane == RegisterBounds{-unbounded, 15});
  CHECK_FALSE(inhibited.fits);
}

TEST_CASE("constant sums and delays count in bounds") {
  const IntegerModel model{.leak_bits = 3};
  IntegerNetwork network = one_layer({-3, -2, 0}, model, 0, 100);
  network.layers[0].incoming.exponent = -2;
  CHECK(register_bounds(network).front().membrane == RegisterBounds{-2, 0});  // floor(-5 / 4)
  network.layers[0].incoming.delay = {0, 1, 2};
  CHECK(register_bounds(network).front().membrane == RegisterBounds{-2, 0});  // floor(-3 / 4) + floor(-2 / 4)
  network.layers[0].incoming.exponent = -4;
  CHECK(register_bounds(network).front().membrane == RegisterBounds{-2, 0});  // -1 and -1, not floor(-5 / 16)
  const std::vector<std::int32_t> sums{10};
  CHECK(register_bounds(network, sums).front().membrane == RegisterBounds{-12, 10});
  const std::vector<std::int32_t> two{10, 10};
  CHECK_THROWS_AS(register_bounds(network, two), std::invalid_argument);
}

TEST_CASE("Loihi's current is bounded by all its weights over what it forgets in a step") {
  const LoihiNeurons neurons{.du = 1023, .dv = 500, .vth = 50, .bias_mant = {-7}};
  IntegerNetwork network{.layers = {{.incoming = {.n_sources = 3, .n_targets = 1, .weight = {100, -60, 28}},
                                     .model = loihi_model(neurons.du),
                                     .parameters = loihi_parameters(neurons, 1, "test")}}};
  const LayerBounds bounds = register_bounds(network).front();
  CHECK(bounds.current.highest <= 64 * 128 * 4);
  CHECK(bounds.current.highest > 64 * 128 * 4 - 4);
  CHECK(bounds.current.lowest >= -64 * 60 * 4);
  CHECK(bounds.membrane.highest == 50 * 64 * 3596 / 4096 + bounds.current.highest - 7 * 64);
  CHECK(bounds.fits);
  Overflows overflows;
  const Seen seen = everything(network, overflows);
  CHECK(overflows == Overflows{});
  CHECK(seen.current.highest == bounds.current.highest);
  CHECK(seen.current.lowest == bounds.current.lowest);
  CHECK(seen.membrane.lowest == bounds.membrane.lowest);
  network.layers[0].model = loihi_model(0);  // forgets 1 / 4096: 64 * 128 * 4096 = 2^25
  CHECK_FALSE(overflow_impossible(network));
}

TEST_CASE("where spikes arrive one by one, no order of them goes beyond the bounds") {
  for (const ResetTo reset : {ResetTo::zero, ResetTo::subtract})
    for (const std::int32_t threshold : {4, 11}) {
      IntegerNetwork network = one_layer(
          {5, -7, 9}, {.leak = Leak::linear, .comparison = Comparison::greater_equal, .reset = reset}, 10,
          threshold);
      network.order = SpikeOrder::one_by_one;
      network.layers[0].parameters.bias.clear();
      const Seen seen = require_bounded(network);
      if (reset == ResetTo::zero) CHECK(seen.membrane.highest <= threshold - 1 + 9);
    }
}

TEST_CASE("a neuron that can fire twice in a step can inhibit its targets twice") {
  // The first layer fires at 5 and at 5 again, of two weights of 5.
  IntegerNetwork network =
      one_layer({5, 5}, {.leak = Leak::linear, .comparison = Comparison::greater_equal}, 100, 5);
  network.layers[0].parameters.bias.clear();
  network.layers.push_back(network.layers[0]);
  network.layers[1].incoming = {.n_sources = 1, .n_targets = 1, .weight = {-3}};
  network.order = SpikeOrder::one_by_one;
  CHECK(register_bounds(network)[1].membrane == RegisterBounds{-6, 0});
  Emulator emulator(network);
  struct Lowest : EmulationListener {
    std::int32_t membrane = 0;
    void on_step(std::size_t layer, sim::Step /*step*/, std::span<const std::uint32_t> /*fired*/,
                 const IntegerNeurons& neurons) override {
      if (layer == 1) membrane = std::min(membrane, neurons.membrane()[0]);
    }
  } lowest;
  const sim::SpikeTrains spikes{.begin = {0, 2}, .neuron = {0, 1}};
  emulator.run({.spikes = &spikes}, 1, lowest);
  CHECK(lowest.membrane == -6);
}
