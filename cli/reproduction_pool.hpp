// Makes many runs, several at a time, and shows how far they are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "cli/reproduction_worker.hpp"

namespace loci::cli {

struct PoolOutcome {
  std::size_t n_made = 0;
  std::map<std::string, std::string> failures;  // by run: what is wrong
  bool interrupted = false;
};

// Adds what is finished to results and outcome. settings.n_jobs 0: as many runs at a time as there are cores.
// While there are fewer runs left than jobs, each that begins gets more threads; results do not depend on it.
void make_runs(const std::vector<ReproductionRun>& runs, WorkerSettings settings, const Output& output,
               experiments::Results& results, PoolOutcome& outcome);

}  // namespace loci::cli
