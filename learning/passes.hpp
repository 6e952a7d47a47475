// Forward and backward through a block of samples, layer by layer and panel by panel: all samples and steps
// of one panel are done while its weights are in cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "learning/connection.hpp"
#include "learning/input_block.hpp"
#include "learning/lif_kernels.hpp"
#include "learning/profile.hpp"
#include "learning/train_table.hpp"

namespace loci::learning {

// Layer l >= 1 over a block of samples. Arrays hold one panel after another; a row is a sample or, of a
// trajectory, a (sample, step).
struct LayerState {
  LifKernel lif;
  AlignedFloats bias;                     // (padded)
  AlignedFloats drive;                    // constant drive: (samples, width) currents, then dL/dI
  AlignedFloats compared;                 // changing drive: (samples, steps, width) membranes, then dL/dI
  AlignedFloats reported;                 // the same after a reset within the step, where there is one
  std::vector<std::uint64_t> words;       // (samples, steps): the panel's spikes
  std::vector<std::uint16_t> trains;      // constant drive: (samples, width) rows of the train table instead
  AlignedFloats activations;              // rate: (samples, width) outputs
  AlignedFloats deltas;                   // rate: dL/d(pre-activation)
  std::vector<float> delta_sums;          // where they are centred: (panels, samples) sums over the panel
  std::vector<float> delta_means;         // and (samples) means over the layer
  std::vector<AlignedFloats> bias_parts;  // per shard of samples: (padded) dL/dbias
};

// Panels whose weights are made together: 64 x 64 x 64 floats are 1 MiB.
inline constexpr std::size_t tiles_at_once = 64;

// Parts of a connection's gradient, and shards of a layer's samples, at most: enough to occupy many threads,
// few enough to stay small. Sizes alone decide how many there are.
inline constexpr std::size_t most_parts = 32;
inline constexpr std::size_t most_shards = 16;

// Shards of samples, at most, that each sum up weight gradients train by train.
inline constexpr std::size_t most_train_shards = 8;

// What one thread works in.
struct Scratch {
  AlignedFloats weights;
  AlignedFloats rows;        // currents, or dL/dI of input rows
  AlignedFloats deltas;      // the latter as input_gradient() takes them
  AlignedFloats arriving;    // dL/dS
  AlignedFloats tile;        // weight gradients
  AlignedFloats trajectory;  // membranes that nobody needs again
  AlignedFloats scores;
  AlignedFloats train_sums;    // (rows of the train table, width)
  std::uint64_t n_spikes = 0;  // of trains found
  std::vector<SpikeSource> sources;
  InputBuilder inputs;
};

struct SampleLoss {
  double loss = 0.0;
  std::uint64_t n_spikes = 0;
};

// A panel's items from `begin` up to `end`, its `index`-th shard.
struct Shard {
  std::size_t panel;
  std::size_t index;
  std::size_t begin;
  std::size_t end;
};

// The block of samples under way and all it needs. Layer sizes and panels never change; the rest is refilled.
struct BlockState {
  const sim::NetworkDescription& network;
  const Objective& objective;
  const Workers& workers;
  Profile& profile;
  bool constant_input = true;
  bool with_gradient = false;
  std::size_t batch_size = 0;
  std::size_t first = 0;  // sample of the batch
  std::size_t n_samples = 0;
  std::vector<PanelLayout> panels;  // of layers 0..L
  TrainTable trains;                // of layer 1; empty where looking spikes up by step costs less
  Neighbourhood neighbourhood;
  std::vector<Connection> connections;
  std::vector<LayerState> layers;  // 0 unused
  std::vector<InputBlock> inputs;
  std::size_t n_inputs = 0;  // blocks in use
  std::vector<Scratch> scratch;
  std::vector<SampleLoss> losses;           // per shard of samples
  std::vector<AlignedFloats> train_shards;  // per shard of samples: weight gradients

  std::size_t n_steps() const { return objective.n_steps; }
  std::size_t last() const { return network.n_layers() - 1; }
  bool spiking() const { return network.spiking(); }
  // A constant current into a hidden layer needs no stored trajectory.
  bool constant_drive(std::size_t l) const { return spiking() && constant_input && l == 1 && last() > 1; }
  // Its neurons' spikes are then known by their trains alone.
  bool by_train(std::size_t l) const { return constant_drive(l) && !trains.empty(); }
  // dL/dW_ij - mean_k dL/dW_ik = sum over samples of x_i (dL/dI_j - mean_k dL/dI_k): where the first layer is
  // balanced, every pair an edge that passes its gradient on, and all of dL/dI known before dL/dW, the mean
  // is subtracted there.
  bool centres_deltas() const {
    return network.balances(0) && !network.culled() && !network.quantisation.rounds_weights() && last() > 1 &&
           constant_input;
  }
  std::size_t rows_per_sample(std::size_t l) const { return spiking() && !constant_drive(l) ? n_steps() : 1; }
  std::size_t offset(std::size_t l, std::size_t p, std::size_t sample) const {
    return panels[l][p].begin * n_samples * rows_per_sample(l) +
           sample * rows_per_sample(l) * panels[l][p].width;
  }
  // Tasks of a layer: its panels, and where they are few, shards of samples of each. Functions of sizes
  // alone.
  std::size_t n_shards(std::size_t l, std::size_t n_items) const;
  // Calls body(shard, slot) for every shard of n_items of every panel of layer l.
  template <typename Body>
  void for_each_shard(std::size_t l, std::size_t n_items, const Body& body) const {
    const std::size_t n = n_shards(l, n_items);
    workers.for_each(panels[l].size() * n, [&](std::size_t task, std::size_t slot) {
      const std::size_t index = task % n;
      body(Shard{task / n, index, index * n_items / n, (index + 1) * n_items / n}, slot);
    });
  }
  // Samples of layer l worked on together: as many as stay in cache, or, where a panel's weights are made
  // more than once because they do not fit, many more.
  std::size_t samples_at_once(std::size_t l, std::size_t n_near) const;
  // dL/dI of layer l, (rows, width) of panel p from `sample` on.
  float* deltas(std::size_t l, std::size_t p, std::size_t sample);
  std::uint16_t* trains_of(std::size_t l, std::size_t p, std::size_t sample) {
    return layers[l].trains.data() + offset(l, p, sample);
  }
  std::uint64_t* words(std::size_t l, std::size_t p, std::size_t sample) {
    return layers[l].words.data() + (p * n_samples + sample) * n_steps();
  }
};

void forward_block(BlockState& state, const Batch& batch);
// Scores, loss and, with a gradient, dL/dI of the output layer. logits: (samples of the block, n_classes).
SampleLoss block_loss(BlockState& state, const Batch& batch, std::span<float> logits);
void backward_block(BlockState& state);

}  // namespace loci::learning
