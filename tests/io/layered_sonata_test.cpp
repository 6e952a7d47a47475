#include "io/layered_sonata.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "io/circuit_file.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_reader.hpp"
#include "io/sonata_writer.hpp"
#include "sim/circuit/clock.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/layered_circuit.hpp"
#include "sim/simulate.hpp"
#include "temporary_folder.hpp"

using namespace loci;

namespace {

constexpr std::size_t n_steps = 30;
using Spikes = std::set<std::pair<sim::Step, std::uint32_t>>;  // step, neuron of the whole network
using Bytes = std::vector<std::uint8_t>;

// Lively: small layers, weights large beside the threshold.
struct Trained {
  explicit Trained(sim::Reset reset = sim::Reset::subtract, bool reset_delay = true, std::size_t dims = 3) {
    description.sizes = {12, 20, 15, 4};
    description.dims = dims;
    description.mask_steepness = 4.0;
    description.cutoff = 3.0;
    description.weight_scale = {1.0, 1.5, 4.0};
    description.lif = {{.beta = 0.9, .threshold = 0.3, .reset = reset, .reset_delay = reset_delay}};
    parameters.emplace(sim::initialise(description, {.seed = 4}));
    for (std::size_t l = 0; l < 3; ++l) {  // one in three inhibits, so that every layer fires
      const auto inhibition = parameters->group("inhibition", l);
      for (std::size_t i = 0; i < inhibition.size(); ++i)
        inhibition[i] = (i % 3 == 0 ? -0.5F : 1.0F) * std::abs(inhibition[i]);
    }
    for (std::size_t l = 1; l < 4; ++l) {
      const auto bias = parameters->group("bias", l);
      for (std::size_t i = 1; i < bias.size(); ++i) bias[i] = 0.02F * static_cast<float>(i % 5) - 0.04F;
    }
    graph.emplace(sim::build_spatial_graph(description, *parameters, {.velocity = 0.8, .step_ms = 0.5}));
    for (std::size_t i = 0; i < 12; ++i) pixels.push_back(static_cast<std::uint8_t>(60 + 15 * i));
    sim::encode(encoder, pixels, n_steps, sim::evaluation_epoch, 7, trains);
  }

  // Everybody's spikes as the engine of layered networks has them.
  Spikes layered() const {
    sim::Raster raster;
    sim::RasterRecorder recorder(raster);
    sim::LayeredSimulation simulation(description, *parameters, *graph, sim::Engine::clock, n_steps, 0.5);
    simulation.run(pixels, encoder, 7, recorder);
    Spikes spikes;
    for (std::size_t i = 0; i < raster.size(); ++i)
      spikes.emplace(static_cast<sim::Step>(raster.time_ms[i] / 0.5) - 1, sim::index_of(raster.neuron[i]));
    return spikes;
  }

  sim::NetworkDescription description;
  std::optional<sim::Parameters> parameters;
  std::optional<sim::SpatialGraph> graph;
  sim::Encoder encoder{.encoding = sim::Encoding::bernoulli, .seed = 11};
  Bytes pixels;
  sim::SpikeTrains trains;
};

class Listener final : public sim::CircuitListener {
 public:
  explicit Listener(const sim::Circuit& circuit) : circuit_(circuit) {}
  void on_spikes(sim::Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    if (population >= 4) return;                                    // relays of biases
    if (step < population || step >= population + n_steps) return;  // not the layer's own time
    std::uint32_t first = 0;
    for (std::size_t p = 0; p < population; ++p)
      first += static_cast<std::uint32_t>(circuit_.populations[p].size);
    for (const std::uint32_t neuron : neurons) spikes.emplace(step, first + neuron);
  }
  Spikes spikes;

 private:
  const sim::Circuit& circuit_;
};

Spikes run(const sim::Circuit& circuit) {
  const sim::Connectivity connectivity(circuit, {});
  sim::CircuitClock clock(circuit, connectivity);
  Listener listener(circuit);
  clock.run(n_steps + 3, listener);
  return listener.spikes;
}

}  // namespace

TEST_CASE("a trained network comes back as a circuit of the same weights, delays and places") {
  const Trained trained;
  const TemporaryFolder folder;
  io::export_layered({.folder = folder.path(), .n_steps = n_steps, .sample = &trained.trains},
                     trained.description, *trained.parameters, *trained.graph, {.seed = 9});
  for (const std::string& name : io::layered_export_files()) CHECK(std::filesystem::exists(folder / name));
  const sim::Circuit circuit = io::load_circuit(folder / "circuit.toml").circuit;
  CHECK(circuit.step_ms == 0.5);
  REQUIRE(circuit.populations.size() == 7);  // four layers, and biases of three
  CHECK(circuit.populations[0].name == "input");
  CHECK(circuit.populations[2].name == "hidden_2");
  CHECK(circuit.populations[3].name == "output");
  CHECK(circuit.populations[1].cell.discrete == trained.description.lif_of(1));
  const sim::SpatialGraph& graph = *trained.graph;
  std::size_t n_edges = 0;
  std::set<double> delays;
  for (std::size_t l = 0; l < 3; ++l) {
    const sim::EdgeList& list = circuit.projections[l].edges;
    std::size_t at = 0;
    for (sim::Vertex source = graph.layer_begin(l); source < graph.layer_begin(l + 1); ++source)
      for (std::size_t e = 0; e < graph.targets_of(source).size(); ++e, ++at) {
        REQUIRE(at < list.source.size());
        CHECK(list.source[at] == source - graph.layer_begin(l));
        CHECK(list.target[at] == graph.targets_of(source)[e] - graph.layer_begin(l + 1));
        CHECK(list.weight[at] == graph.edges_of(source)[e].weight);
        CHECK(list.delay_ms[at] == graph.delay_ms(graph.edges_of(source)[e]));
        delays.insert(list.delay_ms[at]);
      }
    CHECK(at == list.source.size());
    n_edges += at;
  }
  CHECK(n_edges == graph.n_edges());
  CHECK(n_edges < 12 * 20 + 20 * 15 + 15 * 4);  // some are culled
  CHECK(delays.size() > 3);
  for (std::size_t l = 0; l < 4; ++l)
    for (std::size_t i = 0; i < circuit.populations[l].size; ++i)
      for (std::size_t k = 0; k < 3; ++k)
        CHECK(circuit.populations[l].placement.positions[3 * i + k] ==
              graph.position(graph.layer_begin(l) + static_cast<sim::Vertex>(i))[k]);
}

TEST_CASE("an exported network fires as the trained one does, spike for spike") {
  for (const auto& [reset, reset_delay] : {std::pair{sim::Reset::subtract, true},
                                           {sim::Reset::subtract, false},
                                           {sim::Reset::zero, true},
                                           {sim::Reset::none, true}}) {
    const Trained trained(reset, reset_delay);
    const TemporaryFolder folder;
    io::export_layered({.folder = folder.path(), .n_steps = n_steps, .sample = &trained.trains},
                       trained.description, *trained.parameters, *trained.graph, {});
    const Spikes expected = trained.layered();
    std::set<std::size_t> layers;
    for (const auto& [step, neuron] : expected) layers.insert(trained.graph->layer_of(neuron));
    CHECK(layers.size() == 4);
    CHECK(run(io::load_circuit(folder / "circuit.toml").circuit) == expected);
  }
}

TEST_CASE("coordinates beyond three are kept beside x, y and z") {
  const Trained trained(sim::Reset::subtract, true, 5);
  const TemporaryFolder folder;
  io::export_layered({.folder = folder.path()}, trained.description, *trained.parameters, *trained.graph, {});
  const auto file = io::hdf5::File::open(folder / "nodes.h5");
  const auto group = file.group("nodes/hidden_1/0");
  for (std::size_t k = 0; k < 5; ++k) {
    const auto column = group.dataset("position_" + std::to_string(k)).read<float>();
    REQUIRE(column.size() == 20);
    for (std::uint32_t i = 0; i < 20; ++i) CHECK(column[i] == trained.graph->position(12 + i)[k]);
  }
  CHECK(group.dataset("y").read<float>() == group.dataset("position_1").read<float>());
  CHECK(group.dataset("z").read<float>() == group.dataset("position_4").read<float>());
  CHECK_NOTHROW(io::load_circuit(folder / "circuit.toml"));
}

TEST_CASE("biases are edges of a neuron that fires at every step, and a dense network has no places") {
  sim::NetworkDescription description;
  description.sizes = {3, 4, 2};
  description.wiring = sim::Wiring::dense;
  description.lif = {{.beta = 0.5, .threshold = 0.75, .reset = sim::Reset::zero}};
  const sim::Parameters parameters = sim::initialise(description, {.seed = 1});
  const sim::SpatialGraph graph = sim::build_spatial_graph(description, parameters, {.step_ms = 2.0});
  const TemporaryFolder folder;
  io::export_layered({.folder = folder.path()}, description, parameters, graph, {});
  const sim::Circuit circuit = io::load_circuit(folder / "circuit.toml").circuit;
  CHECK(circuit.space.dims == 0);
  REQUIRE(circuit.populations.size() == 5);
  CHECK(circuit.populations[2].cell.discrete == description.lif_of(2));
  CHECK(circuit.populations[4].name == "bias_output");
  const auto bias = sim::connection_biases(description, parameters, 1);
  const sim::Projection& projection = circuit.projections.back();
  CHECK(projection.source == "bias_output");
  CHECK(projection.target == "output");
  CHECK(projection.edges.weight == std::vector<double>(bias.begin(), bias.end()));
  // The output's first step is the third of all; what arrives in it left one step before.
  REQUIRE(circuit.inputs.size() == 2);
  CHECK(circuit.inputs[1].target == "bias_output");
  CHECK(circuit.inputs[1].start_ms == 2 * 2.0);
}

TEST_CASE("what comes closest to the discrete neuron in continuous time is among the parameters") {
  sim::Circuit circuit;
  circuit.step_ms = 2.0;
  circuit.populations = {{.name = "a", .size = 2}};
  sim::Cell& cell = circuit.populations[0].cell;
  cell.model = sim::CellModel::lif_discrete;
  cell.discrete = {.beta = 0.5, .threshold = 0.75, .reset = sim::Reset::zero};
  cell.current_pa = sim::PerNeuron({0.25, -0.5});
  const TemporaryFolder folder;
  const sim::Connectivity connectivity(circuit, {});
  io::write_sonata_nodes(folder / "nodes.h5", circuit, connectivity, {});
  const auto file = io::hdf5::File::open(folder / "nodes.h5");
  const auto dynamics = file.group("nodes/a/0/dynamics_params");
  // exp(-2 ms / tau) = 0.5
  CHECK(dynamics.dataset("tau_m").read<double>()[1] == Approx(2.0 / std::log(2.0)));
  CHECK(dynamics.dataset("v_th").read<double>() == std::vector<double>(2, 0.75));
  CHECK(dynamics.dataset("v_reset").read<double>() == std::vector<double>(2, 0.0));
  // Its current is read back, and the rest leaves the discrete neuron as it was.
  CHECK(io::read_sonata_nodes(folder / "nodes.h5").populations[0].cell == cell);
}
