// loci simulate CIRCUIT.toml: description -> edges -> engine -> spikes in a file, statistics and one summary.
#include "cli/circuit_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/circuit_engine.hpp"
#include "cli/circuit_outputs.hpp"
#include "cli/circuit_summary.hpp"
#include "cli/large_pages.hpp"
#include "cli/machine_memory.hpp"
#include "io/circuit_file.hpp"
#include "learning/instruction_set.hpp"
#include "sim/circuit/names.hpp"
#include "sim/circuit/size.hpp"
#include "sim/circuit/statistics.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The file, with what the command line says otherwise.
io::CircuitFile load(const CircuitRunOptions& options) {
  io::CircuitFile file = io::load_circuit(options.circuit);
  if (options.duration_ms) file.duration_ms = *options.duration_ms;
  if (options.seed) file.circuit.seed = *options.seed;
  if (!options.engine.empty()) file.engine = sim::parse_engine_request(options.engine, "--engine");
  if (options.on_grid || options.off_grid) {
    if (file.engine == sim::EngineRequest::clock)
      throw InputError(options.on_grid ? "--on-grid" : "--off-grid", "the clock engine is always on the grid",
                       "leave it out, or choose --engine event");
    file.on_grid = options.on_grid;
  }
  return file;
}

// The circuit as it was written, and what the command line said about this run.
std::string configuration_of(const CircuitRunOptions& options, const io::CircuitFile& file,
                             const EnginePlan& plan) {
  return fmt::format("{}\n# This run: engine {}{}, duration {} ms, seed {}, precision {}, {}\n", file.text,
                     plan.name(),
                     !plan.event    ? ""
                     : plan.on_grid ? " on the grid"
                                    : " in continuous time",
                     file.duration_ms, file.circuit.seed, options.precision,
                     options.procedural ? "procedural" : "stored synapses");
}

// Procedural edges are counted by making them all: their expectation is there at once.
std::size_t count_edges(const sim::Circuit& circuit, const sim::Connectivity& connectivity,
                        const sim::ConnectivityOptions& options) {
  if (!options.procedural) return connectivity.n_edges();
  return static_cast<std::size_t>(
      std::llround(sim::expected_size(circuit, connectivity.populations(), options).n_edges()));
}

// What was run, and on what.
nlohmann::json run_json(const CircuitRunOptions& options, const io::CircuitFile& file, const EnginePlan& plan,
                        const sim::ConnectivityOptions& edge_options) {
  const std::size_t n_edges = count_edges(file.circuit, *plan.connectivity, edge_options);
  const auto bytes = static_cast<double>(plan.connectivity->bytes());
  nlohmann::json json{{"circuit", options.circuit},
                      {"synapses", n_edges},
                      {"bytes_per_synapse", n_edges > 0 ? bytes / static_cast<double>(n_edges) : 0.0},
                      {"duration_ms", file.duration_ms},
                      {"engine", plan.name()},
                      {"on_grid", plan.on_grid},
                      {"precision", options.precision},
                      {"procedural", options.procedural},
                      {"format", options.format},
                      {"threads", plan.event ? 1 : options.n_threads},
                      {"seed", file.circuit.seed},
                      {"instruction_set", learning::instruction_set()},
                      {"notes", file.notes}};
  if (!plan.reason.empty()) {
    json["engine_reason"] = plan.reason;
    json["events_per_neuron_step"] = plan.events_per_neuron_step;
  }
  return json;
}

}  // namespace

bool is_circuit(const std::filesystem::path& path) {
  return path.extension() == ".toml";
}

sim::Precision parse_precision(const std::string& text) {
  if (text == "single") return sim::Precision::single;
  if (text == "exact") return sim::Precision::exact;
  throw InputError("--precision", fmt::format("'{}' is not known", text), "use one of: single, exact");
}

int simulate_circuit(const CircuitRunOptions& options) {
  const sim::ConnectivityOptions edge_options{.precision = parse_precision(options.precision),
                                              .procedural = options.procedural,
                                              .n_threads = options.n_threads,
                                              .memory_bytes = available_memory_bytes(),
                                              .advice = ask_for_large_pages};
  const io::CircuitFile file = load(options);
  CircuitOutputs outputs(
      file, options.circuit,
      {.out = options.out, .format = parse_spike_format(options.format, "--format"), .force = options.force});
  auto start = Clock::now();
  const EnginePlan plan = plan_engine(
      file, {.engine = file.engine, .on_grid = file.on_grid, .edges = edge_options}, options.output);
  const double build_seconds = seconds_since(start);
  sim::SpikeStatistics statistics(file.circuit, 0);
  start = Clock::now();
  const auto counts =
      run_circuit(file, plan, outputs, configuration_of(options, file, plan), statistics, options.output);
  const double run_seconds = seconds_since(start);
  outputs.close();

  const sim::Step n_steps =
      sim::steps_from_ms(file.duration_ms, file.circuit.step_ms, sim::OffGrid::refuse, "run.duration_ms");
  nlohmann::json json = statistics_json(file.circuit, statistics, n_steps);
  json.update(run_json(options, file, plan, edge_options));
  json.update({{"build_seconds", build_seconds},
               {"run_seconds", run_seconds},
               {"real_time_factor", run_seconds / (file.duration_ms * 1e-3)},
               {"peak_mib", peak_memory_mib()},
               {"written", outputs.paths()}});
  if (counts) json["events"] = counts_json(*counts);
  if (!outputs.spikes_path().empty()) json["raster"] = outputs.spikes_path();
  if (options.output.json)
    print_json(json);
  else
    print_circuit_run(json);
  return 0;
}

}  // namespace loci::cli
