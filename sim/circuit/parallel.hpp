// Independent pieces of work on several threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace loci::sim {

// Calls body(item) for every item, in any order. The first exception is thrown again here.
template <typename Body>
void for_each_parallel(std::size_t n_threads, std::size_t n_items, const Body& body) {
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex guard;
  const auto work = [&] {
    try {
      for (std::size_t item = next++; item < n_items; item = next++) body(item);
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
