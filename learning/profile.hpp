// Where the time of a run goes: nanoseconds of work per phase, summed over threads.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loci::learning {

enum class Phase { input, weights, products, neurons, position_gradients, optimiser };
inline constexpr std::array<std::string_view, 6> phase_names{
    "input", "weights", "products", "neurons", "position gradients", "optimiser"};

class Profile {
 public:
  void add(Phase phase, std::uint64_t nanoseconds) {
    nanoseconds_[static_cast<std::size_t>(phase)].fetch_add(nanoseconds, std::memory_order_relaxed);
  }
  double seconds(Phase phase) const {
    return 1e-9 * static_cast<double>(nanoseconds_[static_cast<std::size_t>(phase)].load());
  }

 private:
  std::array<std::atomic<std::uint64_t>, phase_names.size()> nanoseconds_{};
};

// Charges the time since the last call (or construction) to a phase.
class Stopwatch {
 public:
  explicit Stopwatch(Profile& profile) : profile_(profile) {}

  void charge(Phase phase) {
    const auto now = std::chrono::steady_clock::now();
    profile_.add(phase, static_cast<std::uint64_t>(std::chrono::nanoseconds(now - last_).count()));
    last_ = now;
  }

 private:
  Profile& profile_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace loci::learning
