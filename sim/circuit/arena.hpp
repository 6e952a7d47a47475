// Memory that is filled once and given back as a whole. Its chunks begin where large pages may, so that what
// is read all over the place needs few entries of the page tables on systems that use them unasked.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace loci::sim {

class Arena {
 public:
  Arena() = default;
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
  std::mutex guard_;
  std::vector<std::byte*> chunks_;
  std::size_t left_ = 0;  // in the last chunk
  std::byte* next_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace loci::sim
