// Networks read back from what was made of them, and how their numbers are compared.
#include <catch2/catch.hpp>
#include <functional>

#include "backends/circuit_network.hpp"
#include "backends/generated_code.hpp"
#include "backends/network_numbers.hpp"
#include "backends/nir_export.hpp"
#include "backends/nir_network.hpp"
#include "export_networks.hpp"
#include "native_networks.hpp"
#include "sim/error.hpp"
#include "sim/layered_circuit.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Contains;

namespace {

// With delays, biases, and edges that are missing.
struct Spatial {
  sim::NetworkDescription description{.sizes = {12, 20, 9, 4}, .dims = 5, .cutoff = 3.0};
  sim::Parameters parameters = sim::initialise(description, {.spread = 1.0, .gap = 0.4, .seed = 4});
  sim::GraphOptions options{.velocity = 1.0, .step_ms = 0.5};

  Spatial() {
    for (std::size_t l = 1; l < 4; ++l)
      for (float& bias : parameters.group("bias", l)) bias = 0.3F + 0.1F * static_cast<float>(l);
  }
  FloatNetwork network() const { return float_network(description, parameters, options); }
  sim::SpatialGraph graph() const { return sim::build_spatial_graph(description, parameters, options); }
};

std::size_t n_delayed(const FloatNetwork& network) {
  std::size_t n = 0;
  for (const FloatLayer& layer : network.layers)
    for (std::size_t pair = 0; pair < layer.delay.size(); ++pair)
      n += layer.weight[pair] != 0.0F && layer.delay[pair] != 0 ? 1 : 0;
  return n;
}

std::vector<std::string> differences_after(const std::function<void(IntegerNetwork&)>& change) {
  const auto network = tests::random_network({.sizes = {8, 6, 3}});
  IntegerNetwork other = network;
  change(other);
  return differences(numbers_of(network), numbers_of(other));
}

}  // namespace

TEST_CASE("each kind of number that differs is named, with its layer") {
  using Names = std::vector<std::string>;
  CHECK(differences_after([](IntegerNetwork&) {}).empty());
  CHECK(differences_after([](IntegerNetwork& n) { n.layers[0].incoming.weight[5] ^= 1; }) ==
        Names{"weights of layer 1"});
  CHECK(differences_after([](IntegerNetwork& n) { ++n.layers[1].parameters.threshold[2]; }) ==
        Names{"thresholds of layer 2"});
  CHECK(differences_after([](IntegerNetwork& n) { ++n.layers[1].parameters.leak[0]; }) ==
        Names{"leaks of layer 2"});
  CHECK(differences_after([](IntegerNetwork& n) { ++n.layers[0].parameters.bias[5]; }) ==
        Names{"biases of layer 1"});
  CHECK(differences_after([](IntegerNetwork& n) { n.layers[0].model.reset = ResetTo::zero; }) ==
        Names{"neurons of layer 1"});
  CHECK(differences_after([](IntegerNetwork& n) { n.layers.pop_back(); }) == Names{"the number of layers"});
  CHECK(differences_after([](IntegerNetwork& n) {
          n.layers[0].incoming.delay.assign(48, 0);
          n.layers[0].incoming.delay[7] = 2;
          n.layers[0].incoming.weight[7] = 1;
        }).size() >= 1);
  // What is kept in another way is no difference.
  CHECK(differences_after([](IntegerNetwork& n) { n.layers[0].incoming.delay.assign(48, 0); }).empty());
}

TEST_CASE("a circuit made of a layered network becomes the same network again") {
  const Spatial spatial;
  const FloatNetwork network = spatial.network();
  REQUIRE(n_delayed(network) > 50);
  const sim::Circuit circuit = sim::layered_circuit(spatial.description, spatial.parameters, spatial.graph());
  CHECK(differences(numbers_of(network), numbers_of(float_network(circuit, "net"))).empty());

  const auto refused = [&](const std::function<void(sim::Circuit&)>& change, const std::string& said) {
    sim::Circuit other = circuit;
    change(other);
    CHECK_THROWS_WITH(float_network(other, "net"), Contains("net: ") && Contains(said));
  };
  refused([](sim::Circuit& c) { c.populations[1].name = "hidden_9"; }, "population 'hidden_1' is missing");
  refused([](sim::Circuit& c) { c.populations[1].cell.model = sim::CellModel::lif_delta; }, "'hidden_1'");
  refused([](sim::Circuit& c) { c.projections[0].edges.delay_ms[0] = 0.7; },
          "delays of 'input' to 'hidden_1'");
  refused([](sim::Circuit& c) { c.projections[1].source = "input"; }, "'input' to 'hidden_2'");
  refused([](sim::Circuit& c) { c.inputs[0].interval_ms = 1.0; }, "does not fire at every step");
  refused(
      [](sim::Circuit& c) {
        c.projections[0].edges.source[1] = c.projections[0].edges.source[0];
        c.projections[0].edges.target[1] = c.projections[0].edges.target[0];
      },
      "joined twice");
}

TEST_CASE("a NIR graph with delays becomes the network that it was made of") {
  const Spatial spatial;
  const FloatNetwork network = spatial.network();
  const auto exported = [&](const NirExportOptions& options) {
    return nir_of(spatial.description, spatial.parameters, options, {}, delays_of(spatial.graph())).graph;
  };
  for (const NirIntegrator integrator : {NirIntegrator::euler, NirIntegrator::exponential}) {
    const NirGraph graph = exported({.integrator = integrator, .dt = 0.5, .time_unit = "ms"});
    CHECK(differences(numbers_of(network), numbers_of(float_network(graph, "net.nir"))).empty());
  }
  NirGraph graph = exported({});
  const auto delayed = std::ranges::find_if(
      graph.nodes, [](const auto& named) { return named.second.type == NirType::delay; });
  REQUIRE(delayed != graph.nodes.end());
  std::get<std::vector<float>>(delayed->second.parameters.at("delay").values)[0] *= 1.3F;
  CHECK_THROWS_WITH(float_network(graph, "net.nir"), Contains(delayed->first) && Contains("steps are whole"));
}

TEST_CASE("generated code is compared without its comments, and the word that differs is shown") {
  const std::string code = "/* a\n b */\nint x = 5; // five\n\nint y = 7;\n";
  CHECK(code_lines(code, CommentStyle::slashes).size() == 2);
  CHECK_NOTHROW(
      require_same_code("f.c", code, "int x = 5;\nint y = 7; /* seven */\n", CommentStyle::slashes));
  CHECK_THROWS_WITH(require_same_code("f.c", code, "int x = 5;\nint y = 71;\n", CommentStyle::slashes),
                    Contains("f.c, line 5") && Contains("'7;'") && Contains("'71;'"));
  CHECK_THROWS_WITH(require_same_code("f.c", code, "int x = 5;\n", CommentStyle::slashes),
                    Contains("should not be there"));
  CHECK_THROWS_WITH(require_same_code("f.c", "int x = 5;", code, CommentStyle::slashes),
                    Contains("ends early"));
  const GeneratedText table("f.c", "static const int8_t w[3] = {\n1,-2,\n3,};\n");
  CHECK(c_tables_of(table).at("w") == std::vector<std::int64_t>{1, -2, 3});
  CHECK_THROWS_WITH(c_tables_of(GeneratedText("f.c", "static const int8_t w[3] = {\n1,-2,};\n")),
                    Contains("2 numbers, not 3"));
  CHECK_THROWS_WITH(c_tables_of(GeneratedText("f.c", "static const int8_t w[3] = {\n1,-2,")),
                    Contains("torn"));
}
