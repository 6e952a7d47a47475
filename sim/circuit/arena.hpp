// Memory that is filled once and given back as a whole. Its chunks begin where large pages may.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace loci::sim {

// Told of every chunk before it is written. What is read all over the place needs few entries of the
// processor's page tables in large pages, which only the program can ask its system for.
using MemoryAdvice = void (*)(void* memory, std::size_t n_bytes);

class Arena {
 public:
  explicit Arena(MemoryAdvice advice) : advice_(advice) {}
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena& operator=(Arena&&) = delete;

  // Any thread. Aligned to 64 bytes. Throws std::bad_alloc when there is no more.
  std::byte* allocate(std::size_t n_bytes);
  // Pages are taken when they are written: what of the last chunk is still free costs nothing yet.
  std::size_t used() const { return used_; }

 private:
  MemoryAdvice advice_;  // or null
  std::mutex guard_;
  std::vector<std::byte*> chunks_;
  std::size_t left_ = 0;  // in the last chunk
  std::byte* next_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace loci::sim
