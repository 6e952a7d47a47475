// From experiments to runs: every row under every recipe as complete configurations, each with a name of its
// own.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "cli/train_config.hpp"
#include "experiments/reproduction.hpp"
#include "experiments/reproduction_tables.hpp"
#include "experiments/run_result.hpp"

namespace loci::cli {

// One training to be made.
struct ReproductionRun {
  std::string id;
  TrainConfig config;                 // without a folder of data
  std::vector<std::string> measures;  // besides its accuracy
  bool chooses = false;               // a candidate, judged on validation images: the test images stay unseen
  std::string title;                  // "table1: 3D MLP, gap fixed, paper, seed 1"
  double seconds = 0.0;               // estimated, on one thread
};

struct Selection {
  std::vector<std::string> experiments;  // ids; empty: all
  experiments::Effort effort = experiments::Effort::plan;
  std::vector<std::string> recipes{"paper", "loci"};
  std::string dataset = "mnist";
  std::uint64_t n_seeds = 0;  // 0: as the experiments say
};

// What the selection asks for.
struct Expansion {
  std::vector<experiments::Section> sections;  // in the experiments' order
  // Each training once, whoever asks for it: first seed 1 of everything, then seed 2, ... Runs that depend on
  // a choice appear when its candidates are finished.
  std::vector<ReproductionRun> runs;
};
Expansion expand(const experiments::Reproduction& reproduction, const Selection& selection,
                 const experiments::Results& results);

// Reads every setting of every row once. Throws InputError for keys that nothing knows.
void check_settings(const experiments::Reproduction& reproduction);

// "mnist-2048-spatial-mlp-e300-s1-" and eight digits of a digest of all that differs from the defaults
// but the folder of the data: new settings do not rename old runs.
std::string run_id(TrainConfig config);

// Whether everything asked of it is there.
bool is_done(const ReproductionRun& run, const experiments::Results& results);

// Seconds of one training on one thread of a machine like the one of docs/performance.md, and the same scaled
// by how long the kept runs took beside their estimates here.
double estimated_seconds(const TrainConfig& config);
void scale_estimates(std::vector<ReproductionRun>& runs, const experiments::Results& results,
                     const std::string& machine);

}  // namespace loci::cli
