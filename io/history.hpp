// What a run measured, one row per epoch.
#pragma once

#include <string>
#include <vector>

namespace loci::io {

struct HistoryTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  // each as long as columns
};

}  // namespace loci::io
