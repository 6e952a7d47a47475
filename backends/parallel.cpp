#include "backends/parallel.hpp"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace loci::backends {

void for_each_index(std::size_t n, std::size_t n_threads, const std::function<void(std::size_t)>& body) {
  if (n_threads == 0) n_threads = static_cast<std::size_t>(tbb::info::default_concurrency());
  if (n_threads == 1 || n <= 1) {
    for (std::size_t index = 0; index < n; ++index) body(index);
    return;
  }
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, n_threads);
  tbb::task_arena arena(static_cast<int>(n_threads));
  arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, n, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          for (std::size_t index = range.begin(); index != range.end(); ++index) body(index);
        },
        tbb::simple_partitioner());
  });
}

}  // namespace loci::backends
