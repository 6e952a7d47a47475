// The threads of a run: oneTBB behind a loop over independent indices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

namespace loci::learning {

class Workers {
 public:
  // 0: as many as the machine has.
  explicit Workers(std::size_t n_threads = 0);
  ~Workers();

  std::size_t n_threads() const { return n_threads_; }

  // Calls body(index, slot) for every index below n, in any order and on any thread; `slot` (below
  // n_threads()) names the thread's scratch. Results must not depend on the slot: that is what makes runs
  // equal for any number of threads.
  template <typename Body>
  void for_each(std::size_t n, const Body& body) const {
    run(n, {&body, [](const void* of, std::size_t index, std::size_t slot) {
              (*static_cast<const Body*>(of))(index, slot);
            }});
  }

  // Cuts n_items into at most n_parts runs of neighbours and calls body(part, item, slot) for every item: a
  // part's items in their order, on one thread.
  template <typename Body>
  void for_each_in_parts(std::size_t n_items, std::size_t n_parts, const Body& body) const {
    n_parts = std::min(n_items, n_parts);
    for_each(n_parts, [&](std::size_t part, std::size_t slot) {
      for (std::size_t item = part * n_items / n_parts; item < (part + 1) * n_items / n_parts; ++item)
        body(part, item, slot);
    });
  }

 private:
  // A body by reference: nothing is allocated to call it.
  struct Call {
    const void* body;
    void (*of)(const void* body, std::size_t index, std::size_t slot);
  };
  void run(std::size_t n, Call call) const;

  struct Arena;
  std::size_t n_threads_;
  std::unique_ptr<Arena> arena_;
};

}  // namespace loci::learning
