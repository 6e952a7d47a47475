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
#include "sim/circuit/clock.hpp"

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

// On the clock, and of this process's threads together: on a machine shared with others the second is steadier.
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

// Rate, irregularity and synchrony, over all neurons.
class Statistics final : public CircuitListener {
 public:
  Statistics(const Circuit& circuit, Step first) : step_ms_(circuit.step_ms), first_(first) {
    std::size_t n = 0;
    for (const auto& population : circuit.populations) {
      begin_.push_back(n);
      n += population.size;
    }
    neurons_.resize(n);
  }

  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    const std::size_t bin = static_cast<std::size_t>(((step - first_) * step_ms_) / 5.0);
    if (bins_.size() <= bin) bins_.resize(bin + 1);
    bins_[bin] += static_cast<double>(neurons.size());
    for (const std::uint32_t neuron : neurons) {
      Neuron& each = neurons_[begin_[population] + neuron];
      if (each.n > 0) {
        const double interval = (step - each.last) * step_ms_;
        each.sum += interval;
        each.squares += interval * interval;
      }
      ++each.n;
      each.last = step;
    }
  }

  nlohmann::json result(double duration_ms) const {
    double spikes = 0.0;
    double squares = 0.0;
    double variation = 0.0;
    double n_varying = 0.0;
    for (const Neuron& each : neurons_) {
      const auto n = static_cast<double>(each.n);
      spikes += n;
      squares += n * n;
      if (each.n < 6) continue;
      const double mean = each.sum / (n - 1);
      variation += std::sqrt(std::max(0.0, each.squares / (n - 1) - mean * mean)) / mean;
      n_varying += 1.0;
    }
    const auto n = static_cast<double>(neurons_.size());
    const double seconds = duration_ms * 1e-3;
    double bin_mean = 0.0;
    double bin_squares = 0.0;
    for (const double count : bins_) {
      bin_mean += count / static_cast<double>(bins_.size());
      bin_squares += count * count / static_cast<double>(bins_.size());
    }
    return {{"n_spikes", spikes},
            {"rate_hz", spikes / n / seconds},
            {"rate_sd_hz", std::sqrt(squares / n - spikes * spikes / n / n) / seconds},
            {"cv_isi", n_varying > 0 ? variation / n_varying : 0.0},
            {"fano_5ms", bin_mean > 0 ? (bin_squares - bin_mean * bin_mean) / bin_mean : 0.0}};
  }

 private:
  struct Neuron {
    std::size_t n = 0;
    Step last = 0;
    double sum = 0.0;
    double squares = 0.0;
  };
  double step_ms_;
  Step first_;
  std::vector<std::size_t> begin_;
  std::vector<Neuron> neurons_;
  std::vector<double> bins_;
};

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
                                            .n_threads = options.threads});
  CircuitClock clock(circuit, connectivity);
  const Seconds build = since(start);
  const double ready_mib = peak_mib();
  const std::size_t n_edges = options.procedural && options.size > 4 ? 0 : connectivity.n_edges();
  Silence silence;
  clock.run(static_cast<Step>(std::lround(options.warmup_ms / circuit.step_ms)), silence);
  Statistics statistics(circuit, clock.now());
  start = seconds_now();
  clock.run(static_cast<Step>(std::lround(options.duration_ms / circuit.step_ms)), statistics);
  const Seconds ran = since(start);
  nlohmann::json result{{"network", options.network},
                        {"threads", options.threads},
                        {"procedural", options.procedural},
                        {"n_neurons", circuit.n_neurons()},
                        {"n_synapses", n_edges},
                        {"build_seconds", build.wall},
                        {"build_cpu_seconds", build.cpu},
                        {"seconds_per_biological_second", ran.wall / (options.duration_ms * 1e-3)},
                        {"cpu_seconds_per_biological_second", ran.cpu / (options.duration_ms * 1e-3)},
                        {"synapse_bytes", connectivity.bytes()},
                        {"bytes_per_synapse", n_edges > 0 ? static_cast<double>(connectivity.bytes()) / static_cast<double>(n_edges) : 0.0},
                        {"bare_mib", bare_mib},
                        {"ready_mib", ready_mib},
                        {"peak_mib", peak_mib()}};
  result.update(statistics.result(options.duration_ms));
  return result;
}

}  // namespace

void add_circuit(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("circuit", "build and run a network that simulators are compared on");
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
