// A loop over independent indices on several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace loci::backends {

// Calls body(index) for every index below n, in any order. n_threads 0: as many as the machine has. What a
// body throws is thrown here.
void for_each_index(std::size_t n, std::size_t n_threads, const std::function<void(std::size_t)>& body);

}  // namespace loci::backends
