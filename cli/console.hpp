// What a person sees while a command works: a bar on a terminal, plain lines elsewhere, nothing when quiet.
// Progress goes to standard error, results to standard output.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loci::cli {

struct Output {
  bool quiet = false;  // no progress
  bool json = false;   // the result as JSON, and nothing else on standard output
};

class Progress {
 public:
  // label: what is counted, as in "images".
  Progress(const Output& output, std::string label);
  ~Progress();

  // done of total in this run; `text` says how it goes. Draws at most ten times a second, and only on a
  // terminal.
  void update(const std::string& title, std::uint64_t done, std::uint64_t total, std::uint64_t rate_units,
              const std::string& text);
  // A line that stays.
  void line(const std::string& text);

 private:
  void clear();

  bool enabled_;
  bool terminal_;
  bool drawn_ = false;
  std::string label_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
  std::uint64_t first_done_ = 0;
  std::uint64_t first_units_ = 0;
  bool started_ = false;
};

// On standard output. File names that are not UTF-8 are shown with replacement characters.
void print_json(const nlohmann::json& json);
std::string json_text(const nlohmann::json& json);

// "1:05", "2:03:04"
std::string clock_text(double seconds);
// Peak resident memory of this process in MiB.
double peak_memory_mib();

// Asks for a polite end at Ctrl-C or SIGTERM; a second signal ends the process at once.
void watch_interrupts();
bool interrupted();

}  // namespace loci::cli
