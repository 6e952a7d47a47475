#include "bench/memory.hpp"

#include <malloc.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace loci::bench {
namespace {

double status_mib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kib = 0.0;
    if (word == key + ":" && status >> kib) return kib / 1024.0;
  }
  throw std::runtime_error("/proc/self/status has no " + key);
}

}  // namespace

double resident_mib() {
  return status_mib("VmRSS");
}

double peak_mib() {
  return status_mib("VmHWM");
}

bool forget_peak() {
  malloc_trim(0);
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;  // proc(5): resets the peak resident set size
  return file.good();
}

}  // namespace loci::bench
