// One finished run as it is kept: a small JSON file that says what was trained, how, on what, and what came
// out.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace loci::experiments {

struct RunResult {
  std::string id;
  std::string configuration;  // TOML text of the whole run
  std::string dataset;
  std::string network;  // in words
  std::size_t parameters = 0;
  std::uint64_t seed = 0;
  std::uint64_t epochs = 0;
  std::vector<double> train_loss;  // by epoch, as the three below
  std::vector<double> train_accuracy;
  std::vector<double> validation_accuracy;  // empty without validation images
  std::vector<double> spikes_per_image;     // of spiking networks, while training
  double best_validation = 0.0;
  std::optional<double> test_accuracy;  // none where the test images were not looked at
  std::optional<double> test_loss;
  std::string parameter_sha256;
  std::map<std::string, nlohmann::json> measures;
  // How it was run.
  double seconds = 0.0;  // of training
  std::string machine;   // processor
  std::uint64_t threads = 1;
  std::uint64_t jobs = 1;  // runs at a time
  std::string instruction_set;
  std::string loci_version;
  std::string loci_commit;
};

nlohmann::json to_json(const RunResult& result);
// Throws InputError naming `where` for an object that is no result.
RunResult result_from_json(const nlohmann::json& object, const std::string& where);

// The finished runs in a folder, by id. A folder that does not exist holds none.
using Results = std::map<std::string, RunResult>;
Results read_results(const std::filesystem::path& folder);
std::optional<RunResult> read_result(const std::filesystem::path& folder, const std::string& id);
// What is kept of a run that was made again: the earlier result with the measures of both, where they are of
// the same parameters, otherwise the later one.
RunResult joined(RunResult earlier, RunResult later);
// <folder>/<id>.json, atomically.
void write_result(const std::filesystem::path& folder, const RunResult& result);

}  // namespace loci::experiments
