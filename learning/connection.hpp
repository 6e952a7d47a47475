// One connection (layer l to l + 1) as the fast path uses it: weights made panel by panel from the
// parameters, weight gradients turned panel by panel into parameter gradients. Whether weights are stored or
// follow from positions ends here.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learning/distance_kernels.hpp"
#include "learning/panels.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

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

class Connection {
 public:
  Connection(const sim::NetworkDescription& network, std::size_t index);

  std::size_t n_pre() const { return n_pre_; }
  const PanelLayout& panels() const { return panels_; }  // of the postsynaptic layer
  // Where panel p starts in an array that holds all panels (n_pre, width) one after another, and how long
  // that array is.
  std::size_t offset(const Panel& panel) const { return n_pre_ * panel.begin; }
  std::size_t padded_size() const { return n_pre_ * panels_.padded(); }

  // Derives masks and transposed positions; once per update, before the calls below.
  void prepare(const sim::Parameters& parameters);

  // weights (n_pre, width), without balancing; zero in padding columns. Any thread.
  void make_weights(std::size_t panel, float* weights) const;

  // Turns dL/dW of one panel (n_pre, width; zero in padding columns) into this panel's parts. Any thread, one
  // per panel.
  void take_gradient(std::size_t panel, const float* weight_gradient);

  // Adds the panels' parts, in panel order, to the gradient (parameter layout).
  void add_gradient(const sim::Parameters& parameters, sim::Parameters& gradient) const;

 private:
  DistancePanel distance_panel(std::size_t panel) const;

  const sim::NetworkDescription network_;
  std::size_t index_;
  std::size_t n_pre_;
  PanelLayout panels_;
  // Derived from the parameters.
  const sim::Parameters* parameters_ = nullptr;
  std::vector<float> mask_;         // (n_pre): m_i
  std::vector<float> scaled_mask_;  // (n_pre): s_l m_i
  AlignedFloats post_positions_;    // per panel (n_coordinates, width)
  float base_ = 0.0F;
  // The panels' parts of the gradient.
  std::vector<float> pre_part_;       // (n_panels, n_pre, n_coordinates)
  std::vector<float> mask_part_;      // (n_panels, n_pre)
  AlignedFloats post_part_;           // per panel (n_coordinates, width)
  std::vector<float> distance_part_;  // (n_panels): sum of t
  AlignedFloats weight_part_;         // dense: per panel (n_pre, width)
};

}  // namespace loci::learning
