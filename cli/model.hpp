// Trained models between the file and the rooms that use them.
#pragma once

#include <filesystem>
#include <string>

#include "cli/train_config.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "learning/trainer.hpp"
#include "sim/parameters.hpp"

namespace loci::cli {

// A model file with its run's configuration understood.
struct LoadedModel {
  io::ModelFile file;
  TrainConfig config;
  sim::Parameters parameters;
};

LoadedModel load_model(const std::filesystem::path& path);

// The data set a configuration names; `data_dir`, unless empty, overrides where it lies.
io::DataSplits load_data(const TrainConfig& config, const std::string& data_dir = "");

// The data set a model was trained on, or another of the same size of images.
io::DataSplits load_data_for(const LoadedModel& model, const std::string& data_dir);

// The state of a training as the arrays and numbers of a checkpoint, and back.
io::TrainingSnapshot snapshot_of(const learning::TrainingState& state);
learning::TrainingState restored_state(const io::ModelFile& file, const std::filesystem::path& path);
io::HistoryTable history_table(const learning::TrainingState& state);

// SHA-256 over the parameters' bytes: equal for equal parameters, bit for bit.
std::string parameter_digest(const sim::Parameters& parameters);

// "784-448-10 spatial snn, 8-D, learned gaps"
std::string summary_of(const sim::NetworkDescription& network);

}  // namespace loci::cli
