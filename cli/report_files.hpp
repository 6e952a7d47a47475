// What `loci report` and `loci plot` are given: files of any kind, gathered into one report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/console.hpp"
#include "experiments/report/views.hpp"

namespace loci::cli {

struct ReportFiles {
  std::vector<std::string> files;
  std::string data_dir;
  std::uint64_t images = 10;            // to run a model on
  std::uint64_t pruning_images = 2000;  // to measure the accuracy of pruned networks on
  std::uint64_t spikes = 150000;        // of a raster, to show
  std::uint64_t threads = 0;
  Output output;
  // What may be left out because nobody looks at it.
  bool activity = true;
  bool confusion = true;
  bool pruning = true;
};

// Kinds are found out from the content. Throws InputError for a file of no known kind and for two files that
// would have to share a place in the report: one network, one raster, one history and one table of rates go
// in. A model's images are looked for where it was trained; where they are missing and no folder was named,
// a note says so.
experiments::Report gather_report(const ReportFiles& files);

}  // namespace loci::cli
