// What rows of an experiment show of the kept runs, as tables in Markdown.
#pragma once

#include <string>
#include <vector>

#include "experiments/reproduction.hpp"
#include "experiments/run_result.hpp"

namespace loci::experiments {

// What one row of an experiment shows under one recipe: the ids of its runs, one for each seed.
struct Point {
  double value = 0.0;  // what is varied; 0 where nothing is
  std::vector<std::string> runs;
};
struct Series {
  const Row* row = nullptr;
  std::string recipe;
  std::string dataset;
  std::vector<Point> points;            // empty: the network is not chosen yet
  std::vector<std::string> candidates;  // runs it is chosen from
};
struct Section {
  const Experiment* experiment = nullptr;
  std::vector<Series> series;
};

// Mean and sample standard deviation of what is there.
struct Summary {
  std::size_t n = 0;
  double mean = 0.0;
  double deviation = 0.0;  // 0 for fewer than two
};
Summary summary_of(const std::vector<double>& values);
// Those of these runs that are there.
std::vector<const RunResult*> finished(const std::vector<std::string>& runs, const Results& results);
bool any_finished(const Series& series, const Results& results);
// Their test accuracies.
std::vector<double> accuracies(const std::vector<std::string>& runs, const Results& results);

// Test accuracy after pruning a trained network, at each share of its edges.
struct PruningCurve {
  std::string removed;  // which edges, and what takes their place
  std::vector<double> shares;
  std::vector<double> accuracies;
};
// All that a run measured.
std::vector<PruningCurve> pruning_curves(const RunResult& run);

// Tables of one section, without its heading, in Markdown; empty when nothing is finished.
std::string section_text(const Section& section, const Results& results);

}  // namespace loci::experiments
