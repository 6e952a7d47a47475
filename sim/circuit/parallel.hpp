// Independent pieces of work on several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace loci::sim {

// Calls body(item, state) for every item, in any order, with a state that each thread makes for itself. The
// first exception is thrown again here.
template <typename MakeState, typename Body>
void for_each_parallel(std::size_t n_threads, std::size_t n_items, const MakeState& make_state,
                       const Body& body) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex guard;
  const auto work = [&] {
    try {
      auto state = make_state();
      for (std::size_t item = next++; item < n_items; item = next++) body(item, state);
    } catch (...) {
      const std::lock_guard lock(guard);
      if (!error) error = std::current_exception();
      next = n_items;
    }
  };
  {
    std::vector<std::jthread> team;
    for (std::size_t t = 1; t < n_threads; ++t) team.emplace_back(work);
    work();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace loci::sim
