// Weights from positions and position gradients from weight gradients, one panel of postsynaptic neurons at a
// time.
#pragma once

#include <cstddef>

namespace loci::learning {

// One panel of a spatial connection. r_ij^2 = base + sum_k (p_ik - q_kj)^2, W_ij = scaled_mask_i / r_ij.
struct DistancePanel {
  const float* pre_positions;   // (n_pre, n_coordinates)
  const float* scaled_mask;     // (n_pre): s_l m_i
  const float* post_positions;  // (n_coordinates, width): transposed, padded
  std::size_t n_pre;
  std::size_t n_coordinates;
  std::size_t width;  // 64 or 16
  float base;         // squared gap + softening
};

// weights: (n_pre, width). Padding columns come out as if neurons stood there: the caller clears them.
void weight_panel(const DistancePanel& panel, float* weights);

struct DistanceGradient {
  float* pre;   // (n_pre, n_coordinates), overwritten: this panel's part of dL/dp_i
  float* mask;  // (n_pre), overwritten: sum_j G_ij / r_ij
  float* post;  // (n_coordinates, width), overwritten: dL/dp_j
};

// weight_gradient: (n_pre, width), zero in padding columns. Returns sum_ij t_ij with t_ij = -G_ij s m_i /
// r_ij^3.
float distance_gradient_panel(const DistancePanel& panel, const float* weight_gradient,
                              const DistanceGradient& gradient);

}  // namespace loci::learning
