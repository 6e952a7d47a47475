// Asks the system for large pages.
#pragma once

#include <cstddef>

namespace loci::cli {

// A wish, which the system may leave unheard.
void ask_for_large_pages(void* memory, std::size_t n_bytes);

}  // namespace loci::cli
