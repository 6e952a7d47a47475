// Two engines, one answer: both against each other and against the layer-by-layer reference.
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "reference.hpp"
#include "sim/event_engine.hpp"
#include "sim/simulate.hpp"

using namespace loci::sim;

namespace {

struct Run {
  Raster raster;
  std::vector<std::vector<std::uint32_t>> output_counts;
  SimulationCounts counts;
};

Run run(const Case& c, Engine engine, std::uint32_t n_samples = 2) {
  const auto parameters = random_parameters(c);
  const auto graph = build_spatial_graph(c.network, parameters, c.options);
  LayeredSimulation simulation(c.network, parameters, graph, engine, c.n_steps, c.options.step_ms);
  Run result;
  RasterRecorder recorder(result.raster);
  for (std::uint32_t sample = 0; sample < n_samples; ++sample) {
    recorder.begin_sample(sample * simulation.sample_duration_ms());
    result.output_counts.push_back(
        simulation.run(random_image(c.network.sizes[0], sample), c.encoder, sample, recorder).output_counts);
  }
  result.counts = simulation.counts();
  return result;
}

// Both engines and the reference agree on every spike and every output count. Returns the number of spikes
// after the input layer; the output layer fired among them.
std::size_t check_agreement(const Case& c) {
  INFO(c.name);
  const Run clock = run(c, Engine::clock);
  const Run event = run(c, Engine::event);
  const auto parameters = random_parameters(c);
  const double duration = static_cast<double>(c.n_steps + c.network.n_connections()) * c.options.step_ms;
  Raster expected;
  for (std::uint32_t sample = 0; sample < 2; ++sample) {
    const auto reference =
        reference_simulation(c, parameters, random_image(c.network.sizes[0], sample), sample);
    for (std::size_t k = 0; k < reference.raster.size(); ++k)
      expected.append(sample * duration + reference.raster.time_ms[k],
                      std::span(&reference.raster.neuron[k], 1));
    CHECK(clock.output_counts[sample] == reference.output_counts);
    CHECK(event.output_counts[sample] == reference.output_counts);
  }
  CHECK(clock.raster == expected);
  CHECK(event.raster == expected);
  CHECK(clock.counts.spikes == expected.size());
  CHECK(event.counts.spikes == clock.counts.spikes);
  CHECK(event.counts.synaptic_events == clock.counts.synaptic_events);
  CHECK(event.counts.dropped_events == clock.counts.dropped_events);
  CHECK(event.counts.neuron_updates <= clock.counts.neuron_updates);
  std::size_t n_inner = 0;
  std::size_t n_output = 0;
  for (const NeuronId spike : expected.neuron) n_inner += index_of(spike) >= c.network.sizes[0];
  for (const auto& counts : clock.output_counts)
    n_output += std::accumulate(counts.begin(), counts.end(), 0U);
  CHECK(n_output > 0);
  return n_inner;
}

NetworkDescription spatial(std::vector<std::size_t> sizes, std::size_t dims, double scale) {
  NetworkDescription network{.sizes = std::move(sizes), .dims = dims};
  network.weight_scale.assign(network.n_connections(), scale);
  return network;
}

NetworkDescription with(NetworkDescription network, auto change) {
  change(network);
  return network;
}

const Encoder constant{};
const Encoder bernoulli{.encoding = Encoding::bernoulli, .seed = 31};
const Encoder latency{.encoding = Encoding::latency};

}  // namespace

TEST_CASE("both engines and the layer-wise reference agree for every reset, delay flag and encoding") {
  for (const Reset reset : {Reset::subtract, Reset::zero, Reset::none}) {
    for (const bool reset_delay : {true, false}) {
      for (const Encoder& encoder : {constant, bernoulli, latency}) {
        auto network = spatial({40, 60, 20}, 3, 1.0);
        network.lif[0].reset = reset;
        network.lif[0].reset_delay = reset_delay;
        CHECK(
            check_agreement({.name = std::string(name_of(reset)) + (reset_delay ? " later, " : " at once, ") +
                                     std::string(name_of(encoder.encoding)),
                             .network = network,
                             .encoder = encoder}) > 100);
      }
    }
  }
}

TEST_CASE("both engines and the reference agree for every kind of network") {
  const auto base = spatial({40, 60, 10}, 3, 1.0);
  const auto relaxed = [](auto& n) { n.layer_distance = LayerDistance::relaxed; };
  const auto balanced = [](auto& n) { n.balanced = true; };
  const auto fixed = [](auto& n) { n.layer_distance = LayerDistance::fixed; };
  const NetworkDescription dense{.sizes = {40, 30, 10}, .wiring = Wiring::dense, .lif = {{.threshold = 0.1}}};
  for (const Encoder& encoder : {constant, bernoulli, latency}) {
    CHECK(check_agreement({"8-D", spatial({60, 40, 10}, 8, 2.5), {}, encoder}) > 100);
    CHECK(check_agreement({"relaxed", with(base, relaxed), {}, encoder}) > 100);
    CHECK(check_agreement({"balanced", with(base, balanced), {}, encoder}) > 50);
    CHECK(check_agreement({"fixed gap", with(base, fixed), {}, encoder}) > 100);
    CHECK(check_agreement({"dense", dense, {}, encoder}) > 100);
  }
}

TEST_CASE("both engines and the reference agree on deep networks with a neuron model for each layer") {
  auto network = spatial({40, 30, 20, 15, 8}, 4, 0.6);
  network.lif = {{.beta = 0.9, .threshold = 0.7},
                 {.beta = 1.0, .reset = Reset::zero},
                 {.beta = 0.0, .threshold = 0.3, .reset = Reset::none},
                 {.beta = 0.5, .threshold = 0.4, .reset_delay = false}};
  for (const Encoder& encoder : {constant, bernoulli, latency})
    CHECK(check_agreement({"deep", network, {}, encoder, 40}) > 200);
}

TEST_CASE("both engines and the reference agree for neurons without leak and without memory") {
  for (const double beta : {0.0, 1.0}) {
    auto network = spatial({40, 30, 10}, 3, 2.0);
    network.lif[0].beta = beta;
    network.lif[0].threshold = 0.5;
    for (const Encoder& encoder : {constant, bernoulli, latency})
      CHECK(check_agreement({"beta " + std::to_string(beta), network, {}, encoder}) > 50);
  }
}

TEST_CASE(
    "both engines and the reference agree with delays that differ from edge to edge, and with culled edges") {
  const auto network = spatial({40, 30, 20, 10}, 3, 2.0);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const Encoder& encoder : {constant, bernoulli, latency}) {
    CHECK(check_agreement({"delays", network, {.velocity = 0.5}, encoder}) > 100);
    CHECK(check_agreement({"short steps", network, {.velocity = 2.0, .step_ms = 0.1}, encoder, 60}) > 100);
    CHECK(check_agreement({"culled", network, {.cutoff = 3.0}, encoder}) > 100);
    CHECK(check_agreement({"culled, delays", network, {.cutoff = 3.0, .velocity = 0.3}, encoder}) > 50);
    CHECK(check_agreement({"no space", network, {.cutoff = infinity, .velocity = infinity}, encoder}) > 100);
  }
}

TEST_CASE("both engines and the reference agree on tens of thousands of spikes with long gaps between them") {
  auto network = spatial({100, 200, 50}, 3, 0.3);
  network.lif[0] = {.beta = 0.98, .threshold = 1.0};
  const std::size_t n_spikes = check_agreement({"long", network, {.velocity = 0.2}, constant, 1000});
  CHECK(n_spikes > 10'000);
}

TEST_CASE("spikes that would come after their target's time are dropped and counted") {
  const auto network = spatial({40, 30, 10}, 3, 2.0);
  const Run slow = run({"slow", network, {.velocity = 0.05}, bernoulli}, Engine::event);
  CHECK(slow.counts.dropped_events > 0);
  CHECK(slow.counts.spikes > 0);
  const Run prompt = run({"prompt", network, {}, bernoulli}, Engine::event);
  CHECK(prompt.counts.dropped_events == 0);
  // Every spike but the output's reaches every neuron of the next layer.
  std::uint64_t deliveries = 0;
  for (const NeuronId spike : prompt.raster.neuron)
    deliveries += index_of(spike) < 40 ? 30 : index_of(spike) < 70 ? 10 : 0;
  CHECK(prompt.counts.synaptic_events == deliveries);
}

TEST_CASE("a simulation repeats itself to the bit, and a sample does not depend on those before it") {
  const Case c{"repeat", spatial({40, 30, 10}, 3, 1.5), {.velocity = 1.0}, bernoulli};
  for (const Engine engine : {Engine::clock, Engine::event}) {
    const Run first = run(c, engine);
    REQUIRE(first.raster.size() > 100);
    CHECK(run(c, engine).raster == first.raster);
    const auto parameters = random_parameters(c);
    const auto graph = build_spatial_graph(c.network, parameters, c.options);
    LayeredSimulation fresh(c.network, parameters, graph, engine, c.n_steps);
    NullRecorder nothing;
    CHECK(fresh.run(random_image(40, 1), c.encoder, 1, nothing).output_counts == first.output_counts[1]);
  }
}

TEST_CASE("a silent network costs the event engine nothing, however long, and the clock engine every step") {
  // A current of 0.04 settles at 0.04 / 0.05 = 0.8 and never fires.
  const NetworkDescription network{.sizes = {1, 1, 1}, .wiring = Wiring::dense};
  Parameters parameters(network);
  parameters.group("bias", 1)[0] = 0.04F;
  const auto graph = build_spatial_graph(network, parameters);
  NullRecorder nothing;
  for (const std::size_t n_steps : {1000U, 2000U}) {
    LayeredSimulation clock(network, parameters, graph, Engine::clock, n_steps);
    LayeredSimulation event(network, parameters, graph, Engine::event, n_steps);
    clock.run(std::vector<std::uint8_t>{0}, constant, 0, nothing);
    event.run(std::vector<std::uint8_t>{0}, constant, 0, nothing);
    CHECK(clock.counts().neuron_updates == 2 * n_steps);
    CHECK(event.counts().neuron_updates == 0);
  }
}

namespace {

class CountingListener final : public SpikeListener {
 public:
  void on_spikes(Step, std::span<const NeuronId> spikes) override { n_spikes += spikes.size(); }
  std::size_t n_spikes = 0;
};

// A burst of input in the first ten steps and silence after it.
SimulationCounts event_counts_after_burst(Step n_steps) {
  const Case c{"burst", spatial({40, 30, 10}, 3, 2.0)};
  const Parameters parameters = initialise(c.network, {.seed = 21});
  const auto graph = build_spatial_graph(c.network, parameters);
  SpikeTrains trains;
  encode(bernoulli, random_image(40, 0), 10, 0, 0, trains);
  trains.begin.resize(n_steps + 1, trains.begin.back());
  const std::vector<double> no_current(graph.n_neurons(), 0.0);
  EventEngine engine(LayeredModel(c.network, graph, n_steps));
  CountingListener listener;
  engine.run({no_current, &trains}, listener);
  CHECK(engine.counts().spikes == listener.n_spikes);
  return engine.counts();
}

}  // namespace

TEST_CASE("silence after a burst adds no work to the event engine") {
  const SimulationCounts short_silence = event_counts_after_burst(500);
  CHECK(short_silence.spikes > 100);
  CHECK(event_counts_after_burst(50'000) == short_silence);
}

TEST_CASE("a neuron under constant current costs the event engine one update a spike") {
  // 0.3, 0.585, ...: U[n] = 6 (1 - 0.95^n) passes 1 at n = 4, and some four steps later each time.
  const NetworkDescription network{.sizes = {1, 1}, .wiring = Wiring::dense};
  Parameters parameters(network);
  parameters.group("bias", 1)[0] = 0.3F;
  const auto graph = build_spatial_graph(network, parameters);
  LayeredSimulation simulation(network, parameters, graph, Engine::event, 100);
  NullRecorder nothing;
  simulation.run(std::vector<std::uint8_t>{0}, constant, 0, nothing);
  CHECK(simulation.counts().spikes > 20);
  CHECK(simulation.counts().neuron_updates == simulation.counts().spikes);
  CHECK(simulation.counts().predictions <= simulation.counts().spikes + 1);
}
