#include <algorithm>
#include <cmath>
#include <utility>

#include "learning/passes.hpp"
#include "learning/row_kernels.hpp"
#include "learning/train_kernels.hpp"

namespace loci::learning {
namespace {

bool on_membrane(Loss loss) {
  return loss == Loss::membrane_sum || loss == Loss::membrane_rate;
}
bool per_step(Loss loss) {
  return loss == Loss::ce_rate || loss == Loss::membrane_rate;
}

// Cross-entropy of one row of scores (n_classes); gradient = weight * dloss/dscores. Returns weight * loss.
double row_cross_entropy(const float* scores, std::size_t n_classes, std::uint8_t target, double weight,
                         float* gradient) {
  const float highest = *std::max_element(scores, scores + n_classes);
  double sum = 0.0;
  for (std::size_t c = 0; c < n_classes; ++c) sum += std::exp(static_cast<double>(scores[c] - highest));
  for (std::size_t c = 0; c < n_classes; ++c) {
    const double probability = std::exp(static_cast<double>(scores[c] - highest)) / sum;
    gradient[c] = static_cast<float>(weight * (probability - (c == target ? 1.0 : 0.0)));
  }
  return weight * (std::log(sum) + highest - scores[target]);
}

// The output of one sample, (steps, n_classes): outputs, membranes or spikes.
void gather_scores(BlockState& state, std::size_t sample, float* scores) {
  const std::size_t l = state.last();
  LayerState& layer = state.layers[l];
  const PanelLayout& panels = state.panels[l];
  const bool membrane = on_membrane(state.objective.loss);
  const AlignedFloats& values = !state.spiking()        ? layer.activations
                                : layer.lif.reset_delay ? layer.compared
                                                        : layer.reported;
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const Panel& panel = panels[p];
    for (std::size_t t = 0; t < state.rows_per_sample(l); ++t) {
      float* row = scores + t * panels.n_neurons() + panel.begin;
      if (!state.spiking() || membrane) {
        std::copy_n(values.data() + state.offset(l, p, sample) + t * panel.width, panel.filled, row);
        continue;
      }
      const std::uint64_t word = state.words(l, p, sample)[t];
      for (std::size_t j = 0; j < panel.filled; ++j) row[j] = (word >> j & 1) != 0 ? 1.0F : 0.0F;
    }
  }
}

// dL/dscores of one sample beside its scores. Returns its share of the loss.
double score_gradient(const BlockState& state, std::uint8_t target, std::span<const float> logits,
                      const float* scores, float* gradient) {
  const std::size_t n_classes = logits.size();
  const std::size_t n_steps = state.rows_per_sample(state.last());
  const double weight = 1.0 / static_cast<double>(state.batch_size);
  if (per_step(state.objective.loss)) {
    double loss = 0.0;
    for (std::size_t t = 0; t < n_steps; ++t)
      loss += row_cross_entropy(scores + t * n_classes, n_classes, target,
                                weight / static_cast<double>(n_steps), gradient + t * n_classes);
    return loss;
  }
  const double loss = row_cross_entropy(logits.data(), n_classes, target, weight, gradient);
  for (std::size_t t = 1; t < n_steps; ++t) std::copy_n(gradient, n_classes, gradient + t * n_classes);
  return loss;
}

// dL/dI of the output layer from dL/dscores.
void output_deltas(BlockState& state, std::size_t sample, const float* gradient, Scratch& scratch,
                   std::size_t shard) {
  const std::size_t l = state.last();
  LayerState& layer = state.layers[l];
  const PanelLayout& panels = state.panels[l];
  const std::size_t n_rows = state.rows_per_sample(l);
  const bool membrane = on_membrane(state.objective.loss);
  for (std::size_t p = 0; p < panels.size(); ++p) {
    const Panel& panel = panels[p];
    float* deltas = state.deltas(l, p, sample);
    scratch.rows.assign(2 * n_rows * panel.width, 0.0F);
    float* arriving = scratch.rows.data();
    float* nothing = arriving + n_rows * panel.width;
    for (std::size_t t = 0; t < n_rows; ++t)
      std::copy_n(gradient + t * panels.n_neurons() + panel.begin, panel.filled, arriving + t * panel.width);
    if (state.spiking())
      lif_backward(
          layer.lif,
          {.compared = deltas,
           .reported = layer.lif.reset_delay ? deltas : layer.reported.data() + state.offset(l, p, sample),
           .spike_gradient = membrane ? nothing : arriving,
           .membrane_gradient = membrane ? arriving : nullptr,
           .deltas = deltas,
           .width = panel.width,
           .n_steps = n_rows});
    else
      std::copy_n(arriving, n_rows * panel.width, deltas);
    add_rows(deltas, n_rows, panel.width, layer.bias_parts[shard].data() + panel.begin);
  }
}

// dL/dS of samples [begin, end) of hidden panel q, (rows, width), from dL/dI of the layer after. Weights are
// made for some panels at a time, so that they never fill more than a cache.
const float* arriving_gradient(BlockState& state, std::size_t l, std::size_t q, std::size_t begin,
                               std::size_t end, Scratch& scratch) {
  Stopwatch watch(state.profile);
  const std::size_t width = state.panels[l][q].width;
  const std::size_t n_rows = (end - begin) * state.rows_per_sample(l + 1);
  scratch.arriving.resize(n_rows * width);
  float* arriving = scratch.arriving.data();
  const auto near = state.connections[l].near_post(q);
  if (near.empty()) std::fill_n(arriving, n_rows * width, 0.0F);
  for (std::size_t k = 0; k < near.size(); k += tiles_at_once) {
    const auto some = near.subspan(k, std::min(tiles_at_once, near.size() - k));
    const float* transposed = state.connections[l].transposed_weights(q, some, scratch.weights);
    watch.charge(Phase::weights);
    for (const std::uint32_t p : some) {
      const Panel& next = state.panels[l + 1][p];
      dense_product({.left = state.deltas(l + 1, p, begin),
                     .row_stride = next.width,
                     .inner_stride = 1,
                     .n_rows = n_rows,
                     .n_inner = next.filled,
                     .right = transposed,
                     .result = arriving,
                     .width = width,
                     .accumulate = p != near.front()});
      transposed += next.width * width;
    }
    watch.charge(Phase::products);
  }
  return arriving;
}

// dL/dI of one sample of a panel whose trajectory was kept, (steps, width).
void trajectory_deltas(BlockState& state, std::size_t l, std::size_t q, std::size_t sample,
                       const float* spike_gradient, float* deltas) {
  const LayerState& layer = state.layers[l];
  const float* compared = layer.compared.data() + state.offset(l, q, sample);
  lif_backward(
      layer.lif,
      {.compared = compared,
       .reported = layer.lif.reset_delay ? compared : layer.reported.data() + state.offset(l, q, sample),
       .spike_gradient = spike_gradient,
       .membrane_gradient = nullptr,
       .deltas = deltas,
       .width = state.panels[l][q].width,
       .n_steps = state.n_steps()});
}

// The same where the current is constant: dL/dI_j = sum_k W_jk sum_t dL/dI_k[t] S'(U_j[t]) dU_j[t]/dI_j. The
// inner sum comes first, so that dL/dS is never needed.
void constant_drive_deltas(BlockState& state, std::size_t l, std::size_t q, std::size_t begin,
                           std::size_t end, Scratch& scratch) {
  Stopwatch watch(state.profile);
  const std::size_t width = state.panels[l][q].width;
  const std::size_t n_steps = state.n_steps();
  const auto near = state.connections[l].near_post(q);
  scratch.rows.assign((end - begin) * width, 0.0F);
  scratch.trajectory.resize(n_steps * width);
  scratch.tile.resize(wide_panel * width);
  for (std::size_t k = 0; k < near.size(); k += tiles_at_once) {
    const auto some = near.subspan(k, std::min(tiles_at_once, near.size() - k));
    const float* transposed = state.connections[l].transposed_weights(q, some, scratch.weights);
    watch.charge(Phase::weights);
    for (std::size_t s = begin; s < end; ++s) {
      lif_constant_sensitivities(state.layers[l].lif, {state.deltas(l, q, s), width, n_steps},
                                 scratch.trajectory.data());
      const float* weights = transposed;
      for (const std::uint32_t p : some) {
        const Panel& next = state.panels[l + 1][p];
        dense_product({.left = state.deltas(l + 1, p, s),
                       .row_stride = 1,
                       .inner_stride = next.width,
                       .n_rows = next.filled,
                       .n_inner = n_steps,
                       .right = scratch.trajectory.data(),
                       .result = scratch.tile.data(),
                       .width = width});
        add_product_rows(weights, scratch.tile.data(), next.filled, width,
                         scratch.rows.data() + (s - begin) * width);
        weights += next.width * width;
      }
    }
    watch.charge(Phase::neurons);
  }
  std::copy(scratch.rows.begin(), scratch.rows.end(), state.deltas(l, q, begin));
}

// dL/dI of samples [begin, end) of hidden panel q, in place of what it is computed from.
void hidden_deltas(BlockState& state, std::size_t l, std::size_t q, std::size_t begin, std::size_t end,
                   Scratch& scratch) {
  if (state.constant_drive(l)) return constant_drive_deltas(state, l, q, begin, end, scratch);
  const float* arriving = arriving_gradient(state, l, q, begin, end, scratch);
  Stopwatch watch(state.profile);
  const LayerState& layer = state.layers[l];
  const std::size_t width = state.panels[l][q].width;
  if (!state.spiking())
    rectify_gradient(layer.activations.data() + state.offset(l, q, begin), arriving, (end - begin) * width,
                     state.deltas(l, q, begin));
  for (std::size_t s = begin; state.spiking() && s < end; ++s)
    trajectory_deltas(state, l, q, s, arriving + (s - begin) * state.n_steps() * width,
                      state.deltas(l, q, s));
  watch.charge(Phase::neurons);
}

void backward_hidden_layer(BlockState& state, std::size_t l) {
  state.for_each_shard(l, state.n_samples, [&](const Shard& shard, std::size_t slot) {
    const std::size_t n_near = state.connections[l].near_post(shard.panel).size();
    const std::size_t at_once = state.samples_at_once(l + 1, n_near);
    for (std::size_t begin = shard.begin; begin < shard.end; begin += at_once)
      hidden_deltas(state, l, shard.panel, begin, std::min(begin + at_once, shard.end), state.scratch[slot]);
    Stopwatch adding(state.profile);
    const Panel& panel = state.panels[l][shard.panel];
    add_rows(state.deltas(l, shard.panel, shard.begin), (shard.end - shard.begin) * state.rows_per_sample(l),
             panel.width, state.layers[l].bias_parts[shard.index].data() + panel.begin);
    if (l == 1 && state.centres_deltas())
      sum_rows(state.deltas(l, shard.panel, shard.begin), shard.end - shard.begin, panel.width,
               state.layers[l].delta_sums.data() + shard.panel * state.n_samples + shard.begin);
    adding.charge(Phase::neurons);
  });
}

void find_delta_means(BlockState& state) {
  const std::size_t n = state.n_samples;
  LayerState& layer = state.layers[1];
  layer.delta_means.assign(n, 0.0F);
  for (std::size_t p = 0; p < state.panels[1].size(); ++p)
    for (std::size_t s = 0; s < n; ++s) layer.delta_means[s] += layer.delta_sums[p * n + s];
  for (float& mean : layer.delta_means) mean /= static_cast<float>(state.panels[1].n_neurons());
}

// dL/dW of connection l >= 1, tile by tile.
void later_gradient(BlockState& state, std::size_t l) {
  Connection& connection = state.connections[l];
  const std::size_t n_panels = state.panels[l].size();
  state.workers.for_each_in_parts(
      n_panels, most_parts, [&](std::size_t part, std::size_t q, std::size_t slot) {
        Stopwatch watch(state.profile);
        Scratch& scratch = state.scratch[slot];
        const std::size_t n_rows = state.n_samples * state.rows_per_sample(l + 1);
        const std::size_t n_pre = state.panels[l][q].width;
        for (const std::uint32_t p : connection.near_post(q)) {
          const std::size_t width = state.panels[l + 1][p].width;
          scratch.tile.assign(wide_panel * width, 0.0F);
          if (state.spiking())
            spike_gradient(state.words(l, q, 0), n_rows, state.deltas(l + 1, p, 0), width,
                           scratch.tile.data());
          else
            dense_product({.left = state.layers[l].activations.data() + state.offset(l, q, 0),
                           .row_stride = 1,
                           .inner_stride = n_pre,
                           .n_rows = n_pre,
                           .n_inner = n_rows,
                           .right = state.deltas(l + 1, p, 0),
                           .result = scratch.tile.data(),
                           .width = width});
          watch.charge(state.spiking() ? Phase::neurons : Phase::products);
          connection.take_gradient(part, q, p, scratch.tile.data());
          watch.charge(Phase::position_gradients);
        }
      });
}

// dL/dW of connection 1 to panel p from some panels before it whose neurons are known by their trains, tile
// after tile, for the samples of a shard: every neuron takes the sum of dL/dI at its train's spikes.
void train_gradient_shard(BlockState& state, std::span<const std::uint32_t> near, std::size_t p,
                          std::size_t shard, Scratch& scratch) {
  const std::size_t n_shards = state.train_shards.size();
  const std::size_t width = state.panels[2][p].width;
  std::size_t n_rows = 0;
  for (const std::uint32_t q : near) n_rows += state.panels[1][q].width;
  AlignedFloats& tiles = state.train_shards[shard];
  tiles.assign(n_rows * width, 0.0F);
  scratch.train_sums.resize(state.trains.n_rows() * width);
  for (std::size_t s = shard * state.n_samples / n_shards; s < (shard + 1) * state.n_samples / n_shards;
       ++s) {
    sum_by_train(state.trains, state.deltas(2, p, s), width, scratch.train_sums.data());
    float* tile = tiles.data();
    for (const std::uint32_t q : near) {
      const std::size_t n_pre = state.panels[1][q].width;
      add_train_gradient(state.trains_of(1, q, s), n_pre, scratch.train_sums.data(), width, tile);
      tile += n_pre * width;
    }
  }
}

// Adds the shards up and turns each tile into its part of the gradient.
void take_train_gradient(BlockState& state, std::span<const std::uint32_t> near, std::size_t p) {
  const std::size_t width = state.panels[2][p].width;
  state.workers.for_each_in_parts(
      near.size(), most_parts, [&](std::size_t part, std::size_t at, std::size_t) {
        Stopwatch watch(state.profile);
        std::size_t begin = 0;
        for (const std::uint32_t q : near.first(at)) begin += state.panels[1][q].width * width;
        float* tile = state.train_shards[0].data() + begin;
        for (const AlignedFloats& shard : std::span(state.train_shards).subspan(1))
          add_to(shard.data() + begin, state.panels[1][near[at]].width * width, tile);
        state.connections[1].take_gradient(part, near[at], p, tile);
        watch.charge(Phase::position_gradients);
      });
}

void train_gradient(BlockState& state) {
  state.train_shards.resize(std::min(most_train_shards, state.n_samples));
  for (std::size_t p = 0; p < state.panels[2].size(); ++p) {
    const auto near = state.connections[1].near_pre(p);
    for (std::size_t k = 0; k < near.size(); k += tiles_at_once) {
      const auto some = near.subspan(k, std::min(tiles_at_once, near.size() - k));
      state.workers.for_each(state.train_shards.size(), [&](std::size_t shard, std::size_t slot) {
        Stopwatch watch(state.profile);
        train_gradient_shard(state, some, p, shard, state.scratch[slot]);
        watch.charge(Phase::neurons);
      });
      take_train_gradient(state, some, p);
    }
  }
}

// A first layer whose currents change is not gone through by itself: its trajectories are large, and read
// once on the way to the weight gradient. Only where tasks share a panel does each need all of dL/dI.
bool deltas_on_the_way(const BlockState& state) {
  return state.spiking() && !state.constant_input && state.last() > 1 &&
         state.n_shards(1, state.panels[0].size()) == 1;
}

// dL/dI of the rows of a block of spiking inputs: a sample's base row takes what all its steps do.
const float* step_deltas(BlockState& state, const InputBlock& block, std::size_t p, Scratch& scratch) {
  const std::size_t sample = block.first - state.first;
  const float* deltas = state.deltas(1, p, sample);
  const std::size_t width = state.panels[1][p].width;
  const std::size_t n_steps = state.n_steps();
  const std::size_t stride = state.constant_input ? 1 : n_steps + 1;
  const float* arriving = nullptr;
  if (deltas_on_the_way(state))
    arriving = arriving_gradient(state, 1, p, sample, sample + block.n_samples, scratch);
  Stopwatch watch(state.profile);
  scratch.rows.resize(block.n_samples * stride * width);
  for (std::size_t s = 0; s < block.n_samples; ++s) {
    float* base = scratch.rows.data() + s * stride * width;
    const float* steps = deltas + s * n_steps * width;
    if (!state.constant_input) {
      float* to = base + width;
      if (arriving != nullptr)
        trajectory_deltas(state, 1, p, sample + s, arriving + s * n_steps * width, to);
      else
        std::copy_n(steps, n_steps * width, to);
      steps = to;
    }
    std::fill_n(base, width, 0.0F);
    add_rows(steps, n_steps, width, base);
    if (arriving != nullptr)
      add_to(base, width, state.layers[1].bias_parts[0].data() + state.panels[1][p].begin);
  }
  watch.charge(Phase::neurons);
  return scratch.rows.data();
}

// dL/dI of a block's rows of inputs, as input_gradient() takes them.
const float* row_deltas(BlockState& state, const InputBlock& block, std::size_t p, Scratch& scratch) {
  const std::size_t sample = block.first - state.first;
  const bool one_row = !state.spiking() || state.constant_drive(1);
  const float* rows = one_row ? state.deltas(1, p, sample) : step_deltas(state, block, p, scratch);
  const bool centred = state.centres_deltas();
  if (!block.paired && !centred) return rows;
  Stopwatch watch(state.profile);
  const Panel& panel = state.panels[1][p];
  scratch.deltas.resize(block.n_rows() * panel.width);
  copy_deltas({.rows = rows,
               .means = centred ? state.layers[1].delta_means.data() + sample : nullptr,
               .n_rows = block.n_rows(),
               .width = panel.width,
               .n_filled = panel.filled},
              block.paired, scratch.deltas.data());
  watch.charge(Phase::products);
  return scratch.deltas.data();
}

void first_gradient(BlockState& state) {
  Connection& connection = state.connections[0];
  if (state.centres_deltas()) find_delta_means(state);
  const std::size_t n_panels = state.panels[1].size();
  const std::size_t n_shards = state.n_shards(1, state.panels[0].size());
  const std::size_t n_items = n_panels * n_shards;
  state.workers.for_each_in_parts(
      n_items, most_parts, [&](std::size_t part, std::size_t item, std::size_t slot) {
        Scratch& scratch = state.scratch[slot];
        const std::size_t p = item / n_shards;
        const std::size_t shard = item % n_shards;
        const std::size_t width = state.panels[1][p].width;
        const auto near = connection.near_pre(p);
        const std::size_t first = shard * near.size() / n_shards;
        const auto mine = near.subspan(first, (shard + 1) * near.size() / n_shards - first);
        std::size_t n_floats = 0;
        for (const std::uint32_t q : mine) n_floats += state.panels[0][q].width * width;
        scratch.tile.assign(n_floats, 0.0F);
        for (std::size_t b = 0; b < state.n_inputs; ++b) {
          const InputBlock& block = state.inputs[b];
          const float* deltas = row_deltas(state, block, p, scratch);
          Stopwatch multiplying(state.profile);
          float* tile = scratch.tile.data();
          for (const std::uint32_t q : mine) {
            input_gradient(block, state.panels[0], q, deltas, width, tile);
            tile += state.panels[0][q].width * width;
          }
          multiplying.charge(Phase::products);
        }
        Stopwatch taking(state.profile);
        const float* tile = scratch.tile.data();
        for (const std::uint32_t q : mine) {
          connection.take_gradient(part, q, p, tile);
          tile += state.panels[0][q].width * width;
        }
        taking.charge(Phase::position_gradients);
      });
}

}  // namespace

SampleLoss block_loss(BlockState& state, const Batch& batch, std::span<float> logits) {
  const std::size_t n_classes = state.network.sizes.back();
  const std::size_t n_rows = state.rows_per_sample(state.last());
  const std::size_t n_shards = std::min(most_shards, state.n_samples);
  std::vector<SampleLoss>& parts = state.losses;
  parts.assign(n_shards, {});
  state.workers.for_each(n_shards, [&](std::size_t shard, std::size_t slot) {
    Stopwatch watch(state.profile);
    Scratch& scratch = state.scratch[slot];
    scratch.scores.resize(2 * n_rows * n_classes);
    float* scores = scratch.scores.data();
    float* gradient = scores + n_rows * n_classes;
    for (std::size_t s = shard * state.n_samples / n_shards; s < (shard + 1) * state.n_samples / n_shards;
         ++s) {
      gather_scores(state, s, scores);
      const auto sums = logits.subspan(s * n_classes, n_classes);
      std::fill(sums.begin(), sums.end(), 0.0F);
      for (std::size_t t = 0; t < n_rows; ++t)
        for (std::size_t c = 0; c < n_classes; ++c) sums[c] += scores[t * n_classes + c];
      parts[shard].loss += score_gradient(state, batch.target(state.first + s), sums, scores, gradient);
      if (state.with_gradient) output_deltas(state, s, gradient, scratch, shard);
    }
    watch.charge(Phase::neurons);
  });
  SampleLoss total;
  for (const SampleLoss& part : parts) total.loss += part.loss;
  for (std::size_t l = 1; l < state.layers.size(); ++l) total.n_spikes += count_spikes(state.layers[l].words);
  for (Scratch& scratch : state.scratch) total.n_spikes += std::exchange(scratch.n_spikes, 0);
  return total;
}

void backward_block(BlockState& state) {
  for (std::size_t l = state.last() - 1; l >= 1; --l) {
    if (l > 1 || !deltas_on_the_way(state)) backward_hidden_layer(state, l);
    state.by_train(l) ? train_gradient(state) : later_gradient(state, l);
  }
  first_gradient(state);
}

}  // namespace loci::learning
