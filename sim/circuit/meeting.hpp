// Where threads wait for each other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace loci::sim {

// A barrier that looks for the others for a while before it sleeps: a slice takes a fraction of a
// millisecond, and waking up would take a good part of that.
class Meeting {
 public:
  explicit Meeting(std::size_t n_threads) : n_threads_(n_threads) {}

  // Returns when all threads have called it.
  void meet() {
    constexpr int most_looks = 5000;  // of a hundredth of a microsecond or a few
    const std::uint32_t mine = number_.load(std::memory_order_relaxed);
    if (n_here_.fetch_add(1, std::memory_order_acq_rel) + 1 == n_threads_) {
      n_here_.store(0, std::memory_order_relaxed);
      number_.store(mine + 1, std::memory_order_release);
      number_.notify_all();
      return;
    }
    for (int look = 0; look < most_looks; ++look) {
      if (number_.load(std::memory_order_acquire) != mine) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    while (number_.load(std::memory_order_acquire) == mine) number_.wait(mine, std::memory_order_acquire);
  }

 private:
  std::size_t n_threads_;
  std::atomic<std::size_t> n_here_{0};
  std::atomic<std::uint32_t> number_{0};  // of meetings so far
};

}  // namespace loci::sim
