// A network as the passes over a batch read it: weights laid out in panels, derived from the parameters once
// per update.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learning/connection.hpp"
#include "learning/lif_kernels.hpp"
#include "learning/product_kernels.hpp"
#include "learning/workers.hpp"

namespace loci::learning {

// Weights of connection l lie panel after panel, (n_l, width) each; transposed ones panel after panel of the
// presynaptic layer, (n_{l+1}, width) each.
struct PreparedNetwork {
  const sim::NetworkDescription& network;
  const Objective& objective;
  bool constant_input;
  std::size_t batch_size;
  std::size_t checkpoint_steps;           // 0: all steps at once
  std::vector<PanelLayout> layers;        // of layers 0..L
  std::vector<LifKernel> lif;             // of layers 0..L (0 unused)
  std::vector<AlignedFloats> weights;     // per connection; empty for connection 0 of a constant input
  std::vector<AlignedFloats> transposed;  // per connection >= 1
  std::vector<AlignedFloats> bias;        // per layer, padded

  // Connections before this one are never stored: under constant input the first one's weights are made, used
  // and forgotten in cache, once a batch.
  std::size_t first_stored() const { return constant_input ? 1 : 0; }
};

// Gradients of one shard of samples, added up in sample order.
struct ShardGradient {
  std::vector<AlignedFloats> weights;  // as PreparedNetwork::weights
  std::vector<AlignedFloats> bias;     // per layer, padded
};

// Derives biases and stored weights from the parameters that the connections were prepared with.
void store_weights(const std::vector<Connection>& connections, const sim::Parameters& parameters,
                   const Workers& workers, PreparedNetwork& prepared);

// Subtracts from each row of a matrix stored in the connection's panels its mean over the neurons that exist.
void centre_rows(const Connection& connection, AlignedFloats& matrix);

// Cross-entropy of one row of scores (n_classes); gradient = weight * dloss/dscores. Returns weight * loss.
double row_cross_entropy(const float* scores, std::size_t n_classes, std::uint8_t target, double weight,
                         float* gradient);

}  // namespace loci::learning
