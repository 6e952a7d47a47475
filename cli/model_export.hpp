// loci export MODEL.h5 --target T: a trained network as what T's own tools read, with a certificate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/console.hpp"
#include "cli/target_options.hpp"

namespace loci::cli {

struct ModelExportOptions {
  std::string model;
  std::string target;
  std::string out;  // empty: after the model and the target
  std::string data_dir;
  std::string encoding;     // empty: as trained
  std::string require;      // empty: nothing
  std::uint64_t steps = 0;  // 0: as trained
  // Not given: as many as there are, up to 1000, 100 and 10.
  std::optional<std::uint64_t> samples;
  std::optional<std::uint64_t> calibration;
  std::optional<std::uint64_t> write_samples;
  TargetOptions of_target;
  double velocity = 0.0;  // 0: no extra delays
  double step_ms = 1.0;
  std::string placement = "best";
  bool split = false;
  std::uint64_t neurons_per_core = 0;  // 0: as many as the target's cores hold
  std::uint64_t n_threads = 0;
  bool force = false;
  Output output;
};

int export_model(const ModelExportOptions& options);

}  // namespace loci::cli
