// NIR graphs of others as layers here: against a plain interpreter of their equations.
#include "backends/nir_import.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "io/data_tree_file.hpp"
#include "nir_support.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using namespace test;
using Catch::Contains;

namespace {

bool notes_say(const std::vector<std::string>& notes, const std::string& words) {
  return std::ranges::any_of(notes,
                             [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

std::string refusal_of(const NirGraph& graph, const NirImportOptions& options = {}) {
  try {
    network_of(graph, options, "net.nir");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Spikes of the graph's neurons in the order of layers; membranes of what does not spike count above 1.
Spikes interpreted(const NirGraph& graph, const std::vector<std::string>& layers, double dt,
                   const std::vector<std::uint8_t>& image, std::size_t n_steps) {
  NirInterpreter interpreter(graph, dt, false);
  Numbers input;
  for (const std::uint8_t pixel : image) input.push_back(pixel / 255.0);
  Spikes spikes;
  for (std::size_t step = 0; step < n_steps; ++step) {
    const auto values = interpreter.step(input);
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
      const bool fires = graph.nodes.at(layers[layer]).parameters.contains("v_threshold");
      const Numbers& given = values.at(layers[layer]);
      for (std::size_t n = 0; n < given.size(); ++n)
        if (fires ? given[n] == 1.0 : given[n] > 1.0) spikes.emplace(layer + 1, step, n);
    }
  }
  return spikes;
}

// Nodes of neurons in the order of the edges, which is that of the layers in all our samples.
std::vector<std::string> neurons_in(const NirGraph& graph) {
  std::vector<std::string> names;
  for (const auto& [source, target] : graph.edges)
    if (graph.nodes.at(target).parameters.contains("r")) names.push_back(target);
  return names;
}

}  // namespace

TEST_CASE("every sample runs as its equations say") {
  for (const auto& path : nir_files()) {
    INFO(path.string());
    const auto graph = nir_from_tree(io::read_data_tree(path).root, path.string()).graph;
    const NirImport import = network_of(graph, {.ignore_delays = true}, path.string());
    CHECK(import.dt == 1e-4);
    CHECK(notes_say(import.notes, "time step"));
    const auto image = some_image(import.network.sizes.front());
    const Spikes engine = spikes_of(import.network, import.parameters, image, 100);
    const Spikes plain = interpreted(graph, neurons_in(graph), import.dt, image, 100);
    REQUIRE(count_in(engine, 1) > 20);
    CHECK(engine == plain);
    for (const auto& [name, node] : graph.nodes)
      if (node.type == NirType::delay)
        CHECK_THAT(refusal_of(graph), Contains("'" + name + "'") && Contains("--ignore-delays"));
  }
}

TEST_CASE("gains, thresholds that differ and resting potentials go into weights and thresholds") {
  NirGraph graph = small_graph();
  auto& lif = graph.nodes["lif"].parameters;
  lif["r"] = floats({5, 10, 20}, {3});
  lif["v_threshold"] = floats({0.5F, 1.0F, 2.0F}, {3});
  lif["v_leak"] = lif["v_reset"] = floats({0.25F, 0.25F, -0.5F}, {3});
  graph.nodes["linear"].parameters["weight"] = floats({0.2F, 0.1F, 0.2F, 0.3F, 0.1F, 0.4F}, {3, 2});
  const NirImport import = network_of(graph, {}, "net.nir");
  CHECK(import.network.lif.front().threshold == 0.25);
  CHECK(import.network.lif.front().beta == Approx(0.95).epsilon(1e-8));
  // dt/tau r = 0.25, and 0.25 / (1 - 0.25) of the threshold of the second neuron.
  CHECK(import.parameters.group("weight", 0)[0] == Approx(0.2 * 0.25));
  CHECK(import.parameters.group("weight", 0)[1] == Approx(0.2 * 0.5 / 3));
  CHECK(notes_say(import.notes, "thresholds differ"));
  CHECK(notes_say(import.notes, "where they rest"));

  // The interpreter starts at 0, neurons here where they rest: with a rest of 0 both run alike.
  lif["v_leak"] = lif["v_reset"] = floats({0, 0, 0}, {3});
  const NirImport at_zero = network_of(graph, {}, "net.nir");
  const std::vector<std::uint8_t> image{200, 255};
  const Spikes engine = spikes_of(at_zero.network, at_zero.parameters, image, 80);
  REQUIRE(engine.size() > 10);
  CHECK(engine == interpreted(graph, {"lif"}, 1e-4, image, 80));
}

TEST_CASE("linear nodes in a row, branches, scales and integrators run as their equations say") {
  NirGraph graph = small_graph();
  graph.nodes["second"] = {
      NirType::affine,
      {{"weight", floats({0.1F, 0.2F, -0.3F, 0.2F, 0.1F, 0.1F, -0.1F, 0.2F, 0.05F}, {3, 3})},
       {"bias", floats({0.5F, -0.1F, 0.05F}, {3})}},
      {}};
  graph.nodes["scale"] = {NirType::scale, {{"scale", floats({0.5F, 2.0F, 1.0F}, {3})}}, {}};
  graph.nodes["if"] = {NirType::integrate_fire,
                       {{"r", floats({1e4F, 1e4F, 1e4F}, {3})},
                        {"v_threshold", floats({1, 1, 1}, {3})},
                        {"v_reset", floats({0, 0, 0}, {3})}},
                       {}};
  graph.nodes["linear"].parameters["weight"] = floats({0.1F, 0.2F, 0.3F, 0.1F, 0.2F, 0.1F}, {3, 2});
  graph.edges = {{"input", "linear"}, {"linear", "second"}, {"second", "lif"}, {"linear", "lif"},
                 {"lif", "scale"},    {"scale", "if"},      {"if", "output"}};
  graph.nodes["spare"] = graph.nodes["scale"];
  graph.edges.emplace_back("lif", "spare");
  const NirImport import = network_of(graph, {}, "net.nir");
  CHECK(notes_say(import.notes, "'spare' is not on the way"));
  CHECK(import.network.sizes == std::vector<std::size_t>{2, 3, 3});
  CHECK(import.network.lif[1].beta == 1.0);
  CHECK(notes_say(import.notes, "multiplied into one"));
  const std::vector<std::uint8_t> image{150, 255};
  const Spikes engine = spikes_of(import.network, import.parameters, image, 80);
  REQUIRE(count_in(engine, 1) > 10);
  REQUIRE(count_in(engine, 2) > 5);
  CHECK(engine == interpreted(graph, {"lif", "if"}, 1e-4, image, 80));
}

TEST_CASE("the step, its unit, the integrator and the reset are the option's, the file's or the usual ones") {
  NirGraph graph = small_graph();
  const auto beta = [&](const NirImportOptions& options) {
    return network_of(graph, options, "net.nir").network.lif.front().beta;
  };
  CHECK(beta({}) == Approx(0.95).epsilon(1e-8));
  CHECK(beta({.dt = 2e-4}) == Approx(0.9).epsilon(1e-8));
  CHECK(beta({.dt = 2e-4, .integrator = NirIntegrator::exponential}) == Approx(std::exp(-0.1)).epsilon(1e-8));
  graph.metadata.arrays["dt"] = floats({4e-4F}, {});
  CHECK(beta({}) == Approx(0.8).epsilon(1e-7));
  CHECK(beta({.dt = 2e-4}) == Approx(0.9).epsilon(1e-8));
  graph.metadata.arrays.erase("dt");
  graph.nodes["lif"].parameters["tau"] = floats({2, 2, 2}, {3});
  CHECK(beta({.time_unit = "ms"}) == Approx(0.95).epsilon(1e-12));
  CHECK_THAT(refusal_of(graph, {.time_unit = "weeks"}), Contains("weeks"));
  CHECK_THAT(refusal_of(graph, {.dt = 3.0}), Contains("shorter than a step") && Contains("--dt"));
  CHECK_THAT(refusal_of(graph, {.dt = -1.0}), Contains("--dt"));

  const auto reset = [&](const NirImportOptions& options) {
    return network_of(graph, options, "net.nir").network.lif.front().reset;
  };
  CHECK(reset({}) == sim::Reset::zero);
  CHECK(reset({.reset = sim::Reset::subtract}) == sim::Reset::subtract);
  graph.nodes["lif"].metadata.arrays["reset"] = word("subtract");
  CHECK(reset({}) == sim::Reset::subtract);
  CHECK(reset({.reset = sim::Reset::zero}) == sim::Reset::zero);
  graph.nodes["lif"].metadata.arrays["reset"] = word("perhaps");
  CHECK_THAT(refusal_of(graph), Contains("perhaps"));
}

TEST_CASE("neurons with synaptic currents are taken where those last no longer than a step") {
  NirGraph graph = small_graph();
  auto& node = graph.nodes["lif"];
  node.type = NirType::cuba_lif;
  node.parameters["tau_mem"] = node.parameters["tau"];
  node.parameters.erase("tau");
  node.parameters["tau_syn"] = floats({1e-4F, 1e-4F, 1e-4F}, {3});
  node.parameters["w_in"] = floats({2, 2, 2}, {3});
  const NirImport import = network_of(graph, {}, "net.nir");
  CHECK(import.parameters.group("weight", 0)[0] == Approx(2.0));
  node.parameters["tau_syn"] = floats({1e-4F, 1e-4F, 1e-3F}, {3});
  CHECK_THAT(refusal_of(graph), Contains("tau_syn 0.001") && Contains("LIF"));
}

TEST_CASE("what layers here cannot hold is refused by the node's name") {
  const NirGraph good = small_graph();
  const auto refused = [&](auto change) {
    NirGraph graph = good;
    change(graph);
    return refusal_of(graph);
  };
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["lif"].parameters["tau"] = floats({1e-3F, 2e-3F, 2e-3F}, {3});
             }),
             Contains("'lif'") && Contains("one decay"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["lif"].parameters["v_reset"] = floats({0, 0, 0.5F}, {3});
             }),
             Contains("v_reset 0.5"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["lif"].parameters["tau"] = floats({1, 1, INFINITY}, {3});
             }),
             Contains("tau is inf"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["lif"].parameters["v_threshold"] = floats({1, 0, 1}, {3});
             }),
             Contains("v_threshold"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["again"] = {
                   NirType::linear, {{"weight", floats(std::vector<float>(9, 1.0F), {3, 3})}}, {}};
               graph.edges.emplace_back("lif", "again");
               graph.edges.emplace_back("again", "lif");
             }),
             Contains("recurrent"));
  CHECK_THAT(
      refused([](auto& graph) {
        graph.nodes["threshold"] = {NirType::threshold, {{"threshold", floats({1, 1, 1}, {3})}}, {}};
        graph.edges = {{"input", "linear"}, {"linear", "threshold"}, {"threshold", "lif"}, {"lif", "output"}};
      }),
      Contains("'threshold'"));
  CHECK_THAT(refused([](auto& graph) {
               graph.edges = {{"input", "linear"}, {"linear", "output"}};
             }),
             Contains("'output'") && Contains("no neurons"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["lif2"] = graph.nodes["lif"];
               graph.edges = {{"input", "linear"},
                              {"linear", "lif"},
                              {"linear", "lif2"},
                              {"lif", "output"},
                              {"lif2", "output"}};
             }),
             Contains("'lif' and to 'lif2'"));
  CHECK_THAT(
      refused([](auto& graph) {
        graph.nodes["lif"].type = NirType::leaky;
        graph.nodes["lif"].parameters.erase("v_threshold");
        graph.nodes["lif"].parameters.erase("v_reset");
        graph.nodes["next"] = {
            NirType::linear, {{"weight", floats(std::vector<float>(9, 1.0F), {3, 3})}}, {}};
        graph.nodes["last"] = small_graph().nodes["lif"];
        graph.edges = {
            {"input", "linear"}, {"linear", "lif"}, {"lif", "next"}, {"next", "last"}, {"last", "output"}};
      }),
      Contains("'lif'") && Contains("only the last layer"));
  CHECK_THAT(refused([](auto& graph) {
               graph.nodes["linear"].parameters["weight"] = floats({1, 2, 3, 4, 5, NAN}, {3, 2});
             }),
             Contains("'lif'") && Contains("not finite"));
  CHECK_THAT(refused([](auto& graph) { graph.nodes["other"] = graph.nodes["input"]; }),
             Contains("2 Input nodes"));
}
