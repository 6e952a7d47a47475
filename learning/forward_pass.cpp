#include <algorithm>

#include "learning/passes.hpp"
#include "learning/row_kernels.hpp"

namespace loci::learning {
namespace {

// Samples per input block, so that a panel's currents stay in cache.
constexpr std::size_t most_rows = 96;
// Rows of currents made at once for a later layer.
constexpr std::size_t rows_at_once = 512;

void build_inputs(BlockState& state, const Batch& batch) {
  const std::size_t rows_per_sample = state.constant_input ? 1 : state.n_steps() + 1;
  const std::size_t half = (state.n_samples + 1) / 2;
  const std::size_t size = std::max<std::size_t>(1, std::min(most_rows / rows_per_sample, half));
  state.n_inputs = (state.n_samples + size - 1) / size;
  if (state.inputs.size() < state.n_inputs) state.inputs.resize(state.n_inputs);
  const PanelLayout& panels = state.panels[0];
  state.workers.for_each(state.n_inputs, [&](std::size_t b, std::size_t slot) {
    Stopwatch watch(state.profile);
    InputBlock& block = state.inputs[b];
    block.first = state.first + b * size;
    block.n_samples = std::min(size, state.first + state.n_samples - block.first);
    // Spike rows have too few entries for tiles to pay.
    block.sparse.inputs_per_tile = state.constant_input ? 196 : panels.n_neurons();
    state.scratch[slot].inputs.build(batch, panels.n_neurons(), panels, state.n_steps(), state.with_gradient,
                                     block);
    watch.charge(Phase::input);
  });
}

// Where the trajectory of a sample's panel goes: kept for the backward pass, or scratch.
struct Trajectory {
  float* compared;
  float* reported;
};

Trajectory trajectory_of(BlockState& state, std::size_t l, std::size_t p, std::size_t sample,
                         Scratch& scratch) {
  LayerState& layer = state.layers[l];
  const bool two = !layer.lif.reset_delay;
  if (state.with_gradient || l == state.last()) {
    float* compared = layer.compared.data() + state.offset(l, p, sample);
    return {compared, two ? layer.reported.data() + state.offset(l, p, sample) : compared};
  }
  const std::size_t n = state.n_steps() * wide_panel;
  scratch.trajectory.resize(2 * n);
  return {scratch.trajectory.data(), scratch.trajectory.data() + (two ? n : 0)};
}

// The first layer's panel p over one block of inputs.
void first_layer_block(BlockState& state, std::size_t p, const InputBlock& block, const float* weights,
                       Scratch& scratch) {
  Stopwatch watch(state.profile);
  LayerState& layer = state.layers[1];
  const Panel& panel = state.panels[1][p];
  const std::size_t sample = block.first - state.first;
  const bool in_place = !state.spiking() || state.constant_drive(1);
  scratch.rows.resize(in_place ? 0 : block.n_rows() * panel.width);
  float* rows = scratch.rows.data();
  if (in_place)
    rows = (state.spiking() ? layer.drive : layer.activations).data() + state.offset(1, p, sample);
  input_product(block, state.panels[0], state.connections[0].near_pre(p), weights, panel.width, rows);
  watch.charge(Phase::products);
  const std::size_t stride = state.constant_input ? 1 : state.n_steps() + 1;
  for (std::size_t s = 0; s < block.n_samples; ++s) {
    float* base = rows + s * stride * panel.width;
    add_to(layer.bias.data() + panel.begin, panel.width, base);
    if (!state.spiking()) {
      if (state.last() > 1) rectify(base, panel.width);
      continue;
    }
    if (state.constant_drive(1)) {
      lif_constant_forward(layer.lif, {base, panel.width, state.n_steps()}, state.words(1, p, sample + s));
      continue;
    }
    const auto [compared, reported] = trajectory_of(state, 1, p, sample + s, scratch);
    const float* steps = state.constant_input ? nullptr : base + panel.width;
    lif_forward(layer.lif, {base, steps, panel.width, state.n_steps()}, compared, reported,
                state.words(1, p, sample + s));
  }
  watch.charge(Phase::neurons);
}

void forward_first_layer(BlockState& state) {
  const std::size_t n_panels = state.panels[1].size();
  const std::size_t n_shards = state.n_shards(1, state.n_inputs);
  state.workers.for_each(n_panels * n_shards, [&](std::size_t task, std::size_t slot) {
    const std::size_t p = task / n_shards;
    const std::size_t shard = task % n_shards;
    Stopwatch watch(state.profile);
    const float* weights = state.connections[0].weights(p, state.scratch[slot].weights);
    watch.charge(Phase::weights);
    for (std::size_t b = shard * state.n_inputs / n_shards; b < (shard + 1) * state.n_inputs / n_shards; ++b)
      first_layer_block(state, p, state.inputs[b], weights, state.scratch[slot]);
  });
}

// Panel p of layer l >= 2 over samples [begin, end) of a rate network.
void rate_layer_block(BlockState& state, std::size_t l, std::size_t p, std::size_t begin, std::size_t end,
                      const float* weights) {
  LayerState& layer = state.layers[l];
  const Panel& panel = state.panels[l][p];
  float* rows = layer.activations.data() + state.offset(l, p, begin);
  const std::size_t n_rows = end - begin;
  for (std::size_t r = 0; r < n_rows; ++r)
    std::copy_n(layer.bias.data() + panel.begin, panel.width, rows + r * panel.width);
  for (const std::uint32_t q : state.connections[l - 1].near_pre(p)) {
    const std::size_t n_inner = state.panels[l - 1][q].width;
    dense_product({.left = state.layers[l - 1].activations.data() + state.offset(l - 1, q, begin),
                   .row_stride = n_inner,
                   .inner_stride = 1,
                   .n_rows = n_rows,
                   .n_inner = n_inner,
                   .right = weights,
                   .result = rows,
                   .width = panel.width,
                   .accumulate = true});
    weights += n_inner * panel.width;
  }
  if (l < state.last()) rectify(rows, n_rows * panel.width);
}

void spiking_layer_block(BlockState& state, std::size_t l, std::size_t p, std::size_t begin, std::size_t end,
                         const float* weights, Scratch& scratch) {
  LayerState& layer = state.layers[l];
  const Panel& panel = state.panels[l][p];
  const std::size_t n_steps = state.n_steps();
  scratch.sources.clear();
  for (const std::uint32_t q : state.connections[l - 1].near_pre(p)) {
    scratch.sources.push_back({state.words(l - 1, q, begin), weights});
    weights += state.panels[l - 1][q].width * panel.width;
  }
  scratch.rows.resize((end - begin) * n_steps * panel.width);
  spike_product(scratch.sources, (end - begin) * n_steps, panel.width, scratch.rows.data());
  for (std::size_t s = begin; s < end; ++s) {
    const auto [compared, reported] = trajectory_of(state, l, p, s, scratch);
    lif_forward(layer.lif,
                {layer.bias.data() + panel.begin, scratch.rows.data() + (s - begin) * n_steps * panel.width,
                 panel.width, n_steps},
                compared, reported, state.words(l, p, s));
  }
}

void forward_later_layer(BlockState& state, std::size_t l) {
  const std::size_t n_panels = state.panels[l].size();
  const std::size_t n_shards = state.n_shards(l, state.n_samples);
  const std::size_t at_once = std::max<std::size_t>(1, rows_at_once / state.rows_per_sample(l));
  state.workers.for_each(n_panels * n_shards, [&](std::size_t task, std::size_t slot) {
    const std::size_t p = task / n_shards;
    const std::size_t shard = task % n_shards;
    Scratch& scratch = state.scratch[slot];
    Stopwatch watch(state.profile);
    const float* weights = state.connections[l - 1].weights(p, scratch.weights);
    watch.charge(Phase::weights);
    const std::size_t last = (shard + 1) * state.n_samples / n_shards;
    for (std::size_t begin = shard * state.n_samples / n_shards; begin < last; begin += at_once) {
      const std::size_t end = std::min(begin + at_once, last);
      if (state.spiking())
        spiking_layer_block(state, l, p, begin, end, weights, scratch);
      else
        rate_layer_block(state, l, p, begin, end, weights);
    }
    watch.charge(state.spiking() ? Phase::neurons : Phase::products);
  });
}

void make_room(BlockState& state) {
  for (std::size_t l = 1; l < state.layers.size(); ++l) {
    LayerState& layer = state.layers[l];
    const std::size_t floats = state.panels[l].padded() * state.n_samples * state.rows_per_sample(l);
    if (!state.spiking()) {
      layer.activations.resize(floats);
      if (state.with_gradient) layer.deltas.resize(floats);
      continue;
    }
    layer.words.resize(state.panels[l].size() * state.n_samples * state.n_steps());
    if (state.constant_drive(l)) {
      layer.drive.resize(floats);
    } else if (state.with_gradient || l == state.last()) {
      layer.compared.resize(floats);
      if (!layer.lif.reset_delay) layer.reported.resize(floats);
    }
  }
}

}  // namespace

std::size_t BlockState::n_shards(std::size_t l, std::size_t n_items) const {
  constexpr std::size_t wanted_tasks = 16;
  return std::clamp<std::size_t>((wanted_tasks + panels[l].size() - 1) / panels[l].size(), 1, n_items);
}

float* BlockState::deltas(std::size_t l, std::size_t p, std::size_t sample) {
  LayerState& layer = layers[l];
  AlignedFloats& values = !spiking() ? layer.deltas : constant_drive(l) ? layer.drive : layer.compared;
  return values.data() + offset(l, p, sample);
}

void forward_block(BlockState& state, const Batch& batch) {
  make_room(state);
  build_inputs(state, batch);
  forward_first_layer(state);
  for (std::size_t l = 2; l < state.layers.size(); ++l) forward_later_layer(state, l);
}

}  // namespace loci::learning
