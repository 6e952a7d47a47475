// Makes one run of a reproduction: train, measure, keep. Several may work at a time, each in a thread.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cli/reproduction_runs.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "learning/trainer.hpp"

namespace loci::cli {

struct WorkerSettings {
  std::filesystem::path results;  // finished runs; models and checkpoints lie in its folder models
  std::string data_dir;           // empty: where data sets usually lie
  double checkpoint_seconds = 60.0;
  std::uint64_t n_jobs = 1;  // to keep with the result
};

// Told how much of a run's training is done, 0 to 1; from any thread.
using ProgressListener = std::function<void(double share)>;

class ReproductionWorkshop {
 public:
  explicit ReproductionWorkshop(WorkerSettings settings);

  // Trains what is not trained yet, from the last checkpoint where there is one, and writes the result. None
  // when the user interrupted it: a checkpoint is then kept. Throws InputError for runs that cannot be made.
  std::optional<experiments::RunResult> make(const ReproductionRun& run, std::size_t n_threads,
                                             const ProgressListener& listener);

 private:
  std::shared_ptr<const io::DataSplits> data_for(const TrainConfig& config);
  std::optional<io::ModelFile> kept_model(const ReproductionRun& run) const;
  std::optional<io::ModelFile> train(const ReproductionRun& run, const learning::TrainingPlan& plan,
                                     const io::DataSplits& data, const learning::Workers& workers,
                                     const ProgressListener& listener);
  experiments::RunResult finish(const ReproductionRun& run, const learning::TrainingPlan& plan,
                                const io::ModelFile& model, const io::DataSplits& data,
                                const learning::Workers& workers) const;
  std::filesystem::path model_path(const ReproductionRun& run) const;

  WorkerSettings settings_;
  mutable std::mutex files_;  // HDF5 takes one call at a time
  std::mutex data_mutex_;
  std::map<std::string, std::shared_ptr<const io::DataSplits>> data_;
};

// The processor's name, as results keep it.
std::string machine_name();

}  // namespace loci::cli
