#include "sim/circuit/arena.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::size_t alignment = 64;

}  // namespace

Arena::Arena()
    : size_(static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) *
            static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
  void* memory =
      mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  begin_ = static_cast<std::byte*>(memory);
  (void)madvise(memory, size_, MADV_HUGEPAGE);  // a wish
}

Arena::~Arena() {
  if (begin_ != nullptr) munmap(begin_, size_);
}

Arena::Arena(Arena&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_), used_(other.used_.load()) {}

std::byte* Arena::allocate(std::size_t n_bytes) {
  const std::size_t n = (n_bytes + alignment - 1) / alignment * alignment;
  const std::size_t at = used_.fetch_add(n);
  if (at + n > size_) throw std::bad_alloc();
  return begin_ + at;
}

}  // namespace loci::sim
