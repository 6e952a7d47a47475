#include "cli/report_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/circuit_run.hpp"
#include "cli/exported_files.hpp"
#include "cli/machine_memory.hpp"
#include "cli/model.hpp"
#include "experiments/report/circuit_view.hpp"
#include "experiments/report/model_activity.hpp"
#include "experiments/report/model_view.hpp"
#include "experiments/report/raster_view.hpp"
#include "io/circuit_file.hpp"
#include "io/number_table.hpp"
#include "io/raster_file.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::cli {
namespace {

using experiments::Report;

constexpr std::size_t most_traces = 12;
constexpr std::size_t most_frames = 4000;

[[noreturn]] void refuse_second(const std::string& path, const char* what) {
  throw InputError(path, fmt::format("a report shows one {}, and this is the second", what),
                   "make a report for each");
}

class Gathering {
 public:
  explicit Gathering(const ReportFiles& files) : files_(files) {
    report_.made_by = fmt::format("loci {} ({})", version, commit);
  }

  Report run() {
    for (const std::string& path : files_.files) add(path);
    add_sonata_network();
    if (model_) add_activity();
    note_strangers();
    add_title();
    return std::move(report_);
  }

 private:
  void add(const std::string& path) {
    const std::filesystem::path file(path);
    if (std::filesystem::is_directory(file)) return add_certificate((file / certificate_name).string());
    if (is_circuit(file)) return add_circuit(path);
    if (file.extension() == ".json") return add_certificate(path);
    if (file.extension() == ".csv") return add_table(path);
    const std::string format = io::peek_format(path).format;
    if (format == io::model_format)
      add_model(path);
    else if (format == io::raster_format || format == "sonata-spikes")
      add_raster(path, io::read_raster(path));
    else if (format == io::traces_format || format == "sonata-report")
      add_traces(path);
    else if (format == io::nodes_format || format == "sonata-nodes")
      sonata_nodes_.push_back(path);
    else if (format == io::edges_format || format == "sonata-edges")
      sonata_edges_.push_back(path);
    else
      throw InputError(path, fmt::format("a report has no place for a file of the format '{}'", format),
                       "name models, circuits, rasters, traces, SONATA networks, tables of "
                       "training or rates (.csv), or certificates");
  }

  // A page goes to others, whom the folders of this machine do not concern.
  void note(const std::string& path, const std::string& kind) {
    report_.files.push_back({std::filesystem::path(path).filename().string(), kind});
  }

  void add_model(const std::string& path) {
    require_no_network(path);
    model_ = load_model(path);
    note(path, "model");
    report_.network = experiments::model_view(model_->file.network, model_->parameters,
                                              summary_of(model_->file.network), {}, report_.notes);
    if (!report_.training && !model_->file.history.rows.empty()) report_.training = model_->file.history;
    if (model_->file.history.rows.empty()) report_.notes.push_back(path + ": holds no training history");
  }

  void add_circuit(const std::string& path) {
    require_no_network(path);
    const io::CircuitFile file = io::load_circuit(path);
    note(path, "circuit");
    show_circuit(file, std::filesystem::path(path).stem().string(), "circuit");
  }

  void show_circuit(const io::CircuitFile& file, const std::string& title, const std::string& source) {
    sim::validate(file.circuit, true);
    report_.notes.insert(report_.notes.end(), file.notes.begin(), file.notes.end());
    report_.network =
        experiments::circuit_view(file.circuit, title, source, {}, available_memory_bytes(), report_.notes);
  }

  // As a circuit that names the files.
  void add_sonata_network() {
    if (sonata_nodes_.empty() && sonata_edges_.empty()) return;
    if (sonata_nodes_.empty())
      throw InputError(sonata_edges_.front(), "edges alone show no network",
                       "name the file of its nodes, too");
    require_no_network(sonata_nodes_.front());
    const auto list = [this](const std::vector<std::string>& paths, const char* kind) {
      nlohmann::json names = nlohmann::json::array();
      for (const std::string& path : paths) {
        names.push_back(std::filesystem::absolute(path).string());
        note(path, kind);
      }
      return names.dump();  // of texts, which TOML writes alike
    };
    std::string text = fmt::format("[sonata]\nnodes = {}\n", list(sonata_nodes_, "SONATA nodes"));
    if (!sonata_edges_.empty()) text += fmt::format("edges = {}\n", list(sonata_edges_, "SONATA edges"));
    show_circuit(io::parse_circuit(text, "SONATA network", "."),
                 std::filesystem::path(sonata_nodes_.front()).stem().string(), "SONATA network");
  }

  void require_no_network(const std::string& path) const {
    if (report_.network) refuse_second(path, "network");
  }

  void add_raster(const std::string& path, const io::RasterFile& raster) {
    if (report_.raster) refuse_second(path, "raster");
    note(path, "raster");
    report_.raster = experiments::raster_view(raster, std::filesystem::path(path).filename().string(),
                                              {.most_spikes = files_.spikes}, report_.notes);
  }

  void add_traces(const std::string& path) {
    note(path, "traces");
    const auto views = experiments::traces_views(path, most_traces, most_frames);
    report_.traces.insert(report_.traces.end(), views.begin(), views.end());
  }

  void add_table(const std::string& path) {
    const io::NumberTable table = io::read_number_table(path);
    if (table.has("time_ms")) return add_raster(path, experiments::raster_of(table));
    const bool is_history = table.has("epoch");
    if (!is_history && !table.has("begin_ms"))
      throw InputError(path, "its columns are those of no table that loci writes",
                       "give training (epoch, ...), rates (begin_ms, ...) or spikes (time_ms, neuron)");
    auto& place = is_history ? table_of_training_ : report_.rates;
    if (place) refuse_second(path, is_history ? "history of training" : "table of rates");
    note(path, is_history ? "training" : "rates");
    place = io::HistoryTable{.columns = table.columns, .rows = {}};
    for (std::size_t row = 0; row < table.n_rows(); ++row) {
      place->rows.emplace_back();
      for (const auto& column : table.values) place->rows.back().push_back(column[row]);
    }
    if (is_history) report_.training = place;
  }

  void add_certificate(const std::string& path) {
    auto json = nlohmann::json::parse(read_text(path), nullptr, false);
    if (!json.is_object() || !json.contains("target") || !json.contains("properties"))
      throw InputError(path, "this is no certificate of an export",
                       fmt::format("give the {} or the folder that `loci export` wrote", certificate_name));
    note(path, "certificate");
    report_.certificates.push_back(std::move(json));
  }

  std::optional<io::DataSplits> images() {
    if (!files_.activity && !files_.confusion && !files_.pruning) return std::nullopt;
    try {
      return load_data_for(*model_, files_.data_dir);
    } catch (const InputError& error) {
      if (!files_.data_dir.empty()) throw;
      report_.notes.push_back(
          fmt::format("activations, confusion and pruning are not shown, for the images are missing: {}: {} "
                      "(--data-dir names their folder)",
                      error.where(), error.problem()));
      return std::nullopt;
    }
  }

  void add_activity() {
    const auto data = images();
    if (!data) return;
    const auto& network = model_->file.network;
    const experiments::TrainedNetwork trained{.network = network,
                                              .parameters = model_->parameters,
                                              .encoder = encoder_of(model_->config),
                                              .objective = objective_of(model_->config, network),
                                              .trajectory_mib = model_->config.trajectory_mib};
    Progress progress(files_.output, "steps");
    if (files_.activity) run_images(trained, *data, progress);
    const learning::Workers workers(files_.threads);
    if (files_.confusion) {
      progress.update("test images", 0, 1, 0, "");
      report_.confusion = experiments::confusion(trained, data->test, workers);
    }
    if (files_.pruning)
      report_.pruning = experiments::pruning(
          trained, data->test, files_.pruning_images, workers,
          [&](std::size_t done, std::size_t total) { progress.update("pruning", done, total, done, ""); });
  }

  void run_images(const experiments::TrainedNetwork& trained, const io::DataSplits& data,
                  Progress& progress) {
    progress.update("images", 0, 1, 0, "");
    const auto means = sim::class_means(data.train);
    auto activity = experiments::model_activity({.model = trained,
                                                 .means = means,
                                                 .test = data.test,
                                                 .n_images = files_.images,
                                                 .shown = report_.network->neurons});
    report_.inputs = std::move(activity.inputs);
    report_.traces.insert(report_.traces.begin(), activity.membranes.begin(), activity.membranes.end());
    if (!report_.raster && trained.network.spiking() && !activity.raster.samples.empty())
      report_.raster = experiments::raster_view(
          activity.raster,
          fmt::format("{} test images of {}", activity.raster.samples.size(), data.test.name),
          {.most_spikes = files_.spikes}, report_.notes);
  }

  // Spikes light the neurons of a network with the same populations.
  void note_strangers() {
    if (!report_.network || !report_.raster) return;
    const bool same =
        std::ranges::equal(report_.network->groups, report_.raster->groups, {},
                           &experiments::NeuronGroup::n_neurons, &experiments::NeuronGroup::n_neurons);
    if (!same)
      report_.notes.emplace_back(
          "the populations of the raster are not those of the network: its spikes are not shown in space");
  }

  void add_title() {
    const std::string first = std::filesystem::path(files_.files.front()).filename().string();
    report_.title =
        report_.network ? fmt::format("{}: {}", first, report_.network->title) : fmt::format("{}", first);
  }

  const ReportFiles& files_;
  Report report_;
  std::optional<LoadedModel> model_;
  std::optional<io::HistoryTable> table_of_training_;  // before that of the model
  std::vector<std::string> sonata_nodes_;
  std::vector<std::string> sonata_edges_;
};

}  // namespace

experiments::Report gather_report(const ReportFiles& files) {
  if (files.files.empty())
    throw InputError("FILE", "no file was named", "name a model, a circuit or a raster");
  return Gathering(files).run();
}

}  // namespace loci::cli
