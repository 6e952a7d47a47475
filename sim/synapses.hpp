// The graph's edges once more, in the order in which spikes use them: by source, then delay, then target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "sim/graph/vertex.hpp"
#include "sim/time.hpp"

namespace loci::sim {

struct Edge {
  float weight = 0.0F;
  Step delay = 1;  // steps from a spike of the source to its effect on the target
};

// Read-only once built, so that simulations on several threads share one.
class Synapses {
 public:
  // The edges of one source that arrive together. A spike travels as one bundle, not as one event per edge.
  struct Bundle {
    std::size_t begin;  // into the edges, which are sorted by target within the bundle
    std::size_t end;
    Step delay;
    bool gapless;  // the targets are neighbours without a hole, as where every pair is joined

    std::size_t size() const { return end - begin; }
  };

  Synapses() = default;
  // ends, edges: (n_edges), sorted by (source, target).
  Synapses(std::size_t n_neurons, std::span<const std::pair<Vertex, Vertex>> ends,
           std::span<const Edge> edges);

  std::span<const Bundle> from(Vertex source) const {
    return std::span(bundles_).subspan(first_bundle_[source],
                                       first_bundle_[source + 1] - first_bundle_[source]);
  }
  std::span<const Vertex> targets(const Bundle& bundle) const {
    return std::span(targets_).subspan(bundle.begin, bundle.size());
  }
  // Adds amplitude times weight to each target's place in `arrived`, (n_neurons).
  void deliver(const Bundle& bundle, double amplitude, std::span<double> arrived) const;

  Step longest_delay() const { return longest_delay_; }

 private:
  void append_row(std::span<const std::pair<Vertex, Vertex>> ends, std::span<const Edge> edges);

  std::vector<std::size_t> first_bundle_;  // (n_neurons + 1)
  std::vector<Bundle> bundles_;
  std::vector<Vertex> targets_;
  std::vector<float> weights_;
  Step longest_delay_ = 0;
};

}  // namespace loci::sim
