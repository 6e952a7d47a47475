// Weights from positions and position gradients from weight gradients, one tile (rows x one panel) at a time.
#pragma once

#include <cstddef>

namespace loci::learning {

// r^2 of (row, lane) = base + sum_k (row_k - lane_k)^2. The presynaptic neurons are the rows, or in a
// transposed tile the lanes; `factor`, `reach` and `mean` are theirs. An edge has r^2 <= reach and
// |factor / r - mean| > threshold.
struct DistanceTile {
  const float* row_positions;   // (n_rows, n_coordinates)
  const float* lane_positions;  // (n_coordinates, width)
  const float* factor;          // s_l m
  const float* reach;           // largest r^2 of an edge; null: every pair is one
  const float* mean;            // of the weights over the edges, subtracted from each (balancing); null: none
  float threshold;  // what the magnitude of a weight is made smaller by (soft pruning); 0: by nothing
  std::size_t n_rows;
  std::size_t n_coordinates;
  std::size_t width;  // 64 or 16
  float base;         // squared gap + softening
};

// weights (n_rows, width): factor / r - mean on edges, `threshold` nearer to 0; 0 elsewhere. Padding lanes
// come out as if neurons stood there: the caller clears them.
void weight_tile(const DistanceTile& tile, float* weights);
void transposed_weight_tile(const DistanceTile& tile, float* weights);

// Adds to sums (n_rows) the factor / r of each row and to counts (n_rows) their number, where r^2 <= reach.
// Presynaptic rows.
void weight_row_sums(const DistanceTile& tile, float* sums, float* counts);

// Where a tile's part of the parameter gradient is added. Presynaptic rows.
struct DistanceGradient {
  float* pre;   // (n_rows, n_coordinates): dL/dp_i
  float* mask;  // (n_rows): sum_j G_ij / r_ij
  float* post;  // (n_coordinates, width): dL/dp_j
};

// weight_gradient: G (n_rows, width), zero in padding lanes. Returns sum_ij t_ij with t_ij = -G_ij s m_i /
// r_ij^3, over edges.
float distance_gradient_tile(const DistanceTile& tile, const float* weight_gradient,
                             const DistanceGradient& gradient);

// The same where G_ij is row_gradient[i] in the first n_lanes lanes, wherever r^2 <= reach.
float row_gradient_tile(const DistanceTile& tile, const float* row_gradient, std::size_t n_lanes,
                        const DistanceGradient& gradient);

// Adds to sums (n_rows) the sum over each row's edges of G. Presynaptic rows.
void gradient_row_sums(const DistanceTile& tile, const float* weight_gradient, float* sums);

}  // namespace loci::learning
