// loci-bench circuit: builds and runs one of the networks that simulators are compared on.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "bench/commands.hpp"
#include "bench/memory.hpp"
#include "bench/peer_networks.hpp"
#include "cli/large_pages.hpp"
#include "sim/circuit/statistics.hpp"

namespace loci::bench {
namespace {

using namespace loci::sim;

struct Options {
  std::string network = "brunel";
  double duration_ms = 1000.0;
  double warmup_ms = 200.0;
  double size = 1.0;
  std::uint64_t seed = 1234;
  std::size_t threads = 1;
  bool procedural = false;
  bool exact = false;
  bool no_recurrence = false;
};

// On the clock, and of this process's threads together: on a machine shared with others the second is
// steadier.
struct Seconds {
  double wall;
  double cpu;
};
Seconds seconds_now() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return {std::chrono::duration<double>(now).count(),
          static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec)};
}
Seconds since(const Seconds& start) {
  const Seconds now = seconds_now();
  return {now.wall - start.wall, now.cpu - start.cpu};
}

class Silence final : public CircuitListener {
  void on_spikes(Step, std::size_t, std::span<const std::uint32_t>) override {}
};

nlohmann::json run(const Options& options) {
  Circuit circuit = peer_network(options.network, options.seed, options.size);
  if (options.no_recurrence) circuit.projections.clear();
  const double bare_mib = peak_mib();
  Seconds start = seconds_now();
  const Connectivity connectivity(circuit, {.precision = options.exact ? Precision::exact : Precision::single,
                                            .procedural = options.procedural,
                                            .n_threads = options.threads,
                                            .advice = cli::ask_for_large_pages});
  CircuitClock clock(circuit, connectivity);
  const Seconds build = since(start);
  const double ready_mib = peak_mib();
  const std::size_t n_edges = options.procedural && options.size > 4 ? 0 : connectivity.n_edges();
  Silence silence;
  clock.run(static_cast<Step>(std::lround(options.warmup_ms / circuit.step_ms)), silence);
  SpikeStatistics statistics(circuit, clock.now());
  const ClockWork before = clock.work();
  start = seconds_now();
  clock.run(static_cast<Step>(std::lround(options.duration_ms / circuit.step_ms)), statistics);
  const Seconds ran = since(start);
  const ClockWork after = clock.work();
  const auto per_second = [&](double ClockWork::*part) {
    return (after.*part - before.*part) / (options.duration_ms * 1e-3);
  };
  nlohmann::json result{
      {"network", options.network},
      {"threads", options.threads},
      {"procedural", options.procedural},
      {"n_neurons", circuit.n_neurons()},
      {"n_synapses", n_edges},
      {"build_seconds", build.wall},
      {"build_cpu_seconds", build.cpu},
      {"seconds_per_biological_second", ran.wall / (options.duration_ms * 1e-3)},
      {"cpu_seconds_per_biological_second", ran.cpu / (options.duration_ms * 1e-3)},
      {"synapse_bytes", connectivity.bytes()},
      {"bytes_per_synapse",
       n_edges > 0 ? static_cast<double>(connectivity.bytes()) / static_cast<double>(n_edges) : 0.0},
      {"bare_mib", bare_mib},
      {"ready_mib", ready_mib},
      {"peak_mib", peak_mib()}};
  result["seconds_by_part"] = {
      {"deliver", per_second(&ClockWork::deliver)},     {"drive", per_second(&ClockWork::drive)},
      {"integrate", per_second(&ClockWork::integrate)}, {"send", per_second(&ClockWork::send)},
      {"report", per_second(&ClockWork::report)},       {"wait", per_second(&ClockWork::wait)}};
  result["synaptic_events_per_second"] =
      static_cast<double>(after.synaptic_events - before.synaptic_events) / (options.duration_ms * 1e-3);
  const SpikeSummary summary = statistics.of_all(clock.now());
  result.update({{"n_spikes", summary.n_spikes},
                 {"rate_hz", summary.rate_hz},
                 {"rate_sd_hz", summary.rate_sd_hz},
                 {"cv_isi", summary.cv_isi},
                 {"fano_5ms", summary.fano}});
  return result;
}

}  // namespace

void add_circuit(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("circuit", "build and run a network that simulators are compared on");
  command->add_option("--network", options->network, "cuba, brunel, brunel-indegree, spatial2d or spatial3d");
  command->add_option("--duration", options->duration_ms, "timed, ms");
  command->add_option("--warmup", options->warmup_ms, "before, untimed, ms");
  command->add_option("--size", options->size, "times the neurons of the spatial networks");
  command->add_option("--seed", options->seed, "of positions, edges, membranes and input");
  command->add_option("--threads", options->threads, "1 or more")->check(CLI::PositiveNumber);
  command->add_flag("--procedural", options->procedural, "store no synapse");
  command->add_flag("--exact", options->exact, "weights in double precision");
  command->add_flag("--no-recurrence", options->no_recurrence, "drive and neurons alone");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace loci::bench
