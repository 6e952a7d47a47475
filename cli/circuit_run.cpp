// loci simulate CIRCUIT.toml: description -> edges -> engine -> spikes in a file, statistics and one summary.
#include "cli/circuit_run.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/machine_memory.hpp"
#include "cli/output_file.hpp"
#include "io/circuit_file.hpp"
#include "io/raster_file.hpp"
#include "learning/instruction_set.hpp"
#include "sim/circuit/size.hpp"
#include "sim/circuit/statistics.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Sends what happened to every output there is: one listener each.
class Listeners final : public sim::CircuitListener {
 public:
  void add(sim::CircuitListener& listener) { listeners_.push_back(&listener); }
  void on_spikes(sim::Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    for (sim::CircuitListener* each : listeners_) each->on_spikes(step, population, neurons);
  }
  sim::Step interval() const override {
    sim::Step all = 0;
    for (const sim::CircuitListener* each : listeners_) all = std::gcd(all, each->interval());
    return all;
  }
  void on_step(sim::Step step) override {
    for (sim::CircuitListener* each : listeners_)
      if (each->interval() > 0 && (step + 1) % each->interval() == 0) each->on_step(step);
  }

 private:
  std::vector<sim::CircuitListener*> listeners_;
};

class SpikeFile final : public sim::CircuitListener {
 public:
  SpikeFile(const std::string& path, const sim::Circuit& circuit, const std::string& configuration)
      : step_ms_(circuit.step_ms),
        writer_(path, populations_of(circuit), {.seed = circuit.seed, .configuration = configuration}) {}

  void on_spikes(sim::Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    ids_.assign(neurons.begin(), neurons.end());
    times_.assign(neurons.size(), (step + 1.0) * step_ms_);
    writer_.append(population, ids_, times_);
  }
  void close(double duration_ms) { writer_.close(duration_ms); }

 private:
  static std::vector<io::Population> populations_of(const sim::Circuit& circuit) {
    std::vector<io::Population> populations;
    for (const sim::Population& each : circuit.populations) populations.push_back({each.name, each.size});
    return populations;
  }

  double step_ms_;
  io::RasterWriter writer_;
  std::vector<std::uint64_t> ids_;
  std::vector<double> times_;
};

sim::ConnectivityOptions connectivity_options(const CircuitRunOptions& options) {
  if (options.precision != "single" && options.precision != "exact")
    throw InputError("--precision", fmt::format("'{}' is not known", options.precision),
                     "use one of: single, exact");
  return {.precision = options.precision == "single" ? sim::Precision::single : sim::Precision::exact,
          .procedural = options.procedural,
          .n_threads = options.n_threads,
          .memory_bytes = available_memory_bytes()};
}

io::CircuitFile load(const CircuitRunOptions& options) {
  io::CircuitFile file = io::load_circuit(options.circuit);
  if (options.duration_ms) file.duration_ms = *options.duration_ms;
  if (options.seed) file.circuit.seed = *options.seed;
  return file;
}

// The circuit as it was written, and what the command line said about this run.
std::string configuration_of(const CircuitRunOptions& options, const io::CircuitFile& file) {
  return fmt::format("{}\n# This run: engine {}, duration {} ms, seed {}, precision {}, {}\n", file.text,
                     options.engine, file.duration_ms, file.circuit.seed, options.precision,
                     options.procedural ? "procedural" : "stored synapses");
}

// In pieces of 10 ms, so that a bar can be drawn in between.
void run(sim::CircuitClock& clock, sim::Step n_steps, double step_ms, sim::CircuitListener& listener,
         const Output& output) {
  Progress progress(output, "ms");
  const auto piece = std::max<sim::Step>(1, static_cast<sim::Step>(10.0 / step_ms));
  for (sim::Step done = 0; done < n_steps;) {
    const sim::Step now = std::min(piece, n_steps - done);
    clock.run(now, listener);
    done += now;
    progress.update("clock engine", done, n_steps, static_cast<std::uint64_t>(clock.time_ms()),
                    fmt::format("{} spikes", clock.n_spikes()));
  }
}

nlohmann::json summary_json(const sim::SpikeSummary& summary) {
  return {{"neurons", summary.n_neurons},     {"spikes", summary.n_spikes}, {"rate_hz", summary.rate_hz},
          {"rate_sd_hz", summary.rate_sd_hz}, {"cv_isi", summary.cv_isi},   {"fano_5ms", summary.fano}};
}

nlohmann::json statistics_json(const sim::Circuit& circuit, const sim::SpikeStatistics& statistics,
                               sim::Step end) {
  nlohmann::json json = summary_json(statistics.of_all(end));
  json["populations"] = nlohmann::json::array();
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    json["populations"].push_back(summary_json(statistics.of_population(p, end)));
    json["populations"].back()["name"] = circuit.populations[p].name;
  }
  return json;
}

void print_row(const std::string& name, const nlohmann::json& row) {
  fmt::print("  {:<12} {:>9} neurons {:>11} spikes {:>8.2f} Hz   CV {:.3f}   Fano {:.2f}\n", name,
             row["neurons"].get<std::size_t>(), row["spikes"].get<std::uint64_t>(),
             row["rate_hz"].get<double>(), row["cv_isi"].get<double>(), row["fano_5ms"].get<double>());
}

void print_result(const nlohmann::json& json) {
  const double bytes = json["bytes_per_synapse"].get<double>();
  fmt::print("{}: {} neurons, {}{} synapses{}, built in {:.3f} s\n", json["circuit"].get<std::string>(),
             json["neurons"].get<std::size_t>(), json["procedural"].get<bool>() ? "about " : "",
             json["synapses"].get<std::size_t>(),
             json["procedural"].get<bool>() ? " (made again at every spike)"
                                            : fmt::format(" of {:.2f} bytes", bytes),
             json["build_seconds"].get<double>());
  fmt::print("  {} ms in {:.3f} s: {:.3g} s for a second\n", json["duration_ms"].get<double>(),
             json["run_seconds"].get<double>(), json["real_time_factor"].get<double>());
  for (const auto& row : json["populations"]) print_row(row["name"].get<std::string>(), row);
  if (json["populations"].size() > 1) print_row("all", json);
  fmt::print("  ran on {} thread{}, {} engine, weights in {} precision, {} kernels, {:.0f} MiB at most\n",
             json["threads"].get<std::size_t>(), json["threads"] == 1 ? "" : "s",
             json["engine"].get<std::string>(), json["precision"] == "single" ? "single" : "double",
             json["instruction_set"].get<std::string>(), json["peak_mib"].get<double>());
  if (json.contains("raster")) fmt::print("  written: {}\n", json["raster"].get<std::string>());
}

}  // namespace

bool is_circuit(const std::filesystem::path& path) {
  return path.extension() == ".toml";
}

int simulate_circuit(const CircuitRunOptions& options) {
  if (options.engine != "clock")
    throw InputError("--engine", fmt::format("'{}' runs no circuits", options.engine), "use clock");
  const auto edge_options = connectivity_options(options);
  const io::CircuitFile file = load(options);
  const sim::Circuit& circuit = file.circuit;
  const bool writes = file.record_spikes;
  if (writes && !options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with --out");
  auto start = Clock::now();
  const sim::Connectivity connectivity(circuit, edge_options);
  sim::CircuitClock clock(circuit, connectivity);
  const double build_seconds = seconds_since(start);
  const sim::Step n_steps =
      sim::steps_from_ms(file.duration_ms, circuit.step_ms, sim::OffGrid::refuse, "run.duration_ms");

  sim::SpikeStatistics statistics(circuit, 0);
  Listeners listeners;
  listeners.add(statistics);
  std::optional<SpikeFile> spikes;
  if (writes) {
    prepare_output(options.out);
    listeners.add(spikes.emplace(options.out, circuit, configuration_of(options, file)));
  }
  start = Clock::now();
  run(clock, n_steps, circuit.step_ms, listeners, options.output);
  const double run_seconds = seconds_since(start);
  if (spikes) spikes->close(n_steps * circuit.step_ms);

  // Procedural edges are counted by making them all: their expectation is there at once.
  const auto n_edges =
      options.procedural
          ? static_cast<std::size_t>(
                std::llround(sim::expected_size(circuit, connectivity.populations(), edge_options).n_edges()))
          : connectivity.n_edges();
  nlohmann::json json = statistics_json(circuit, statistics, n_steps);
  json.update({{"circuit", options.circuit},
               {"synapses", n_edges},
               {"bytes_per_synapse",
                n_edges > 0 ? static_cast<double>(connectivity.bytes()) / static_cast<double>(n_edges) : 0.0},
               {"build_seconds", build_seconds},
               {"run_seconds", run_seconds},
               {"duration_ms", file.duration_ms},
               {"real_time_factor", run_seconds / (file.duration_ms * 1e-3)},
               {"engine", options.engine},
               {"precision", options.precision},
               {"procedural", options.procedural},
               {"threads", options.n_threads},
               {"seed", circuit.seed},
               {"instruction_set", learning::instruction_set()},
               {"peak_mib", peak_memory_mib()}});
  if (writes) json["raster"] = options.out;
  if (options.output.json)
    print_json(json);
  else
    print_result(json);
  return 0;
}

}  // namespace loci::cli
