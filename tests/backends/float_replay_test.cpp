#include "backends/float_replay.hpp"

#include <catch2/catch.hpp>

#include "export_networks.hpp"
#include "sim/clock_engine.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

// Spikes by layer and own step, as the clock engine tells them.
class ByLayer final : public sim::SpikeListener {
 public:
  ByLayer(const sim::SpatialGraph& graph, std::size_t n_steps)
      : graph_(graph), spikes(graph.n_layers(), std::vector<std::vector<std::uint32_t>>(n_steps)) {}

  void on_spikes(sim::Step step, std::span<const sim::NeuronId> ids) override {
    for (const sim::NeuronId id : ids) {
      const std::size_t layer = graph_.layer_of(index_of(id));
      spikes[layer][step - layer].push_back(index_of(id) - graph_.layer_begin(layer));
    }
  }

 private:
  const sim::SpatialGraph& graph_;

 public:
  std::vector<std::vector<std::vector<std::uint32_t>>> spikes;
};

void check_same(const ByLayer& engine, const LayerTrains& replay, std::size_t n_steps) {
  for (std::size_t l = 0; l < replay.size(); ++l) {
    REQUIRE(replay[l].neuron.size() > 10);  // silent layers agree about everything
    for (std::size_t step = 0; step < n_steps; ++step) {
      const auto spikes = replay[l].at(step);
      REQUIRE(std::vector(spikes.begin(), spikes.end()) == engine.spikes[l + 1][step]);
    }
  }
}

}  // namespace

TEST_CASE("the replay is the clock engine, spike for spike, for every reset and with delays") {
  constexpr sim::Step n_steps = 40;
  for (const sim::Reset reset : {sim::Reset::subtract, sim::Reset::zero, sim::Reset::none})
    for (const bool reset_delay : {true, false})
      for (const double velocity : {std::numeric_limits<double>::infinity(), 0.7}) {
        sim::NetworkDescription description{
            .sizes = {30, 20, 10}, .dims = 3, .weight_scale = {1.2, 1.5}, .balanced = true};
        description.lif = {{.beta = 0.9, .reset = reset, .reset_delay = reset_delay}};
        const sim::Parameters parameters = sim::initialise(description, {.spread = 2.0, .seed = 5});
        const sim::GraphOptions options{.velocity = velocity};
        const auto graph = sim::build_spatial_graph(description, parameters, options);
        const FloatNetwork network = float_network(description, parameters, options);
        CAPTURE(name_of(reset), reset_delay, velocity);
        CHECK((count_edges(network.layers[0]).longest_delay > 0) == (velocity < 1.0));

        std::vector<float> values(30);
        sim::fill_uniform(values, 0.0F, 255.0F, 3, sim::Stream::test, 0);
        const std::vector<std::uint8_t> pixels(values.begin(), values.end());
        sim::SpikeTrains trains;
        sim::encode({.encoding = sim::Encoding::bernoulli, .seed = 1}, pixels, n_steps, 0, 0, trains);

        std::vector<double> currents(60, 0.0);
        sim::ClockEngine engine(sim::LayeredModel(description, graph, n_steps));
        ByLayer expected(graph, n_steps);
        engine.run({.current = currents, .spikes = &trains}, expected);
        LayerTrains spikes;
        FloatReplay(network).run({.spikes = &trains}, n_steps, spikes);
        check_same(expected, spikes, n_steps);
      }
}

TEST_CASE("constant currents are the image times the weights, and replayed as sim runs them") {
  constexpr sim::Step n_steps = 25;
  const auto trained = small::dense({12, 15, 5}, {}, 4, 0.5);
  const FloatNetwork network = small::network_of(trained);
  std::vector<std::uint8_t> pixels(12, 0);
  pixels[3] = 255;
  pixels[7] = 51;
  const std::vector<double> currents = first_layer_currents(network, pixels);
  const FloatLayer& first = network.layers.front();
  for (std::size_t j = 0; j < 15; ++j)
    CHECK(currents[j] ==
          Approx(first.bias[j] + first.weight[3 * 15 + j] + 0.2 * first.weight[7 * 15 + j]).margin(1e-12));

  const auto graph = sim::build_spatial_graph(trained.description, trained.parameters);
  sim::ClockEngine engine(sim::LayeredModel(trained.description, graph, n_steps));
  std::vector<double> all(12, 0.0);
  all.insert(all.end(), currents.begin(), currents.end());
  all.insert(all.end(), network.layers[1].bias.begin(), network.layers[1].bias.end());
  ByLayer expected(graph, n_steps);
  engine.run({.current = all}, expected);
  LayerTrains spikes;
  FloatReplay(network).run({.currents = currents}, n_steps, spikes);
  check_same(expected, spikes, n_steps);
}

TEST_CASE("edges are counted into neurons, out of sources and in all") {
  const FloatLayer layer{
      .n_sources = 2, .n_targets = 3, .weight = {1, 0, 2, 3, 0, 0}, .delay = {0, 0, 4, 1, 0, 0}};
  const EdgeCounts counts = count_edges(layer);
  CHECK(counts.fan_in == 2);
  CHECK(counts.fan_out == 2);
  CHECK(counts.total == 3);
  CHECK(counts.longest_delay == 4);
}
