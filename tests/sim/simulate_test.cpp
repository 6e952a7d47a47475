// Off-by-one traps: tiny networks whose spikes are worked out by hand.
#include "sim/simulate.hpp"

#include <catch2/catch.hpp>

#include "sim/error.hpp"

using namespace loci;
using namespace loci::sim;

namespace {

using Image = std::vector<std::uint8_t>;
using Times = std::vector<double>;

Times times_of(const Raster& raster, std::uint32_t neuron) {
  Times times;
  for (std::size_t k = 0; k < raster.size(); ++k)
    if (raster.neuron[k] == NeuronId{neuron}) times.push_back(raster.time_ms[k]);
  return times;
}

// One neuron a layer; memoryless, so that a neuron fires in a step exactly when its input exceeds 1.
struct Chain {
  NetworkDescription network{
      .sizes = {1, 1, 1}, .wiring = Wiring::dense, .lif = {{.beta = 0.0, .reset = Reset::none}}};
  Parameters parameters{network};

  Chain() {
    parameters.group("weight", 0)[0] = 2.0F;
    parameters.group("weight", 1)[0] = 2.0F;
  }
};

}  // namespace

TEST_CASE("each layer fires one step after the layer before it and for its own n_steps steps") {
  const Chain chain;
  const auto graph = build_spatial_graph(chain.network, chain.parameters);
  for (const Engine engine : {Engine::clock, Engine::event}) {
    LayeredSimulation simulation(chain.network, chain.parameters, graph, engine, 3, 0.5);
    CHECK(simulation.sample_duration_ms() == 2.5);  // 3 steps and a latency of 2, at 0.5 ms
    Raster raster;
    RasterRecorder recorder(raster);
    const SampleResult result = simulation.run(Image{255}, {.encoding = Encoding::bernoulli}, 0, recorder);
    // A spike happens at the end of its step: steps 0, 1, 2 of the input, 1, 2, 3 of the next layer, 2, 3, 4
    // of the last.
    CHECK(times_of(raster, 0) == Times{0.5, 1.0, 1.5});
    CHECK(times_of(raster, 1) == Times{1.0, 1.5, 2.0});
    CHECK(times_of(raster, 2) == Times{1.5, 2.0, 2.5});
    CHECK(result.output_counts == std::vector<std::uint32_t>{3});
    CHECK(simulation.counts().synaptic_events == 6);
    CHECK(simulation.counts().dropped_events == 0);
  }
}

TEST_CASE("a constant image drives the first spiking layer at the same steps and is no spike itself") {
  const Chain chain;
  const auto graph = build_spatial_graph(chain.network, chain.parameters);
  for (const Engine engine : {Engine::clock, Engine::event}) {
    LayeredSimulation simulation(chain.network, chain.parameters, graph, engine, 3);
    Raster raster;
    RasterRecorder recorder(raster);
    simulation.run(Image{255}, {}, 0, recorder);
    CHECK(times_of(raster, 0).empty());
    CHECK(times_of(raster, 1) == Times{2.0, 3.0, 4.0});
    CHECK(times_of(raster, 2) == Times{3.0, 4.0, 5.0});
  }
}

TEST_CASE("a bias flows only during its layer's own steps") {
  Chain chain;
  chain.parameters.group("bias", 2)[0] = 1.5F;
  const auto graph = build_spatial_graph(chain.network, chain.parameters);
  for (const Engine engine : {Engine::clock, Engine::event}) {
    LayeredSimulation simulation(chain.network, chain.parameters, graph, engine, 4);
    Raster raster;
    RasterRecorder recorder(raster);
    CHECK(simulation.run(Image{0}, {}, 0, recorder).output_counts == std::vector<std::uint32_t>{4});
    CHECK(times_of(raster, 2) == Times{3.0, 4.0, 5.0, 6.0});
  }
}

TEST_CASE("a spike needs distance over velocity longer") {
  // Input at 0, output at 3 in the learned coordinate, gap 4: distance 5. At 2 units per ms 2.5 ms, at 0.5 ms
  // steps 5 steps.
  const NetworkDescription network{
      .sizes = {1, 1}, .dims = 2, .weight_scale = {20.0}, .lif = {{.beta = 0.0, .reset = Reset::none}}};
  Parameters parameters(network);
  parameters.group("position", 1)[0] = 3.0F;
  parameters.group("gap", 0)[0] = 4.0F;
  parameters.group("inhibition", 0)[0] = 1.0F;  // weight 20 tanh(5) / 5 = 4
  const auto graph = build_spatial_graph(network, parameters, {.velocity = 2.0, .step_ms = 0.5});
  for (const Engine engine : {Engine::clock, Engine::event}) {
    LayeredSimulation simulation(network, parameters, graph, engine, 8, 0.5);
    Raster raster;
    RasterRecorder recorder(raster);
    simulation.run(Image{255}, {.encoding = Encoding::latency}, 0, recorder);
    CHECK(times_of(raster, 0) == Times{0.5});
    CHECK(times_of(raster, 1) == Times{3.5});  // step 0 + 1 + 5, its end
    LayeredSimulation short_window(network, parameters, graph, engine, 5, 0.5);
    Raster silent;
    RasterRecorder silent_recorder(silent);
    short_window.run(Image{255}, {.encoding = Encoding::latency}, 0, silent_recorder);
    CHECK(times_of(silent, 1).empty());
    CHECK(short_window.counts().dropped_events == 1);
  }
}

TEST_CASE("the prediction is the first output neuron with the most spikes") {
  const NetworkDescription network{
      .sizes = {1, 4}, .wiring = Wiring::dense, .lif = {{.beta = 1.0, .reset = Reset::subtract}}};
  Parameters parameters(network);
  const float currents[] = {0.3F, 0.7F, 0.7F, 0.1F};
  std::ranges::copy(currents, parameters.group("bias", 1).begin());
  const auto graph = build_spatial_graph(network, parameters);
  LayeredSimulation simulation(network, parameters, graph, Engine::event, 10);
  NullRecorder nothing;
  const SampleResult result = simulation.run(Image{0}, {}, 0, nothing);
  CHECK(result.output_counts[1] > result.output_counts[0]);
  CHECK(result.output_counts[1] == result.output_counts[2]);
  CHECK(result.predicted == 1);
}

TEST_CASE("what cannot be simulated is refused") {
  const Chain chain;
  const auto graph = build_spatial_graph(chain.network, chain.parameters);
  NullRecorder nothing;
  CHECK_THROWS_AS(LayeredSimulation(chain.network, chain.parameters, graph, Engine::clock, 0), InputError);
  CHECK_THROWS_AS(LayeredSimulation(chain.network, chain.parameters, graph, Engine::clock, 2'000'000'000),
                  InputError);
  CHECK_THROWS_AS(LayeredSimulation(chain.network, chain.parameters, graph, Engine::clock, 5, 0.0),
                  InputError);
  LayeredSimulation simulation(chain.network, chain.parameters, graph, Engine::clock, 5);
  CHECK_THROWS_AS(simulation.run(Image{0, 0}, {}, 0, nothing), InputError);

  const NetworkDescription spatial{.sizes = {2, 2}};
  const Parameters parameters = initialise(spatial, {});
  const auto delayed = build_spatial_graph(spatial, parameters, {.velocity = 1.0, .step_ms = 0.5});
  CHECK_THROWS_WITH(LayeredSimulation(spatial, parameters, delayed, Engine::clock, 5, 1.0),
                    Catch::Contains("another step"));
}

TEST_CASE("engines have names") {
  for (const Engine engine : {Engine::clock, Engine::event})
    CHECK(parse_engine(std::string(name_of(engine)), "engine") == engine);
  CHECK_THROWS_AS(parse_engine("steam", "engine"), InputError);
}
