#include "learning/workers.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace loci::learning {

struct Workers::Arena {
  explicit Arena(int n)
      : limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(n)), arena(n) {}
  tbb::global_control limit;
  tbb::task_arena arena;
};

Workers::Workers(std::size_t n_threads)
    : n_threads_(n_threads != 0 ? n_threads : static_cast<std::size_t>(tbb::info::default_concurrency())),
      arena_(std::make_unique<Arena>(static_cast<int>(n_threads_))) {}

Workers::~Workers() = default;

void Workers::run(std::size_t n, Call call) const {
  if (n_threads_ == 1) {
    for (std::size_t index = 0; index < n; ++index) call.of(call.body, index, 0);
    return;
  }
  arena_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, n, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          const auto slot = static_cast<std::size_t>(tbb::this_task_arena::current_thread_index());
          for (std::size_t index = range.begin(); index != range.end(); ++index)
            call.of(call.body, index, slot);
        },
        tbb::simple_partitioner());
  });
}

}  // namespace loci::learning
