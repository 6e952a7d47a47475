// Networks as NIR graphs and back: the same spikes, and what is lost is said.
#include "backends/nir_export.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "backends/nir_import.hpp"
#include "nir_support.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using namespace test;
using Catch::Contains;

namespace {

sim::NetworkDescription spatial_network(sim::Lif lif = {}) {
  return {
      .sizes = {20, 16, 12, 5}, .dims = 4, .weight_scale = {0.4, 0.2, 0.2}, .balanced = true, .lif = {lif}};
}

// With biases that make some neurons of each layer fire.
sim::Parameters lively(const sim::NetworkDescription& network, std::uint64_t seed = 3) {
  auto parameters = sim::initialise(network, {.seed = seed});
  for (std::size_t l = 1; l < network.n_layers(); ++l) {
    const sim::Lif& lif = network.lif_of(l);
    const auto bias = parameters.group("bias", l);
    for (std::size_t i = 0; i < bias.size(); ++i)
      bias[i] =
          static_cast<float>(lif.threshold * (1.2 - lif.beta) * (0.5 + 0.5 * static_cast<double>(7 * i % 5)));
  }
  return parameters;
}

const PropertyFidelity& fidelity_of(const NirExport& exported, const std::string& property) {
  for (const auto& each : exported.fidelity)
    if (each.property == property) return each;
  throw std::out_of_range(property);
}

Numbers parameter(const NirGraph& graph, const std::string& node, const std::string& name) {
  return numbers_of(graph.nodes.at(node).parameters.at(name));
}

// There and back through a tree.
NirImport imported(const NirExport& exported, const NirImportOptions& options = {}) {
  return network_of(nir_from_tree(tree_of(exported.graph), "net.nir").graph, options, "net.nir");
}

void require_same_spikes(const sim::NetworkDescription& network, const NirExportOptions& options) {
  INFO("beta " << network.lif.front().beta << ", reset " << sim::name_of(network.lif.front().reset));
  const auto parameters = lively(network);
  const auto image = some_image(network.sizes.front());
  const Spikes before = spikes_of(network, parameters, image, 40);
  for (std::size_t layer = 1; layer < network.n_layers(); ++layer) REQUIRE(count_in(before, layer) > 2);
  const NirImport back = imported(nir_of(network, parameters, options, {}));
  CHECK(back.network.sizes == network.sizes);
  for (std::size_t layer = 1; layer < network.n_layers(); ++layer)
    CHECK(back.network.lif_of(layer) == network.lif_of(layer));
  CHECK(spikes_of(back.network, back.parameters, image, 40) == before);
}

}  // namespace

TEST_CASE("a network comes back from NIR with the same neurons and the same spikes") {
  for (const NirIntegrator integrator : {NirIntegrator::euler, NirIntegrator::exponential})
    for (const double dt : {1e-4, 1.0})
      for (const double beta : {0.95, 0.5, 1.0})
        for (const bool delay : {true, false})
          require_same_spikes(spatial_network({.beta = beta, .reset_delay = delay}),
                              {.integrator = integrator, .dt = dt});
  for (const sim::Reset reset : {sim::Reset::zero, sim::Reset::none, sim::Reset::subtract})
    require_same_spikes(spatial_network({.beta = 0.9, .threshold = 0.7, .reset = reset}), {});
  require_same_spikes(spatial_network({.beta = 0.0, .threshold = 0.1}), {});
}

TEST_CASE("layers of different neurons, pruned and culled networks come back, too") {
  auto network = spatial_network();
  network.lif = {{.beta = 0.8}, {.beta = 1.0, .threshold = 2.0}, {.beta = 0.95, .reset = sim::Reset::zero}};
  require_same_spikes(network, {});
  network = spatial_network();
  network.balanced = false;
  network.pruned = 0.5;
  network.cutoff = 3.0;
  require_same_spikes(network, {});
  require_same_spikes({.sizes = {20, 16, 5}, .wiring = sim::Wiring::dense, .lif = {{.threshold = 0.2}}}, {});
}

TEST_CASE("zeros stand where no edge is, and weights are (out, in)") {
  auto network = spatial_network();
  network.pruned = 0.4;
  const auto parameters = sim::initialise(network, {.seed = 2});
  const auto exported = nir_of(network, parameters, {}, {});
  const auto weights = sim::connection_weights(network, sim::in_double(network, parameters), 1);
  const auto edges = sim::connection_edges(network, sim::in_double(network, parameters), 1);
  const Numbers written = parameter(exported.graph, "affine2", "weight");
  REQUIRE(written.size() == 12 * 16);
  std::size_t n_zeros = 0;
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = 0; j < 12; ++j) {
      CHECK(written[j * 16 + i] == static_cast<double>(static_cast<float>(weights[i * 12 + j])));
      if (edges[i * 12 + j] == 0) {
        ++n_zeros;
        CHECK(written[j * 16 + i] == 0.0);
      }
    }
  CHECK(n_zeros == 76);  // floor(0.4 * 192)
  CHECK_THAT(fidelity_of(exported, "edges").note, Contains("zeros"));
}

TEST_CASE("time constants follow from decays as the integrator needs them, of each neuron in full") {
  const auto network = spatial_network({.beta = 0.9});
  const auto parameters = sim::initialise(network, {});
  const auto euler = nir_of(network, parameters, {.dt = 0.5, .time_unit = "ms"}, {}).graph;
  CHECK(euler.nodes.at("lif1").type == NirType::lif);
  CHECK(parameter(euler, "lif1", "tau") == Numbers(16, 5.0));
  CHECK(parameter(euler, "lif1", "r") == Numbers(16, 10.0));
  CHECK(parameter(euler, "lif1", "v_threshold") == Numbers(16, 1.0));
  CHECK(parameter(euler, "lif3", "v_leak") == Numbers(5, 0.0));
  CHECK(parameter(euler, "lif3", "v_reset") == Numbers(5, 0.0));
  CHECK(numbers_of(euler.metadata.arrays.at("dt")) == Numbers{0.5});
  CHECK(euler.metadata.arrays.at("time_unit") == word("ms"));
  const auto exponential =
      nir_of(network, parameters, {.integrator = NirIntegrator::exponential, .dt = 0.5}, {});
  CHECK(parameter(exponential.graph, "lif2", "tau").front() == Approx(-0.5 / std::log(0.9)).epsilon(1e-7));
  CHECK(exponential.graph.metadata.arrays.at("integrator") == word("exponential"));
  const auto perfect = nir_of(spatial_network({.beta = 1.0}), parameters, {.dt = 0.5}, {}).graph;
  CHECK(perfect.nodes.at("if1").type == NirType::integrate_fire);
  CHECK(parameter(perfect, "if1", "r") == Numbers(16, 2.0));
  CHECK_FALSE(perfect.nodes.at("if1").parameters.contains("tau"));
}

TEST_CASE("a reset that NIR cannot say is flagged and recorded") {
  const auto parameters = sim::initialise(spatial_network(), {});
  const auto subtract = nir_of(spatial_network(), parameters, {}, {});
  CHECK(fidelity_of(subtract, "reset").fidelity == Fidelity::not_representable);
  CHECK(subtract.graph.nodes.at("lif1").metadata.arrays.at("reset") == word("subtract"));
  CHECK(fidelity_of(subtract, "weights").fidelity == Fidelity::exact);
  CHECK(fidelity_of(subtract, "time step").fidelity == Fidelity::not_representable);
  const auto zero = nir_of(spatial_network({.reset = sim::Reset::zero}), parameters, {}, {});
  CHECK(fidelity_of(zero, "reset").fidelity == Fidelity::exact);
  const auto none = nir_of(spatial_network({.reset = sim::Reset::none}), parameters, {}, {});
  CHECK(fidelity_of(none, "reset").fidelity == Fidelity::not_representable);
}

TEST_CASE("linear nodes have no biases, which is flagged") {
  const auto network = spatial_network();
  const auto linear = nir_of(network, sim::initialise(network, {}), {.linear = true}, {});
  CHECK(linear.graph.nodes.at("linear1").type == NirType::linear);
  CHECK_FALSE(linear.graph.nodes.at("linear1").parameters.contains("bias"));
  CHECK(fidelity_of(linear, "biases").fidelity == Fidelity::not_representable);
  const auto affine = nir_of(network, sim::initialise(network, {}), {}, {});
  CHECK(fidelity_of(affine, "biases").fidelity == Fidelity::exact);
  CHECK(parameter(affine.graph, "affine1", "bias").size() == 16);
}

TEST_CASE("delays become parallel branches that compute what the engine does") {
  auto network = spatial_network({.beta = 0.9, .reset = sim::Reset::zero});
  network.balanced = false;
  const auto parameters = lively(network, 5);
  const sim::GraphOptions options{.velocity = 1.0};
  const auto delays = delays_of(sim::build_spatial_graph(network, parameters, options));
  REQUIRE(delays.size() == 3);
  const auto exported = nir_of(network, parameters, {.dt = 1.0, .time_unit = "ms"}, {}, delays);
  std::size_t n_branches = 0;
  for (const auto& [name, node] : exported.graph.nodes) n_branches += node.type == NirType::delay ? 1 : 0;
  CHECK(n_branches > 6);
  CHECK_THAT(fidelity_of(exported, "delay").note, Contains("branch"));

  const auto image = some_image(20);
  const Spikes engine = spikes_of(network, parameters, image, 60, options);
  // A constant image is there from the beginning for the engine, where delays would hold it back.
  const auto at_once =
      nir_of(network, parameters, {.dt = 1.0, .time_unit = "ms"}, {}, {{}, delays[1], delays[2]});
  const NirReading reading = nir_from_tree(tree_of(at_once.graph), "net.nir");
  NirInterpreter interpreter(reading.graph, 1.0, true);
  Numbers input;
  for (const std::uint8_t pixel : image) input.push_back(pixel / 255.0);
  Spikes interpreted;
  for (std::size_t step = 0; step < 60; ++step) {
    const auto values = interpreter.step(input);
    for (std::size_t layer = 1; layer < 4; ++layer) {
      const Numbers& given = values.at("lif" + std::to_string(layer));
      for (std::size_t n = 0; n < given.size(); ++n)
        if (given[n] == 1.0) interpreted.emplace(layer, step, n);
    }
  }
  for (std::size_t layer = 1; layer < 4; ++layer) REQUIRE(count_in(engine, layer) > 5);
  CHECK(interpreted == engine);
}

TEST_CASE("positions, gaps and the facts lie in a group of their own") {
  const auto network = spatial_network();
  const auto parameters = sim::initialise(network, {});
  const auto exported = nir_of(network, parameters, {}, {.model = "m.h5", .configuration = "[x]", .seed = 7});
  const auto& own = exported.graph.beside.at("loci");
  CHECK(own.arrays.at("position0").shape == std::vector<std::size_t>{20, 3});
  CHECK(own.arrays.at("position3").shape == std::vector<std::size_t>{5, 3});
  CHECK(own.arrays.at("inhibition2").shape == std::vector<std::size_t>{12});
  CHECK(own.arrays.at("gap1").shape.empty());
  CHECK(own.arrays.at("configuration") == word("[x]"));
  CHECK(own.attributes.at("model") == word("m.h5"));
  const auto files = nir_files(exported, "net.nir");
  REQUIRE(files.size() == 1);
  CHECK(files.front().name == "net.nir");
  CHECK(std::get<sim::DataGroup>(files.front().content).groups.contains("loci"));
}

TEST_CASE("what NIR cannot be made of is refused") {
  const auto network = spatial_network();
  auto parameters = sim::initialise(network, {});
  auto rate = network;
  rate.neuron = sim::NeuronModel::relu;
  CHECK_THROWS_WITH(nir_of(rate, parameters, {}, {}), Contains("no spiking neurons"));
  CHECK_THROWS_WITH(nir_of(network, parameters, {.dt = 0.0}, {}), Contains("--dt"));
  CHECK_THROWS_WITH(
      nir_of(spatial_network({.beta = 0.0}), parameters, {.integrator = NirIntegrator::exponential}, {}),
      Contains("no time constant"));
  CHECK_THROWS_AS(nir_of(network, parameters, {}, {}, {{1, 2}, {}, {}}), std::invalid_argument);
  parameters.group("position", 1)[0] = std::nanf("");
  CHECK_THROWS_WITH(nir_of(network, parameters, {}, {}), Contains("a weight of connection 0 is nan"));
}
