#include "cli/console.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace loci::cli {
namespace {

std::atomic<bool> interrupt_seen{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int signal) {
  interrupt_seen.store(true);
  std::signal(signal, SIG_DFL);
}

}  // namespace

Progress::Progress(const Output& output, std::string label)
    : enabled_(!output.quiet), terminal_(isatty(STDERR_FILENO) == 1), label_(std::move(label)) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

void Progress::update(const std::string& title, std::uint64_t done, std::uint64_t total,
                      std::uint64_t rate_units, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (!started_) {
    started_ = true;
    first_done_ = done;
    first_units_ = rate_units;
  }
  if (!enabled_ || !terminal_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const double seconds = std::max(1e-9, std::chrono::duration<double>(now - start_).count());
  const double fraction = static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(total, 1));
  const double progress = static_cast<double>(done - first_done_);
  const double left = progress > 0 ? static_cast<double>(total - done) * seconds / progress : 0.0;
  constexpr std::size_t width = 24;
  const auto filled = static_cast<std::size_t>(fraction * width);
  fmt::print(stderr, "\r\033[K{} [{}{}] {:3.0f} %  {}  {:.0f} {}/s  {} left", title, std::string(filled, '='),
             std::string(width - filled, ' '), 100 * fraction, text,
             static_cast<double>(rate_units - first_units_) / seconds, label_, clock_text(left));
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  if (!enabled_) return;
  clear();
  fmt::print(stderr, "{}\n", text);
}

void print_json(const nlohmann::json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

double peak_memory_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void watch_interrupts() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

bool interrupted() {
  return interrupt_seen.load();
}

}  // namespace loci::cli
