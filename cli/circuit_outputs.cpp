#include "cli/circuit_outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "cli/output_file.hpp"
#include "io/csv.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

std::vector<io::Population> populations_of(const sim::Circuit& circuit) {
  std::vector<io::Population> populations;
  for (const sim::Population& each : circuit.populations) populations.push_back({each.name, each.size});
  return populations;
}

}  // namespace

// All traces of one quantity.
struct CircuitOutputs::TraceFile {
  std::string path;
  io::TraceQuantity quantity;
  sim::Step interval;
  std::vector<std::size_t> populations;  // of the circuit
  std::vector<const io::TraceRequest*> requests;
  std::optional<io::TraceWriter> writer;
  std::vector<double> frame;  // scratch

  void open(const io::Provenance& provenance) {
    std::vector<io::TracedPopulation> traced;
    for (const io::TraceRequest* each : requests) traced.push_back({each->population, each->neurons});
    writer.emplace(path, quantity, io::TraceTimes{0.0, requests.front()->interval_ms}, traced, provenance);
  }
  void take(const CircuitProbe& probe) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      frame.clear();
      for (const std::uint64_t neuron : requests[i]->neurons)
        frame.push_back(probe.value(quantity, populations[i], static_cast<std::uint32_t>(neuron)));
      writer->append(i, frame);
    }
  }
};

CircuitOutputs::CircuitOutputs(const io::CircuitFile& file, const std::string& circuit_path,
                               const OutputOptions& options)
    : file_(file),
      spikes_options_{
          .path = options.out, .format = options.format, .populations = populations_of(file.circuit)},
      stem_(std::filesystem::path(options.out).replace_extension().string()),
      n_steps_(sim::steps_from_ms(file.duration_ms, file.circuit.step_ms, sim::OffGrid::refuse,
                                  "run.duration_ms")) {
  if (file.record_spikes) {
    require_layout(spikes_options_, file.duration_ms);
    spikes_path_ = options.out;
  }
  if (file.rates_ms > 0.0) rates_path_ = stem_ + ".rates.csv";
  plan_traces();
  require_free(circuit_path, options);
}

CircuitOutputs::~CircuitOutputs() = default;

void CircuitOutputs::plan_traces() {
  for (const io::TraceRequest& request : file_.traces) {
    auto file = std::ranges::find(traces_, request.quantity, &TraceFile::quantity);
    if (file == traces_.end()) {
      const sim::Step interval = sim::steps_from_ms(request.interval_ms, file_.circuit.step_ms,
                                                    sim::OffGrid::refuse, "record.trace.interval_ms");
      traces_.push_back({.path = fmt::format("{}.{}.h5", stem_, io::name_of(request.quantity)),
                         .quantity = request.quantity,
                         .interval = interval});
      file = std::prev(traces_.end());
    }
    file->populations.push_back(sim::find_population(file_.circuit, request.population, "record.trace"));
    file->requests.push_back(&request);
  }
}

std::vector<std::string> CircuitOutputs::paths() const {
  std::vector<std::string> paths;
  for (const std::string& path : {spikes_path_, rates_path_})
    if (!path.empty()) paths.push_back(path);
  for (const TraceFile& trace : traces_) paths.push_back(trace.path);
  return paths;
}

void CircuitOutputs::require_free(const std::string& circuit_path, const OutputOptions& options) const {
  std::vector<std::filesystem::path> inputs = file_.sonata_files;
  inputs.emplace_back(circuit_path);
  std::error_code ignored;
  for (const std::string& path : paths()) {
    for (const auto& input : inputs)
      if (std::filesystem::equivalent(path, input, ignored))
        throw InputError(path, "the circuit is read from this file", "name another with --out");
    if (!options.force && std::filesystem::exists(path))
      throw InputError(path, "the file exists", "replace it with --force or name another with --out");
  }
}

void CircuitOutputs::open(const std::string& configuration) {
  for (const std::string& path : paths()) prepare_output(path);
  const io::Provenance provenance{.seed = file_.circuit.seed, .configuration = configuration};
  if (!spikes_path_.empty()) spikes_ = make_spike_file(spikes_options_, provenance);
  if (!rates_path_.empty()) rates_.emplace(spikes_options_.populations, file_.rates_ms);
  for (TraceFile& trace : traces_) trace.open(provenance);
}

void CircuitOutputs::on_spikes(double time_ms, std::size_t population,
                               std::span<const std::uint32_t> neurons) {
  times_.assign(neurons.size(), time_ms);
  if (rates_) rates_->add(population, times_);
  if (!spikes_) return;
  ids_.assign(neurons.begin(), neurons.end());
  spikes_->append(population, ids_, times_);
}

sim::Step CircuitOutputs::frame_interval() const {
  sim::Step all = 0;
  for (const TraceFile& trace : traces_) all = std::gcd(all, trace.interval);
  return all;
}

// The end of the run is the begin of what comes after it.
bool CircuitOutputs::wants_frame(sim::Step step) const {
  return step < n_steps_ &&
         std::ranges::any_of(traces_, [&](const TraceFile& trace) { return step % trace.interval == 0; });
}

sim::Step CircuitOutputs::next_frame(sim::Step step) const {
  sim::Step next = n_steps_;
  for (const TraceFile& trace : traces_) next = std::min(next, (step / trace.interval + 1) * trace.interval);
  return next;
}

void CircuitOutputs::take_frame(sim::Step step, const CircuitProbe& probe) {
  for (TraceFile& trace : traces_)
    if (step % trace.interval == 0) trace.take(probe);
}

void CircuitOutputs::close() {
  if (spikes_) spikes_->close(n_steps_ * file_.circuit.step_ms);
  if (rates_) io::write_csv(rates_path_, rates_->table(n_steps_ * file_.circuit.step_ms));
  for (TraceFile& trace : traces_) trace.writer->close();
}

}  // namespace loci::cli
