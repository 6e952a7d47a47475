// One connection (layer l to l + 1) as the fast path uses it: weights made tile by tile from the parameters,
// weight gradients turned tile by tile into parameter gradients, neither ever stored as a whole. Whether
// weights follow from positions, which pairs are edges, whether they are balanced and what they are rounded
// to ends here. Rounded weights alone are stored as a whole: what they are is decided in double, neuron by
// neuron.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/distance_kernels.hpp"
#include "learning/magnitude_rank.hpp"
#include "learning/neighbourhood.hpp"
#include "learning/panels.hpp"
#include "learning/workers.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

class Connection {
 public:
  // The neighbourhood must outlive the connection; it is up to date when prepare() is called.
  Connection(const sim::NetworkDescription& network, std::size_t index, PanelLayout pre, PanelLayout post,
             const Neighbourhood& neighbourhood);

  // Panels of the other layer that a panel may have edges with, rising. All neurons are counted by their
  // place in the neighbourhood's order.
  std::span<const std::uint32_t> near_pre(std::size_t p) const { return neighbourhood_.near_pre(index_, p); }
  std::span<const std::uint32_t> near_post(std::size_t q) const {
    return neighbourhood_.near_post(index_, q);
  }

  // Derives masks, positions by lane, which pairs are edges and the means that balance; once per update,
  // before the calls below. Keeps a pointer to the parameters, which are as sim::on_grid() has them. Weights
  // are kept where they are rounded, where that pays within one update, or, with `keep`, for many.
  void prepare(const sim::Parameters& parameters, const Workers& workers, bool keep);

  // Removes another share of the edges than the network's from the next prepare() on.
  void prune_share(double share);

  // Weights of postsynaptic panel p from presynaptic panels `near`, part of near_pre(p): a tile (width of the
  // presynaptic panel, width of p) for each, one after another. Zero where there is no edge and in padding.
  // Made in `scratch` unless all are kept. Any thread.
  const float* weights(std::size_t p, std::span<const std::uint32_t> near, AlignedFloats& scratch) const;
  // Weights of presynaptic panel q to postsynaptic panels `near`, part of near_post(q), transposed: a tile
  // (width of the postsynaptic panel, width of q) for each.
  const float* transposed_weights(std::size_t q, std::span<const std::uint32_t> near,
                                  AlignedFloats& scratch) const;

  // Prepares to receive a gradient in n_parts parts, each filled by one thread at a time. Keeps a pointer to
  // `gradient`, which a dense connection writes to directly: tiles of different parts must not overlap then.
  // centred: every dL/dW comes with the mean over its presynaptic neuron's edges subtracted already.
  void begin_gradient(std::size_t n_parts, sim::Parameters& gradient, bool centred);
  // Turns dL/dW of one tile (width of q, width of p; zero in padding) into its part of the gradient.
  void take_gradient(std::size_t part, std::size_t q, std::size_t p, const float* weight_gradient);
  // Adds the parts up in their order.
  void finish_gradient(const Workers& workers);

 private:
  struct Part {
    AlignedFloats pre;     // (n_pre padded, n_coordinates): dL/dp_i
    AlignedFloats mask;    // (n_pre padded): sum_j G_ij / r_ij
    AlignedFloats post;    // per postsynaptic panel (n_coordinates, width): dL/dp_j
    AlignedFloats sums;    // (n_pre padded): sum_j G_ij, where to be centred
    AlignedFloats passed;  // a tile's G_ij without those of clipped weights
    float distance = 0.0F;
  };

  void prepare_space();
  float acting_mask(float inhibition, float mask) const;
  void keep_rounded(const Workers& workers);
  void scatter_row(std::size_t i, std::span<const double> row);
  const float* without_clipped(Part& part, std::size_t q, std::size_t p, const float* weight_gradient) const;
  std::size_t kept_at(std::size_t q, std::size_t p) const {
    return pre_.padded() * post_[p].begin + pre_[q].begin * post_[p].width;
  }
  const float* kept_tile(std::size_t q, std::size_t p) const { return kept_.data() + kept_at(q, p); }
  bool kept_as_rounded() const { return network_.quantisation.rounds_weights() && !kept_.empty(); }
  DistanceTile tile(std::size_t q, std::size_t p) const;
  float stored_weight(std::size_t i, std::size_t j) const;
  float balanced_weight(std::size_t i, std::size_t j) const;
  bool is_edge(std::size_t i, std::size_t j) const;
  void copy_row(std::size_t i, const Panel& panel, float* to, std::size_t stride) const;
  void make_tile(std::size_t q, std::size_t p, float* weights) const;
  void prune(const Workers& workers);
  void prune_softly(const Workers& workers);
  float least_kept(std::size_t n_removed, std::size_t n_within, const Workers& workers);
  std::size_t n_within_cutoff(const Workers& workers) const;
  void find_means(const Workers& workers);
  void spread_means(const Workers& workers);
  void join(std::span<Part> parts, Part& total) const;
  DistanceGradient destination(Part& part, std::size_t q, std::size_t p) const;

  sim::NetworkDescription network_;
  std::size_t index_;
  PanelLayout pre_;
  PanelLayout post_;
  std::size_t n_coordinates_;
  bool balanced_;
  const Neighbourhood& neighbourhood_;
  // Derived from the parameters.
  const sim::Parameters* parameters_ = nullptr;
  std::span<const float> stored_;      // dense: (n_pre, n_post) weights
  AlignedFloats mask_;                 // (n_pre padded): m_i
  AlignedFloats factor_;               // (n_pre padded): s_l m_i, m_i rounded where masks are
  AlignedFloats pre_positions_;        // (n_pre padded, n_coordinates)
  AlignedFloats pre_lanes_;            // per presynaptic panel (n_coordinates, width)
  AlignedFloats post_positions_;       // (n_post padded, n_coordinates)
  AlignedFloats post_lanes_;           // per postsynaptic panel (n_coordinates, width)
  AlignedFloats reach_;                // (n_pre padded): largest r^2 of an edge; empty: every pair is one
  float least_ = 0.0F;                 // dense: smallest |weight| of an edge
  float threshold_ = 0.0F;             // what soft pruning makes magnitudes smaller by
  MagnitudeRank magnitudes_;           // finds either
  AlignedFloats mean_;                 // (n_pre padded): mean weight over the pairs balanced, where any are
  AlignedFloats count_;                // (n_pre padded): those pairs
  std::vector<AlignedFloats> sums_;    // per group of panels: (n_pre padded)
  std::vector<AlignedFloats> counts_;  // the same
  AlignedFloats kept_;                 // all panels' weights, where they are kept
  std::vector<std::uint8_t> clipped_;  // whether they are beyond what they are rounded to, where they are
  float base_ = 0.0F;
  // The gradient under way.
  sim::Parameters* gradient_ = nullptr;
  std::span<float> stored_gradient_;
  bool to_centre_ = false;
  std::vector<Part> parts_;
  AlignedFloats minus_mean_gradient_;  // (n_pre padded): -mean_j G_ij over the edges, where to be centred
};

}  // namespace loci::learning
