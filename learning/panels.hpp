// Layers cut into panels of 64 or 16 neurons: the unit of work of every fast kernel. A panel of 64 columns of
// weights for 784 inputs is 200 KB and stays in a core's cache while it is made, used and turned into
// position gradients.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace loci::learning {

inline constexpr std::size_t wide_panel = 64;
inline constexpr std::size_t narrow_panel = 16;

struct Panel {
  std::size_t begin;   // first neuron; also the first column of the padded layer
  std::size_t width;   // 64 or 16, padding included
  std::size_t filled;  // neurons that exist
};

class PanelLayout {
 public:
  explicit PanelLayout(std::size_t n_neurons, std::size_t widest = wide_panel) : n_neurons_(n_neurons) {
    while (padded_ < n_neurons) {
      const std::size_t left = n_neurons - padded_;
      const std::size_t width = left > 2 * narrow_panel ? widest : narrow_panel;
      panels_.push_back({padded_, width, left < width ? left : width});
      padded_ += width;
    }
  }

  std::size_t size() const { return panels_.size(); }
  const Panel& operator[](std::size_t p) const { return panels_[p]; }
  auto begin() const { return panels_.begin(); }
  auto end() const { return panels_.end(); }
  std::size_t n_neurons() const { return n_neurons_; }
  std::size_t padded() const { return padded_; }

 private:
  std::size_t n_neurons_;
  std::size_t padded_ = 0;
  std::vector<Panel> panels_;
};

// Cache-line aligned floats for vector loads.
template <typename T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <typename U>
  AlignedAllocator(const AlignedAllocator<U>&) {}  // NOLINT(google-explicit-constructor): allocators convert
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  template <typename U>
  bool operator==(const AlignedAllocator<U>&) const {
    return true;
  }
};
using AlignedFloats = std::vector<float, AlignedAllocator<float>>;

}  // namespace loci::learning
