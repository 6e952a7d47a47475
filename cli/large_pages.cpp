#include "cli/large_pages.hpp"

#include <sys/mman.h>

namespace loci::cli {

void ask_for_large_pages(void* memory, std::size_t n_bytes) {
#ifdef MADV_HUGEPAGE
  (void)madvise(memory, n_bytes, MADV_HUGEPAGE);
#else
  (void)memory, (void)n_bytes;
#endif
}

}  // namespace loci::cli
