#include "sim/circuit/arena.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace loci::sim {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t page = std::size_t{2} << 20;
constexpr std::size_t chunk = 16 * page;

std::size_t rounded(std::size_t n, std::size_t unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace

Arena::~Arena() {
  for (std::byte* memory : chunks_) std::free(memory);
}

Arena::Arena(Arena&& other) noexcept
    : advice_(other.advice_),
      chunks_(std::exchange(other.chunks_, {})),
      left_(std::exchange(other.left_, 0)),
      next_(other.next_),
      used_(other.used_) {}

std::byte* Arena::allocate(std::size_t n_bytes) {
  const std::size_t n = rounded(n_bytes, alignment);
  const std::lock_guard lock(guard_);
  if (n > left_) {
    left_ = std::max(rounded(n, page), chunk);
    next_ = static_cast<std::byte*>(std::aligned_alloc(page, left_));
    if (next_ == nullptr) throw std::bad_alloc();
    chunks_.push_back(next_);
    if (advice_ != nullptr) advice_(next_, left_);
  }
  left_ -= n;
  used_ += n;
  return std::exchange(next_, next_ + n);
}

}  // namespace loci::sim
