#include "cli/reproduction_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "cli/console.hpp"
#include "cli/model.hpp"
#include "experiments/measures.hpp"
#include "learning/instruction_set.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::cli {
namespace {

namespace fs = std::filesystem;
using learning::TrainingState;
using Clock = std::chrono::steady_clock;

// Saves a training now and then, and passes on how far it is.
class Checkpoints final : public learning::TrainingObserver {
 public:
  Checkpoints(const learning::TrainingPlan& plan, double seconds, const ProgressListener& listener,
              std::function<void(const TrainingState&)> save)
      : plan_(plan), seconds_(seconds), listener_(listener), save_(std::move(save)) {}

  bool on_batch(const TrainingState& state, std::size_t n_batches) override {
    const double epochs = static_cast<double>(state.epoch) +
                          static_cast<double>(state.batches_done) / static_cast<double>(n_batches);
    listener_(epochs / static_cast<double>(plan_.epochs));
    if (std::chrono::duration<double>(Clock::now() - saved_).count() > seconds_) save(state);
    return !interrupted();
  }
  void on_epoch(const TrainingState& /*state*/) override {}

  void save(const TrainingState& state) {
    save_(state);
    saved_ = Clock::now();
  }

 private:
  const learning::TrainingPlan& plan_;
  double seconds_;
  const ProgressListener& listener_;
  std::function<void(const TrainingState&)> save_;
  Clock::time_point saved_ = Clock::now();
};

io::ModelFile model_of(const ReproductionRun& run, const learning::TrainingPlan& plan,
                       const learning::Trainer& trainer, const TrainingState& state, bool resumable) {
  io::ModelFile file{.network = plan.network,
                     .parameters = trainer.result(state).values,
                     .seed = run.config.seed,
                     .configuration = to_toml(run.config),
                     .attributes = {{"dataset", run.config.dataset}},
                     .history = history_table(state)};
  if (resumable) file.snapshot = snapshot_of(state);
  return file;
}

std::vector<double> column(const io::HistoryTable& history, std::size_t index) {
  std::vector<double> values;
  for (const auto& row : history.rows) values.push_back(row[index]);
  return values;
}

}  // namespace

ReproductionWorkshop::ReproductionWorkshop(WorkerSettings settings) : settings_(std::move(settings)) {}

fs::path ReproductionWorkshop::model_path(const ReproductionRun& run) const {
  return settings_.results / "models" / (run.id + ".h5");
}

// Images are many megabytes, and runs that go on at the same time look at the same ones.
std::shared_ptr<const io::DataSplits> ReproductionWorkshop::data_for(const TrainConfig& config) {
  const std::lock_guard lock(data_mutex_);
  auto& data = data_[fmt::format("{} {} {}", config.dataset, config.train_images, config.image_size)];
  if (!data) data = std::make_shared<const io::DataSplits>(load_data(config, settings_.data_dir));
  return data;
}

// Of this run: what is left from another one under its name is not gone on with.
std::optional<io::ModelFile> ReproductionWorkshop::kept_model(const ReproductionRun& run) const {
  const fs::path path = model_path(run);
  if (!fs::exists(path)) return std::nullopt;
  const std::lock_guard lock(files_);
  io::ModelFile model = io::read_model(path);
  TrainConfig config;
  read_toml(io::TomlConfig::parse(model.configuration, path.string() + " (configuration)"), config);
  if (run_id(config) != run.id) return std::nullopt;
  return model;
}

std::optional<io::ModelFile> ReproductionWorkshop::train(const ReproductionRun& run,
                                                         const learning::TrainingPlan& plan,
                                                         const io::DataSplits& data,
                                                         const learning::Workers& workers,
                                                         const ProgressListener& listener) {
  auto kept = kept_model(run);
  if (kept && !kept->snapshot) return kept;
  learning::Trainer trainer(plan, data.train, workers);
  TrainingState state = kept ? restored_state(*kept, model_path(run)) : trainer.start();
  const auto write = [&](bool resumable) {
    auto model = model_of(run, plan, trainer, state, resumable);
    const std::lock_guard lock(files_);
    io::write_model(model_path(run), model);
    return model;
  };
  Checkpoints observer(plan, settings_.checkpoint_seconds, listener,
                       [&](const TrainingState& /*state*/) { write(true); });
  trainer.run(state, observer);
  if (trainer.finished(state)) return write(false);
  observer.save(state);
  return std::nullopt;
}

experiments::RunResult ReproductionWorkshop::finish(const ReproductionRun& run,
                                                    const learning::TrainingPlan& plan,
                                                    const io::ModelFile& model, const io::DataSplits& data,
                                                    const learning::Workers& workers) const {
  sim::Parameters parameters(plan.network);
  parameters.values = model.parameters;
  experiments::RunResult result{.id = run.id,
                                .configuration = model.configuration,
                                .dataset = run.config.dataset,
                                .network = summary_of(plan.network),
                                .parameters = parameters.layout.size(),
                                .seed = run.config.seed,
                                .epochs = model.history.rows.size(),
                                .train_loss = column(model.history, 2),
                                .train_accuracy = column(model.history, 3),
                                .validation_accuracy = {},
                                .spikes_per_image = {},
                                .test_accuracy = {},
                                .test_loss = {},
                                .parameter_sha256 = parameter_digest(parameters),
                                .measures = {},
                                .machine = machine_name(),
                                .threads = workers.n_threads(),
                                .jobs = settings_.n_jobs,
                                .instruction_set = std::string(learning::instruction_set()),
                                .loci_version = std::string(version),
                                .loci_commit = std::string(commit)};
  for (const double seconds : column(model.history, 6)) result.seconds += seconds;
  if (plan.network.spiking()) result.spikes_per_image = column(model.history, 5);
  if (plan.n_validation > 0) {
    result.validation_accuracy = column(model.history, 4);
    result.best_validation = *std::ranges::max_element(result.validation_accuracy);
  }
  if (!run.chooses) {
    learning::BatchEvaluator evaluator(plan.network, plan.objective, workers,
                                       {.trajectory_mib = plan.trajectory_mib});
    const auto test = learning::evaluate(evaluator, parameters, data.test, {}, plan.encoder);
    result.test_accuracy = test.accuracy;
    result.test_loss = test.loss;
  }
  const experiments::TrainedNetwork trained{.network = plan.network,
                                            .parameters = parameters,
                                            .objective = plan.objective,
                                            .encoder = plan.encoder,
                                            .train = data.train,
                                            .test = data.test};
  for (const auto& name : run.measures) result.measures[name] = experiments::measure(name, trained, workers);
  return result;
}

std::optional<experiments::RunResult> ReproductionWorkshop::make(const ReproductionRun& run,
                                                                 std::size_t n_threads,
                                                                 const ProgressListener& listener) {
  const auto data = data_for(run.config);
  const auto plan = plan_of(run.config, data->train.n_pixels(), data->train.n_classes);
  const learning::Workers workers(n_threads);
  const auto model = train(run, plan, *data, workers, listener);
  if (!model) return std::nullopt;
  listener(1.0);
  auto result = finish(run, plan, *model, *data, workers);
  if (auto kept = experiments::read_result(settings_.results, run.id))
    result = experiments::joined(std::move(*kept), std::move(result));
  experiments::write_result(settings_.results, result);
  return result;
}

std::string machine_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(std::min(line.find(": "), line.size() - 2) + 2);
  return "unknown processor";
}

}  // namespace loci::cli
