// Model file -> spatial graph -> engine -> spikes in a file and one summary.
#include "cli/model_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "backends/nir_export.hpp"
#include "cli/model.hpp"
#include "cli/output_file.hpp"
#include "cli/spike_file.hpp"
#include "sim/error.hpp"
#include "sim/simulate.hpp"

namespace loci::cli {
namespace {

// Sends each layer's spikes to its population of the file.
class FileRecorder final : public sim::Recorder {
 public:
  FileRecorder(SpikeFile& writer, const sim::SpatialGraph& graph) : writer_(writer), graph_(graph) {}

  void begin_sample(double offset_ms) { offset_ms_ = offset_ms; }
  void record(double time_ms, std::span<const sim::NeuronId> spikes) override {
    std::size_t at = 0;
    for (std::size_t layer = 0; layer < graph_.n_layers(); ++layer) {
      ids_.clear();
      for (; at < spikes.size() && index_of(spikes[at]) < graph_.layer_begin(layer + 1); ++at)
        ids_.push_back(index_of(spikes[at]) - graph_.layer_begin(layer));
      if (ids_.empty()) continue;
      times_.assign(ids_.size(), offset_ms_ + time_ms);
      writer_.append(layer, ids_, times_);
    }
  }

 private:
  SpikeFile& writer_;
  const sim::SpatialGraph& graph_;
  double offset_ms_ = 0.0;
  std::vector<std::uint64_t> ids_;
  std::vector<double> times_;
};

std::vector<io::Population> populations_of(const sim::NetworkDescription& network) {
  std::vector<io::Population> populations;
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const bool last = l + 1 == network.n_layers();
    const std::string hidden = network.n_layers() == 3 ? "hidden" : fmt::format("hidden{}", l);
    populations.push_back({l == 0 ? "input" : last ? "output" : hidden, network.sizes[l]});
  }
  return populations;
}

nlohmann::json counts_json(const sim::SimulationCounts& counts) {
  return {{"spikes", counts.spikes},
          {"synaptic_events", counts.synaptic_events},
          {"neuron_updates", counts.neuron_updates},
          {"predictions", counts.predictions},
          {"dropped_events", counts.dropped_events}};
}

struct Outcome {
  std::size_t n_correct = 0;
  double seconds = 0.0;
  sim::SimulationCounts counts;
  sim::Raster raster;  // kept only where engines are compared
};

// Both recorders at once.
class Tee final : public sim::Recorder {
 public:
  Tee(sim::Recorder* a, sim::Recorder* b) : a_(a), b_(b) {}
  void record(double time_ms, std::span<const sim::NeuronId> spikes) override {
    if (a_ != nullptr) a_->record(time_ms, spikes);
    if (b_ != nullptr) b_->record(time_ms, spikes);
  }

 private:
  sim::Recorder* a_;
  sim::Recorder* b_;
};

std::uint64_t steps_of(const ModelRunOptions& options, const LoadedModel& model) {
  return options.steps != 0 ? options.steps : model.config.steps;
}

class Run {
 public:
  Run(const ModelRunOptions& options, const LoadedModel& model, const sim::LabelledImages& images,
      const sim::SpatialGraph& graph)
      : options_(options), model_(model), images_(images), graph_(graph) {}

  // writer: null where nothing is to be written.
  Outcome operator()(sim::Engine engine, SpikeFile* writer) const {
    Outcome outcome;
    sim::LayeredSimulation simulation(model_.file.network, model_.parameters, graph_, engine,
                                      steps_of(options_, model_), options_.graph.step_ms);
    sim::RasterRecorder memory(outcome.raster);
    std::optional<FileRecorder> file;
    if (writer != nullptr) file.emplace(*writer, graph_);
    Tee recorder(writer != nullptr ? &*file : nullptr, options_.compare ? &memory : nullptr);
    Progress progress(options_.output, "images");
    const sim::Encoder encoder = encoder_of(model_.config);
    for (std::uint64_t sample = 0; sample < options_.samples; ++sample) {
      const double begin_ms = static_cast<double>(sample) * simulation.sample_duration_ms();
      const std::uint64_t image = options_.first + sample;
      memory.begin_sample(begin_ms);
      if (file) file->begin_sample(begin_ms);
      const auto start = std::chrono::steady_clock::now();
      const auto result =
          simulation.run(images_.image(image), encoder, static_cast<std::uint32_t>(image), recorder);
      outcome.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      outcome.n_correct += result.predicted == images_.labels[image] ? 1 : 0;
      if (writer != nullptr)
        writer->end_sample({.index = image,
                            .begin_ms = begin_ms,
                            .end_ms = begin_ms + simulation.sample_duration_ms(),
                            .label = images_.labels[image],
                            .predicted = static_cast<std::int64_t>(result.predicted)});
      progress.update(fmt::format("{} engine", name_of(engine)), sample + 1, options_.samples, sample + 1,
                      "");
    }
    outcome.counts = simulation.counts();
    return outcome;
  }

 private:
  const ModelRunOptions& options_;
  const LoadedModel& model_;
  const sim::LabelledImages& images_;
  const sim::SpatialGraph& graph_;
};

nlohmann::json outcome_json(const Outcome& outcome, sim::Engine engine, std::uint64_t samples) {
  auto json = counts_json(outcome.counts);
  json["engine"] = name_of(engine);
  json["seconds"] = outcome.seconds;
  json["images_per_second"] = static_cast<double>(samples) / outcome.seconds;
  json["accuracy"] = static_cast<double>(outcome.n_correct) / static_cast<double>(samples);
  return json;
}

void print_outcome(const nlohmann::json& json) {
  fmt::print("  {} engine: accuracy {:.4f}, {:.3f} s ({:.0f} images/s)\n", json["engine"].get<std::string>(),
             json["accuracy"].get<double>(), json["seconds"].get<double>(),
             json["images_per_second"].get<double>());
  fmt::print("    {} spikes, {} synaptic events, {} neuron updates, {} predictions\n",
             json["spikes"].get<std::uint64_t>(), json["synaptic_events"].get<std::uint64_t>(),
             json["neuron_updates"].get<std::uint64_t>(), json["predictions"].get<std::uint64_t>());
  if (json["dropped_events"].get<std::uint64_t>() > 0)
    fmt::print("    {} synaptic events would have arrived after their target's time\n",
               json["dropped_events"].get<std::uint64_t>());
}

void check_request(const ModelRunOptions& options, std::uint64_t n_images) {
  if (options.samples == 0 || options.first >= n_images || options.samples > n_images - options.first)
    throw InputError(
        "--samples",
        fmt::format("{} images from number {} of {} test images", options.samples, options.first, n_images),
        "choose at least one, and no more than there are");
}

std::size_t classes_of(const LoadedModel& model, const sim::LabelledImages& images) {
  std::size_t n = model.file.network.sizes.back();
  for (const std::size_t label : images.labels) n = std::max(n, label + 1);
  return n;
}

// The run's configuration as the raster carries it: how the network was trained, then how it was run.
std::string configuration_of(const ModelRunOptions& options, const LoadedModel& model) {
  return fmt::format(
      "{}\n[simulation]\nengine = \"{}\"\nsamples = {}\nfirst = {}\nsteps = {}\nstep_ms = {}\ncutoff = "
      "{}\nvelocity = {}\n"
      "model_sha256 = \"{}\"\n",
      model.file.configuration, options.engine, options.samples, options.first, steps_of(options, model),
      options.graph.step_ms, options.graph.cutoff, options.graph.velocity,
      parameter_digest(model.parameters));
}

void print_result(const nlohmann::json& json) {
  fmt::print("{}: {} images over {} edges\n", json["network"].get<std::string>(),
             json["images"].get<std::uint64_t>(), json["edges"].get<std::size_t>());
  for (const auto& one : json["runs"]) print_outcome(one);
  if (json.contains("engines_agree"))
    fmt::print("  the engines {} spike for spike\n",
               json["engines_agree"].get<bool>() ? "agree" : "DISAGREE");
  fmt::print("  ran on {} thread in double precision, {} kernels\n  written: {}\n",
             json["threads"].get<std::size_t>(), json["instruction_set"].get<std::string>(),
             json["raster"].get<std::string>());
}

}  // namespace

int simulate_model(const ModelRunOptions& options) {
  const LoadedModel model = load_model(options.model);
  const auto engine = sim::parse_engine(options.engine, "--engine");
  const SpikeFormat format = parse_spike_format(options.format, "--format");
  if (!options.force && std::filesystem::exists(options.out))
    throw InputError(options.out, "the file exists", "replace it with --force or name another with --out");
  const auto data = load_data_for(model, options.data_dir);
  check_request(options, data.test.size());
  const auto graph = sim::build_spatial_graph(model.file.network, model.parameters, options.graph);
  const Run run(options, model, data.test, graph);
  const SpikeFileOptions file{.path = options.out,
                              .format = format,
                              .populations = populations_of(model.file.network),
                              .n_classes = classes_of(model, data.test),
                              .layered = LayeredTime{.nodes = backends::nir_node_names(model.file.network),
                                                     .step_ms = options.graph.step_ms,
                                                     .n_steps = steps_of(options, model)}};
  require_layout(file, static_cast<double>(steps_of(options, model)) * options.graph.step_ms);
  prepare_output(options.out);
  const auto writer =
      make_spike_file(file, {.seed = model.file.seed, .configuration = configuration_of(options, model)});
  const Outcome outcome = run(engine, writer.get());
  writer->close();
  nlohmann::json json{{"model", options.model},
                      {"network", summary_of(model.file.network)},
                      {"images", options.samples},
                      {"edges", graph.n_edges()},
                      {"threads", 1},
                      {"instruction_set", "portable"},  // the engines have no vector code of their own yet
                      {"raster", options.out},
                      {"format", options.format},
                      {"runs", nlohmann::json::array({outcome_json(outcome, engine, options.samples)})}};
  if (options.compare) {
    const auto other = engine == sim::Engine::clock ? sim::Engine::event : sim::Engine::clock;
    const Outcome second = run(other, nullptr);
    json["runs"].push_back(outcome_json(second, other, options.samples));
    json["engines_agree"] = outcome.raster == second.raster;
  }
  if (options.output.json)
    print_json(json);
  else
    print_result(json);
  return options.compare && !json["engines_agree"].get<bool>() ? 70 : 0;
}

}  // namespace loci::cli
