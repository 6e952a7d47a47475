// Memory that is filled once and given back as a whole, in large pages where the system has them: what is read
// all over the place then needs few entries of the processor's page tables.
#pragma once

#include <atomic>
#include <cstddef>

namespace loci::sim {

class Arena {
 public:
  // Address space for as much as the machine has memory; pages are taken when they are written.
  Arena();
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena& operator=(Arena&&) = delete;

  // Any thread. Aligned to 64 bytes. Throws std::bad_alloc when there is no more.
  std::byte* allocate(std::size_t n_bytes);
  std::size_t used() const { return used_; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  std::atomic<std::size_t> used_{0};
};

}  // namespace loci::sim
