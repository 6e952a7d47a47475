// Membranes worked out from recorded spikes: by hand for a network of three neurons, and for a larger one by
// the spikes that follow from them.
#include "sim/membranes.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sim/simulate.hpp"

using namespace loci;

namespace {

// Dense 1-1-1 with weights 0.75 and 2 and no biases.
struct Chain {
  sim::NetworkDescription network{
      .sizes = {1, 1, 1}, .wiring = sim::Wiring::dense, .lif = {{.beta = 0.5, .threshold = 1.0}}};
  sim::Parameters parameters{network};

  Chain() {
    parameters.group("weight", 0)[0] = 0.75F;
    parameters.group("weight", 1)[0] = 2.0F;
  }
};

}  // namespace

TEST_CASE("membranes of a chain under a constant current are those worked out by hand") {
  const Chain chain;
  const auto graph = sim::build_spatial_graph(chain.network, chain.parameters);
  sim::LayeredSimulation simulation(chain.network, chain.parameters, graph, sim::Engine::clock, 4);
  sim::Raster spikes;
  sim::RasterRecorder recorder(spikes);
  const std::vector<std::uint8_t> pixels{255};
  (void)simulation.run(pixels, {.encoding = sim::Encoding::constant}, 0, recorder);
  const std::vector<sim::Vertex> neurons{1, 2};
  const auto membranes = sim::membranes_of(chain.network, chain.parameters, graph,
                                           {.spikes = spikes, .pixels = pixels, .n_steps = 4}, neurons);
  // The first: steps 1 to 4 of the grid, 0.75, 0.375 + 0.75 = 1.125 (fires), 0.5625 + 0.75 - 1 = 0.3125,
  // 0.15625 + 0.75 = 0.90625. The second hears of the spike one step later: 2 (fires), then 1 - 1 = 0.
  const std::vector<double> expected{0,    0,  // the input's step
                                     0.75, 0, 1.125, 0, 0.3125, 2, 0.90625, 0, 0.90625, 0};
  REQUIRE(spikes.size() == 2);
  CHECK(membranes == expected);
}

TEST_CASE("the spikes that follow from the membranes are those that were recorded") {
  const bool constant = GENERATE(true, false);
  const double velocity = GENERATE(std::numeric_limits<double>::infinity(), 0.7);
  const sim::NetworkDescription network{
      .sizes = {20, 30, 5}, .dims = 3, .weight_scale = {0.3, 0.2}, .lif = {{.beta = 0.9}}};
  auto parameters = sim::initialise(network, {.seed = 3});
  for (std::size_t l = 0; l < 2; ++l)  // a third inhibits
    for (std::size_t i = 0; i < network.sizes[l]; ++i)
      parameters.group("inhibition", l)[i] = i % 3 == 0 ? -1.0F : 1.0F;
  const sim::GraphOptions options{.velocity = velocity};
  const auto graph = sim::build_spatial_graph(network, parameters, options);
  constexpr std::size_t n_steps = 15;
  sim::LayeredSimulation simulation(network, parameters, graph, sim::Engine::clock, n_steps);
  sim::Raster spikes;
  sim::RasterRecorder recorder(spikes);
  std::vector<std::uint8_t> pixels(20);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(12 * i);
  const sim::Encoder encoder{.encoding = constant ? sim::Encoding::constant : sim::Encoding::bernoulli,
                             .seed = 1};
  (void)simulation.run(pixels, encoder, 0, recorder);

  std::vector<sim::Vertex> neurons;
  for (sim::Vertex n = 20; n < 55; ++n) neurons.push_back(n);
  const sim::RecordedSample sample{
      .spikes = spikes,
      .pixels = constant ? std::span<const std::uint8_t>(pixels) : std::span<const std::uint8_t>(),
      .n_steps = n_steps};
  const auto membranes = sim::membranes_of(network, parameters, graph, sample, neurons);
  sim::Raster expected;
  for (std::size_t s = 0; s < spikes.size(); ++s)
    if (index_of(spikes.neuron[s]) >= 20) expected.append(spikes.time_ms[s], {&spikes.neuron[s], 1});
  sim::Raster found;
  for (std::size_t t = 0; t < membranes.size() / neurons.size(); ++t)
    for (std::size_t k = 0; k < neurons.size(); ++k) {
      const std::size_t layer = neurons[k] < 50 ? 1 : 2;
      const bool active = t >= layer && t < layer + n_steps;
      const sim::NeuronId id{neurons[k]};
      if (active && membranes[t * neurons.size() + k] > 1.0)
        found.append(static_cast<double>(t) + 1.0, {&id, 1});
    }
  REQUIRE(expected.size() > 20);
  REQUIRE(std::ranges::any_of(expected.neuron, [](sim::NeuronId n) { return index_of(n) >= 50; }));
  CHECK(found == expected);
}
