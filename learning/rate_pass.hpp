// A shard of samples through a rate network (MLP) after its first product, and back, panel by panel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "learning/prepared_network.hpp"

namespace loci::learning {

class RatePass {
 public:
  explicit RatePass(const PreparedNetwork& shared) : shared_(shared), activations_(shared.layers.size()) {}

  // Pre-activations of layer 1, (n_samples, padded), for the caller to fill before forward; after backward
  // they hold dL/da.
  float* currents(std::size_t n_samples);
  // logits: (n_samples, n_classes)
  void forward(std::span<float> logits);
  // Adds to `shard` unless null. Returns the samples' share of the loss.
  double backward(std::span<const std::uint8_t> targets, ShardGradient* shard);

 private:
  const PreparedNetwork& shared_;
  std::size_t n_samples_ = 0;
  std::vector<AlignedFloats>
      activations_;  // per layer (n_samples, padded): ReLU applied, but not to the output
  AlignedFloats deltas_, next_deltas_;
};

}  // namespace loci::learning
