// Every NEST case found in the golden folder, whatever its name and size: membranes to 1e-10 mV, every spike
// at its step, and the edges that NEST built from the same positions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "io/hdf5.hpp"
#include "sim/circuit/clock.hpp"

using namespace loci;
using namespace loci::sim;

namespace {

constexpr double tolerance_mv = 1e-10;

std::vector<std::filesystem::path> golden_files() {
  const char* named = std::getenv("LOCI_GOLDEN_DIR");
  const std::filesystem::path folder = named != nullptr ? named : LOCI_GOLDEN_DEFAULT;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".h5") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Cell read_cell(const io::hdf5::Group& group) {
  const auto number = [&](const char* name) { return group.read_attribute<double>(name); };
  Cell cell;
  cell.model =
      group.read_string_attribute("model") == "iaf_psc_exp" ? CellModel::lif_exp : CellModel::lif_delta;
  cell.tau_membrane_ms = number("tau_m");
  cell.capacitance_pf = number("C_m");
  cell.resting_mv = number("E_L");
  cell.threshold_mv = number("V_th");
  cell.reset_mv = number("V_reset");
  cell.refractory_ms = number("t_ref");
  cell.current_pa = number("I_e");
  if (cell.model == CellModel::lif_exp) {
    cell.tau_excitatory_ms = number("tau_syn_ex");
    cell.tau_inhibitory_ms = number("tau_syn_in");
  }
  return cell;
}

// One neuron and the trains that reach it.
Circuit read_single(const io::hdf5::Group& group) {
  Circuit circuit;
  circuit.step_ms = group.read_attribute<double>("dt_ms");
  Population population{.name = "neuron", .size = 1, .cell = read_cell(group)};
  population.initial.given_mv = {group.read_attribute<double>("v0_mv")};
  circuit.populations.push_back(population);
  Input input{.target = "neuron", .kind = InputKind::trains};
  const double delay_ms = group.read_attribute<double>("delay_ms");
  for (const double ms : group.dataset("input_times_ms").read<double>())
    input.times_ms.push_back(ms + delay_ms);
  input.neurons.assign(input.times_ms.size(), 0);
  input.weights = group.dataset("input_weights").read<double>();
  circuit.inputs.push_back(input);
  return circuit;
}

std::vector<std::uint32_t> read_ids(const io::hdf5::Group& group, const char* name) {
  const auto ids = group.dataset(name).read<std::int64_t>();
  return {ids.begin(), ids.end()};
}

Circuit read_network(const io::hdf5::Group& group) {
  Circuit circuit;
  circuit.step_ms = group.read_attribute<double>("dt_ms");
  Population population{.name = "all", .cell = read_cell(group)};
  population.size = static_cast<std::size_t>(group.read_attribute<std::int64_t>("N"));
  population.cell.current_pa = PerNeuron(group.dataset("i_e").read<double>());
  population.initial.given_mv = group.dataset("v0_mv").read<double>();
  Projection projection{.source = "all", .target = "all"};
  if (group.exists("position")) {
    Space& space = circuit.space;
    space.dims = static_cast<std::size_t>(group.read_attribute<std::int64_t>("dim"));
    const double extent = group.read_attribute<double>("extent");
    space.extent.fill(extent);
    space.periodic = group.read_attribute<std::int64_t>("periodic") != 0;
    population.placement.kind = PlacementKind::given;
    population.placement.positions = group.dataset("position").read<double>();
    if (*std::ranges::min_element(population.placement.positions) < 0.0) space.lower.fill(-extent / 2);
    const double radius = group.read_attribute<double>("radius");
    projection.cutoff = radius;
    projection.weight = {.shape = KernelShape::inverse_distance,
                         .amplitude = group.read_attribute<double>("J"),
                         .length = radius / 2,
                         .floor = radius / 20};
    projection.delay_ms = 0.5;
    projection.velocity = 1.0 / group.read_attribute<double>("velocity_inv_ms");
  } else {
    projection.rule = ConnectionRule::given;
    projection.edges = {read_ids(group, "source"), read_ids(group, "target"),
                        group.dataset("weight").read<double>(), group.dataset("delay_ms").read<double>()};
  }
  circuit.populations.push_back(population);
  circuit.projections.push_back(projection);
  return circuit;
}

struct Spike {
  std::uint32_t step;
  std::uint32_t neuron;
  auto operator<=>(const Spike&) const = default;
};

// Spikes by the step they end, and membranes of the first neurons after every step.
struct Trace final : CircuitListener {
  explicit Trace(const CircuitClock& engine, std::size_t n_traced) : clock(engine), membranes(n_traced) {}
  void on_spikes(Step step, std::size_t, std::span<const std::uint32_t> neurons) override {
    for (const std::uint32_t neuron : neurons) spikes.push_back({step + 1, neuron});
  }
  Step interval() const override { return 1; }
  void on_step(Step) override {
    for (std::uint32_t n = 0; n < membranes.size(); ++n) membranes[n].push_back(clock.membrane(0, n));
  }
  const CircuitClock& clock;
  std::vector<std::vector<double>> membranes;
  std::vector<Spike> spikes;
};

std::vector<Spike> golden_spikes(const io::hdf5::Group& group) {
  const auto times = group.dataset("spike_times_ms").read<double>();
  const auto ids =
      group.exists("spike_ids") ? read_ids(group, "spike_ids") : std::vector<std::uint32_t>(times.size());
  std::vector<Spike> spikes;
  for (std::size_t s = 0; s < times.size(); ++s)
    spikes.push_back(
        {static_cast<std::uint32_t>(std::lround(times[s] / group.read_attribute<double>("dt_ms"))), ids[s]});
  std::sort(spikes.begin(), spikes.end());
  return spikes;
}

// The edges, sorted by (source, target), are those that NEST built.
void check_edges(const io::hdf5::Group& group, const Connectivity& connectivity, double step_ms) {
  struct Edge {
    std::uint32_t source, target;
    double weight;
    std::uint32_t delay;
  };
  std::vector<Edge> edges;
  const PlacedPopulation& placed = connectivity.populations()[0];
  Row row;
  RowMaker::Scratch scratch;
  for (std::uint32_t source = 0; source < placed.size; ++source) {
    connectivity.projections()[0].read(source, row, scratch);
    for (std::size_t e = 0; e < row.size(); ++e)
      edges.push_back(
          {placed.neuron_at(source), placed.neuron_at(row.target[e]), row.weight[e], row.delay[e]});
  }
  std::ranges::sort(edges, {}, [](const Edge& edge) { return std::pair(edge.source, edge.target); });
  const auto sources = read_ids(group, "source");
  const auto targets = read_ids(group, "target");
  const auto weights = group.dataset("weight").read<double>();
  const auto delays = group.dataset("delay_ms").read<double>();
  REQUIRE(edges.size() == sources.size());
  REQUIRE(!edges.empty());
  for (std::size_t e = 0; e < edges.size(); ++e) {
    CHECK(edges[e].source == sources[e]);
    CHECK(edges[e].target == targets[e]);
    CHECK(std::abs(edges[e].weight - weights[e]) <= 4e-15 * std::abs(weights[e]));
    CHECK(edges[e].delay == std::lround(delays[e] / step_ms));
  }
}

void check_case(const io::hdf5::Group& group, std::size_t n_threads, bool procedural) {
  const bool single = group.exists("v_mv");
  const Circuit circuit = single ? read_single(group) : read_network(group);
  const Connectivity connectivity(
      circuit, {.precision = Precision::exact, .procedural = procedural, .n_threads = n_threads});
  if (group.exists("position")) check_edges(group, connectivity, circuit.step_ms);
  CircuitClock clock(circuit, connectivity);
  const auto golden = group.dataset(single ? "v_mv" : "v_mv_first5").read<double>();
  const std::size_t n_traced = single ? 1 : 5;
  const std::size_t n_steps = golden.size() / n_traced;
  Trace trace(clock, n_traced);
  clock.run(static_cast<Step>(std::lround(group.read_attribute<double>("T_ms") / circuit.step_ms)), trace);
  double largest = 0.0;
  for (std::size_t n = 0; n < n_traced; ++n)
    for (std::size_t t = 0; t < n_steps; ++t)
      largest = std::max(largest, std::abs(trace.membranes[n][t] - golden[n * n_steps + t]));
  CHECK(largest <= tolerance_mv);
  const auto spikes = golden_spikes(group);
  REQUIRE(!spikes.empty());
  std::sort(trace.spikes.begin(), trace.spikes.end());
  // NEST's recorder and the run may end at different steps.
  const auto end = std::ranges::upper_bound(trace.spikes, spikes.back().step, {}, &Spike::step);
  trace.spikes.erase(end, trace.spikes.end());
  CHECK(trace.spikes == spikes);
  std::cout << group.where() << ": " << spikes.size() << " spikes, largest difference " << largest << " mV\n";
}

}  // namespace

TEST_CASE("the clock engine gives NEST's membranes, spikes and edges") {
  std::size_t n_cases = 0;
  for (const auto& path : golden_files()) {
    const auto file = io::hdf5::File::open(path);
    for (const std::string& name : file.names()) {
      if (!file.exists(name + "/spike_times_ms")) continue;
      const auto group = file.group(name);
      INFO(path.string() << ' ' << name);
      check_case(group, 1, false);
      check_case(group, 2, false);
      if (group.exists("position")) check_case(group, 2, true);
      ++n_cases;
    }
  }
  CHECK(n_cases > 0);
}
