// What is measured: a network with parameters and some images, from options, a preset or a model file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/train_config.hpp"
#include "learning/trainer.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
class Option;
}  // namespace CLI

namespace loci::bench {

struct WorkloadOptions {
  cli::TrainConfig given;  // what the command line says
  std::vector<CLI::Option*> field_options;
  std::string preset;
  std::string model;
  std::string split = "train";
  std::string instruction_set;
  std::uint64_t threads = 1;
};

struct Workload {
  cli::TrainConfig config;
  learning::TrainingPlan plan;
  sim::Parameters parameters;  // the model file's, or fresh ones
  sim::LabelledImages images;  // the first of the split, no more than asked for
  double start_mib;            // resident before anything was loaded
  double loaded_mib;           // and with the images alone
  bool peak_after_loading;     // whether the peak leaves out what loading took
};

void add_workload_options(CLI::App& command, WorkloadOptions& options);

// n_images: 0 for as many as a batch has. Throws InputError for too few images and for options that do not
// describe the network of the model file.
Workload load_workload(const WorkloadOptions& options, std::size_t n_images = 0);

// What ran on what: for the head of every result.
nlohmann::json identity(const Workload& workload, std::size_t n_threads);
nlohmann::json memory(const Workload& workload);

}  // namespace loci::bench
