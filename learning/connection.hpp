// One connection (layer l to l + 1) as the fast path uses it: weights made tile by tile from the parameters,
// weight gradients turned tile by tile into parameter gradients, neither ever stored as a whole. Whether
// weights follow from positions, which pairs are edges and whether they are balanced ends here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/distance_kernels.hpp"
#include "learning/panels.hpp"
#include "learning/workers.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

class Connection {
 public:
  Connection(const sim::NetworkDescription& network, std::size_t index, const PanelLayout& pre,
             const PanelLayout& post);

  const PanelLayout& pre() const { return pre_; }
  const PanelLayout& post() const { return post_; }
  // Panels of the other layer that a panel may have edges with, rising; a panel's weights hold one tile after
  // another for them.
  std::span<const std::uint32_t> near_pre(std::size_t /*p*/) const { return every_pre_; }
  std::span<const std::uint32_t> near_post(std::size_t /*q*/) const { return every_post_; }

  // Derives masks, positions by lane and the means that balance; once per update, before the calls below.
  // Keeps a pointer to the parameters.
  void prepare(const sim::Parameters& parameters, const Workers& workers);

  // Weights of postsynaptic panel p: a tile (width of the presynaptic panel, width of p) per near_pre(p). Zero
  // where there is no edge and in padding. Made in `scratch` unless they are kept. Any thread.
  const float* weights(std::size_t p, AlignedFloats& scratch) const;
  // Weights of presynaptic panel q, transposed: a tile (width of the postsynaptic panel, width of q) per
  // near_post(q).
  const float* transposed_weights(std::size_t q, AlignedFloats& scratch) const;

  // Prepares to receive a gradient in n_parts parts, each filled by one thread at a time. Keeps a pointer to
  // `gradient`, which a dense connection writes to directly: tiles of different parts must not overlap then.
  void begin_gradient(std::size_t n_parts, sim::Parameters& gradient);
  // Turns dL/dW of one tile (width of q, width of p; zero in padding) into its part of the gradient.
  void take_gradient(std::size_t part, std::size_t q, std::size_t p, const float* weight_gradient);
  // Adds the parts up in their order.
  void finish_gradient(const Workers& workers);

 private:
  struct Part {
    AlignedFloats pre;   // (n_pre padded, n_coordinates): dL/dp_i
    AlignedFloats mask;  // (n_pre padded): sum_j G_ij / r_ij
    AlignedFloats post;  // per postsynaptic panel (n_coordinates, width): dL/dp_j
    AlignedFloats sums;  // (n_pre padded): sum_j G_ij, where balanced
    float distance = 0.0F;
  };

  DistanceTile tile(std::size_t q, std::size_t p) const;
  void copy_tile(std::size_t q, std::size_t p, float* weights) const;
  void make_weights(std::size_t p, float* weights) const;
  void find_means(const Workers& workers);
  void spread_means(const Workers& workers);
  void finish_dense(const Workers& workers);
  void join(std::span<Part> parts, Part& total) const;
  DistanceGradient destination(Part& part, std::size_t q, std::size_t p) const;

  const sim::NetworkDescription network_;
  std::size_t index_;
  PanelLayout pre_;
  PanelLayout post_;
  std::size_t n_coordinates_;
  bool balanced_;
  std::vector<std::uint32_t> every_pre_;
  std::vector<std::uint32_t> every_post_;
  // Derived from the parameters.
  const sim::Parameters* parameters_ = nullptr;
  AlignedFloats mask_;            // (n_pre padded): m_i
  AlignedFloats factor_;          // (n_pre padded): s_l m_i
  AlignedFloats pre_positions_;   // (n_pre padded, n_coordinates)
  AlignedFloats pre_lanes_;       // per presynaptic panel (n_coordinates, width)
  AlignedFloats post_positions_;  // (n_post padded, n_coordinates)
  AlignedFloats post_lanes_;      // per postsynaptic panel (n_coordinates, width)
  AlignedFloats mean_;            // (n_pre padded): mean weight over the edges, where balanced
  AlignedFloats count_;           // (n_pre padded): edges
  AlignedFloats kept_;            // all panels' weights, where keeping them pays
  float base_ = 0.0F;
  // The gradient under way.
  sim::Parameters* gradient_ = nullptr;
  std::vector<Part> parts_;
};

}  // namespace loci::learning
