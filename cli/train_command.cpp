// loci train: configuration -> data -> trainer with callbacks -> model file and summary.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/field_options.hpp"
#include "cli/model.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "experiments/presets.hpp"
#include "io/csv.hpp"
#include "learning/instruction_set.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::cli {
namespace {

namespace fs = std::filesystem;
using learning::Phase;
using learning::TrainingState;

struct TrainOptions {
  TrainConfig given;  // what the command line says
  std::vector<CLI::Option*> field_options;
  std::vector<CLI::Option*> start_options;  // the others that say what run to start
  std::string preset;
  std::string from;
  std::string config_file;
  std::string resume;
  std::string out = "model.h5";
  std::uint64_t threads = 0;
  double checkpoint_seconds = 60.0;
  std::string instruction_set;
  bool force = false;
  bool print_config = false;
  bool list_presets = false;
  Output output;
};

// A model to go on from. What it was rounded to is not inherited: who rounds says to what.
std::optional<LoadedModel> starting_model(const TrainOptions& options) {
  if (options.from.empty()) return std::nullopt;
  LoadedModel model = load_model(options.from);
  const TrainConfig whole;
  model.config.quantize_weights = whole.quantize_weights;
  model.config.quantize_scale = whole.quantize_scale;
  model.config.quantize_positions = whole.quantize_positions;
  model.config.quantize_step = whole.quantize_step;
  model.config.quantize_masks = whole.quantize_masks;
  return model;
}

// Defaults or the starting model's, then the preset, then the file, then the command line.
TrainConfig merged_config(const TrainOptions& options, const std::optional<LoadedModel>& start) {
  TrainConfig config = start ? start->config : TrainConfig{};
  if (!options.preset.empty())
    read_toml(io::TomlConfig::parse(experiments::preset(options.preset), "preset " + options.preset), config);
  if (!options.config_file.empty()) read_toml(io::TomlConfig::load(options.config_file), config);
  take_given(options.given, options.field_options, config);
  return config;
}

// Saves and shows the training as it goes.
class RunObserver final : public learning::TrainingObserver {
 public:
  RunObserver(const TrainOptions& options, const TrainConfig& config, const learning::TrainingPlan& plan,
              const learning::Trainer& trainer, fs::path path, std::uint64_t n_images,
              std::map<std::string, std::string> origin)
      : options_(options),
        config_(config),
        plan_(plan),
        trainer_(trainer),
        path_(std::move(path)),
        configuration_(to_toml(config)),
        progress_(options.output, "images"),
        n_images_(n_images),
        origin_(std::move(origin)) {}

  bool on_batch(const TrainingState& state, std::size_t /*n_batches*/) override {
    const bool between_epochs = state.batches_done == 0;
    const std::uint64_t n_done = state.epoch * n_images_ + state.n_seen;
    progress_.update(fmt::format("epoch {}/{}", std::min(state.epoch + 1, plan_.epochs), plan_.epochs),
                     n_done, plan_.epochs * n_images_, n_done, score_text(state));
    const auto now = std::chrono::steady_clock::now();
    if (!between_epochs && std::chrono::duration<double>(now - saved_).count() > options_.checkpoint_seconds)
      save(state);
    return !interrupted();
  }

  void on_epoch(const TrainingState& state) override {
    const auto& record = state.history.back();
    std::string text = fmt::format("epoch {:>3}/{}  loss {:.4f}  train accuracy {:.4f}", record.epoch,
                                   plan_.epochs, record.train_loss, record.train_accuracy);
    if (plan_.n_validation > 0) text += fmt::format("  validation {:.4f}", record.validation_accuracy);
    if (plan_.network.spiking()) text += fmt::format("  {:.0f} spikes/image", record.spikes_per_image);
    progress_.line(fmt::format("{}  {:.2f} s", text, record.seconds));
    save(state);
  }

  // Of the epoch under way, or of the one just finished.
  static std::string score_text(const TrainingState& state) {
    const bool between_epochs = state.batches_done == 0;
    const auto seen = static_cast<double>(std::max<std::uint64_t>(state.n_seen, 1));
    const double loss = between_epochs ? state.history.back().train_loss : state.loss_sum / seen;
    const double accuracy =
        between_epochs ? state.history.back().train_accuracy : static_cast<double>(state.n_correct) / seen;
    return fmt::format("loss {:.4f}  accuracy {:.4f}", loss, accuracy);
  }

  void save(const TrainingState& state) {
    io::write_model(path_, model_file(state, true));
    saved_ = std::chrono::steady_clock::now();
  }

  io::ModelFile model_file(const TrainingState& state, bool resumable) const {
    io::ModelFile file{
        .network = plan_.network,
        .parameters = trainer_.result(state).values,
        .seed = config_.seed,
        .configuration = configuration_,
        .attributes = {{"dataset", config_.dataset}, {"epochs_done", fmt::format("{}", state.epoch)}},
        .history = history_table(state)};
    file.attributes.insert(origin_.begin(), origin_.end());
    if (resumable) file.snapshot = snapshot_of(state);
    return file;
  }

 private:
  const TrainOptions& options_;
  const TrainConfig& config_;
  const learning::TrainingPlan& plan_;
  const learning::Trainer& trainer_;
  fs::path path_;
  std::string configuration_;
  Progress progress_;
  std::uint64_t n_images_;                     // per epoch
  std::map<std::string, std::string> origin_;  // what parameters it started from
  std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now();
};

nlohmann::json phase_shares(const learning::Profile& profile) {
  double total = 0.0;
  for (std::size_t p = 0; p < learning::phase_names.size(); ++p)
    total += profile.seconds(static_cast<Phase>(p));
  nlohmann::json shares;
  for (std::size_t p = 0; p < learning::phase_names.size(); ++p)
    shares[std::string(learning::phase_names[p])] =
        total > 0 ? profile.seconds(static_cast<Phase>(p)) / total : 0.0;
  return shares;
}

nlohmann::json summary_json(const TrainConfig& config, const learning::TrainingPlan& plan,
                            const TrainingState& state, const learning::Trainer& trainer,
                            const learning::Accuracy& test, const learning::Workers& workers,
                            const fs::path& path) {
  std::vector<double> seconds;
  double total = 0.0;
  for (const auto& record : state.history) {
    seconds.push_back(record.seconds);
    total += record.seconds;
  }
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2),
                   seconds.end());
  nlohmann::json json{{"network", summary_of(plan.network)},
                      {"parameters", sim::ParameterLayout(plan.network).size()},
                      {"dataset", config.dataset},
                      {"seed", config.seed},
                      {"epochs", state.epoch},
                      {"stopped_early", state.stopped_early},
                      {"train_accuracy", state.history.back().train_accuracy},
                      {"test_accuracy", test.accuracy},
                      {"test_loss", test.loss},
                      {"seconds", total},
                      {"median_epoch_seconds", seconds[seconds.size() / 2]},
                      {"peak_memory_mib", peak_memory_mib()},
                      {"threads", workers.n_threads()},
                      {"instruction_set", learning::instruction_set()},
                      {"share_of_time", phase_shares(trainer.profile())},
                      {"parameter_sha256", parameter_digest(trainer.result(state))},
                      {"model", path.string()},
                      {"history_csv", fs::path(path).replace_extension(".csv").string()}};
  if (plan.n_validation > 0) {
    json["validation_accuracy"] = state.best_accuracy;
    json["best_epoch"] = state.best_epoch;
  }
  if (plan.network.spiking()) json["spikes_per_image"] = test.spikes_per_image;
  const auto table = history_table(state);
  json["history"] = {{"columns", table.columns}, {"rows", table.rows}};
  json["configuration"] = to_toml(config);
  json["loci_version"] = version;
  json["loci_commit"] = commit;
  return json;
}

void print_summary(const nlohmann::json& json) {
  fmt::print("\n{}\n", json["network"].get<std::string>());
  fmt::print("  parameters        {}\n", json["parameters"].get<std::size_t>());
  if (json.contains("validation_accuracy"))
    fmt::print("  validation        {:.4f} (best epoch {})\n", json["validation_accuracy"].get<double>(),
               json["best_epoch"].get<std::size_t>());
  fmt::print("  test accuracy     {:.4f} on {}\n", json["test_accuracy"].get<double>(),
             json["dataset"].get<std::string>());
  if (json.contains("spikes_per_image"))
    fmt::print("  spikes per image  {:.0f}\n", json["spikes_per_image"].get<double>());
  fmt::print("  time              {} in all, {:.2f} s an epoch (median)\n",
             clock_text(json["seconds"].get<double>()), json["median_epoch_seconds"].get<double>());
  fmt::print("  peak memory       {:.0f} MiB\n", json["peak_memory_mib"].get<double>());
  fmt::print("  ran on            {} threads, {} kernels\n", json["threads"].get<std::size_t>(),
             json["instruction_set"].get<std::string>());
  fmt::print("  share of time    ");
  for (const auto phase : learning::phase_names)
    fmt::print(" {} {:.0f} %", phase, 100 * json["share_of_time"][std::string(phase)].get<double>());
  fmt::print("\n  parameter digest  {}\n", json["parameter_sha256"].get<std::string>());
  fmt::print("  written           {}, {}\n", json["model"].get<std::string>(),
             json["history_csv"].get<std::string>());
}

void refuse_overwriting(const TrainOptions& options) {
  const auto history = fs::path(options.out).replace_extension(".csv");
  if (history == options.out)
    throw InputError(options.out, "the history of the training goes to a file of this name",
                     "let the model's name end in .h5");
  if (!options.force && fs::exists(options.out))
    throw InputError(
        options.out, "the file exists",
        fmt::format(
            "go on with `loci train --resume {0}`, replace it with --force, or name another with --out",
            options.out));
  if (!options.force && fs::exists(history))
    throw InputError(history.string(), "the file exists, and the history of the training would replace it",
                     "replace it with --force, or name another model with --out");
}

// Refuses a start whose parameters are of another network, and chooses what it can tell about rounding.
void fit_to_start(const std::optional<LoadedModel>& start, const sim::LabelledImages& images,
                  TrainConfig& config) {
  const bool lacks_scale = config.quantize_weights > 0 && config.quantize_scale.empty();
  const bool lacks_step = config.quantize_positions > 0 && config.quantize_step == 0.0;
  if (!start) {
    if (lacks_scale || lacks_step)
      throw InputError(lacks_scale ? "quantization.scale" : "quantization.step",
                       "it follows from trained parameters, and there are none yet",
                       "give it, or train without rounding first and go on with --from");
    return;
  }
  TrainConfig unrounded = config;
  unrounded.quantize_weights = unrounded.quantize_positions = unrounded.quantize_masks = 0;
  auto network = plan_of(unrounded, images.n_pixels(), images.n_classes).network;
  if (sim::ParameterLayout(network).groups() != start->parameters.layout.groups())
    throw InputError("--from",
                     fmt::format("its network is {}, to be trained is {}", summary_of(start->file.network),
                                 summary_of(network)),
                     "leave the network as it is");
  fit_quantisation(network, start->parameters, config);
}

std::map<std::string, std::string> origin_of(const TrainOptions& options,
                                             const std::optional<LoadedModel>& start,
                                             const std::optional<io::ModelFile>& checkpoint) {
  std::map<std::string, std::string> origin;
  if (start) origin = {{"from", options.from}, {"from_sha256", parameter_digest(start->parameters)}};
  if (checkpoint)
    for (const char* name : {"from", "from_sha256"})
      if (const auto found = checkpoint->attributes.find(name); found != checkpoint->attributes.end())
        origin.insert(*found);
  return origin;
}

int train(const TrainOptions& options) {
  if (!(options.checkpoint_seconds >= 0))
    throw InputError("--checkpoint-seconds", fmt::format("{} is not a time", options.checkpoint_seconds),
                     "give 0 to save after every batch, or how many seconds may be lost");
  if (!options.instruction_set.empty()) learning::choose_instruction_set(options.instruction_set);
  const auto start = starting_model(options);
  TrainConfig config = merged_config(options, start);
  std::optional<io::ModelFile> checkpoint;
  fs::path path = options.out;
  if (!options.resume.empty()) {
    path = options.resume;
    checkpoint = io::read_model(path);
    config = TrainConfig{};
    read_toml(io::TomlConfig::parse(checkpoint->configuration, path.string() + " (configuration)"), config);
  } else {
    refuse_overwriting(options);
  }
  const auto data = load_data(config);
  fit_to_start(start, data.train, config);
  const auto plan = plan_of(config, data.train.n_pixels(), data.train.n_classes);
  const learning::Workers workers(options.threads);
  learning::Trainer trainer(plan, data.train, workers);
  TrainingState state = checkpoint ? restored_state(*checkpoint, path) : trainer.start();
  if (start) state.parameters.values = start->parameters.values;
  prepare_output(path);

  watch_interrupts();
  RunObserver observer(options, config, plan, trainer, path, data.train.size() - config.validation,
                       origin_of(options, start, checkpoint));
  if (!options.output.quiet)
    fmt::print(stderr, "{} on {}: {} parameters, {} training images, {} threads, {} kernels\n",
               summary_of(plan.network), config.dataset, state.parameters.layout.size(),
               data.train.size() - config.validation, workers.n_threads(), learning::instruction_set());
  trainer.run(state, observer);
  if (!trainer.finished(state)) {
    observer.save(state);
    fmt::print(stderr, "stopped after epoch {}, batch {}; go on with: loci train --resume {}\n", state.epoch,
               state.batches_done, path.string());
    return 130;
  }
  learning::BatchEvaluator evaluator(plan.network, plan.objective, workers,
                                     {.trajectory_mib = plan.trajectory_mib});
  const auto test = learning::evaluate(evaluator, trainer.result(state), data.test, {}, plan.encoder);
  const auto summary = summary_json(config, plan, state, trainer, test, workers, path);
  io::ModelFile file = observer.model_file(state, false);
  file.attributes["test_accuracy"] = fmt::format("{}", test.accuracy);
  io::write_model(path, file);
  io::write_csv(fs::path(path).replace_extension(".csv"), file.history);
  if (options.output.json)
    print_json(summary);
  else
    print_summary(summary);
  return 0;
}

void refuse_what_starts_a_run(const TrainOptions& options) {
  for (const auto* group : {&options.start_options, &options.field_options})
    for (const CLI::Option* option : *group)
      if (option->count() > 0)
        throw InputError(option->get_name(),
                         "a resumed training goes on where and under the configuration it was started with",
                         "leave the option out, or start a new run");
}

int print_or_train(const TrainOptions& options) {
  if (options.list_presets) {
    for (const auto& name : experiments::preset_names()) fmt::print("{}\n", name);
    return 0;
  }
  if (!options.resume.empty()) refuse_what_starts_a_run(options);
  if (!options.print_config) return train(options);
  fmt::print("{}", to_toml(merged_config(options, starting_model(options))));
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand("train", "Train a network and write it to a model file");
  options->start_options = {
      command->add_option("--preset", options->preset,
                          "start from a built-in configuration (--list-presets)"),
      command->add_option("--from", options->from,
                          "start from this model's parameters and, but for rounding, its configuration"),
      command->add_option("--config", options->config_file,
                          "TOML file with [data], [network], [objective] and [training]"),
      command->add_option("--out", options->out, "model file to write; also the checkpoint while training")
          ->capture_default_str(),
      command->add_flag("--print-config", options->print_config,
                        "print the whole configuration as TOML and stop")};
  command->add_option("--resume", options->resume, "go on with an interrupted training");
  command->add_option("--threads", options->threads, "0: all; results do not depend on it")
      ->check(whole_number(most_threads));
  command
      ->add_option("--checkpoint-seconds", options->checkpoint_seconds,
                   "save within an epoch after so many seconds")
      ->capture_default_str();
  command->add_option("--instruction-set", options->instruction_set,
                      "portable, avx2 or avx512 (default: the best there is)");
  command->add_flag("--force", options->force, "replace an existing model file");
  command->add_flag("--list-presets", options->list_presets, "print the built-in configurations and stop");
  command->add_flag("--quiet", options->output.quiet, "no progress");
  command->add_flag("--json", options->output.json, "the summary as JSON");
  options->field_options = add_field_options(*command, options->given);
  command->callback([options, &action] { action = [options] { return print_or_train(*options); }; });
}

}  // namespace loci::cli
