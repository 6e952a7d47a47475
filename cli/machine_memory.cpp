#include "cli/machine_memory.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace loci::cli {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

// "max" and files that are not there are no limit.
double number_in(const char* path) {
  double value = 0.0;
  return std::ifstream(path) >> value ? value : unlimited;
}

double available_in_meminfo() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("MemAvailable:")) return std::stod(line.substr(13)) * 1024.0;
  return unlimited;
}

}  // namespace

double available_memory_bytes() {
  const double limit = number_in("/sys/fs/cgroup/memory.max");
  const double used = limit < unlimited ? number_in("/sys/fs/cgroup/memory.current") : 0.0;
  return std::min(available_in_meminfo(), used < unlimited ? std::max(0.0, limit - used) : unlimited);
}

}  // namespace loci::cli
