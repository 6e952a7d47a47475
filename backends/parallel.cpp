#include "backends/parallel.hpp"

#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace loci::backends {

void for_each_index(std::size_t n, std::size_t n_threads, const std::function<void(std::size_t)>& body) {
  if (n_threads == 1 || n <= 1) {
    for (std::size_t index = 0; index < n; ++index) body(index);
    return;
  }
  tbb::task_arena arena(n_threads == 0 ? tbb::task_arena::automatic : static_cast<int>(n_threads));
  arena.execute([&] { tbb::parallel_for(std::size_t{0}, n, body, tbb::simple_partitioner{}); });
}

}  // namespace loci::backends
