#include <algorithm>
#include <cmath>

#include "learning/passes.hpp"
#include "learning/row_kernels.hpp"
#include "learning/train_kernels.hpp"

namespace loci::learning {
namespace {

// Rows of an input block, so that a panel's currents stay in cache: of images, and of steps, which are fewer.
constexpr std::size_t most_rows = 150;
constexpr std::size_t most_step_rows = 96;

// Of an image's entries enough for a row's sums to be loaded and stored seldom, few enough for their weights
// to stay in cache; spike rows have too few for tiles to pay.
std::size_t inputs_per_tile(const BlockState& state) {
  return state.constant_input ? 196 : state.panels[0].n_neurons();
}

// Input spikes of a step are too few for neighbours to share.
ByInput by_input(const BlockState& state) {
  if (std::isfinite(state.network.cutoff)) return ByInput::columns;
  if (!state.with_gradient) return ByInput::nothing;
  return state.constant_input ? ByInput::pairs : ByInput::columns;
}

void build_inputs(BlockState& state, const Batch& batch) {
  const std::size_t rows_per_sample = state.constant_input ? 1 : state.n_steps() + 1;
  const std::size_t half = (state.n_samples + 1) / 2;
  const std::size_t most = state.constant_input ? most_rows : most_step_rows;
  const std::size_t size = std::max<std::size_t>(1, std::min(most / rows_per_sample, half));
  state.n_inputs = (state.n_samples + size - 1) / size;
  if (state.inputs.size() < state.n_inputs) state.inputs.resize(state.n_inputs);
  const PanelLayout& panels = state.panels[0];
  state.workers.for_each(state.n_inputs, [&](std::size_t b, std::size_t slot) {
    Stopwatch watch(state.profile);
    InputBlock& block = state.inputs[b];
    block.first = state.first + b * size;
    block.n_samples = std::min(size, state.first + state.n_samples - block.first);
    block.sparse.inputs_per_tile = inputs_per_tile(state);
    state.scratch[slot].inputs.build(batch, {panels, state.neighbourhood.order(0)}, state.n_steps(),
                                     by_input(state), block);
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
    if (state.by_train(1)) {
      scratch.n_spikes += find_trains(state.trains, base, panel.width, state.trains_of(1, p, sample + s));
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
  state.for_each_shard(1, state.n_inputs, [&](const Shard& shard, std::size_t slot) {
    Stopwatch watch(state.profile);
    Scratch& scratch = state.scratch[slot];
    const Connection& connection = state.connections[0];
    const float* weights = connection.weights(shard.panel, connection.near_pre(shard.panel), scratch.weights);
    watch.charge(Phase::weights);
    for (std::size_t b = shard.begin; b < shard.end; ++b)
      first_layer_block(state, shard.panel, state.inputs[b], weights, scratch);
  });
}

// Currents from neurons whose spikes are known by their trains: weights are summed over the neurons of each
// train, and a train's sum counts at its spikes.
void train_arrivals(BlockState& state, std::size_t l, std::size_t width, std::span<const std::uint32_t> near,
                    std::size_t begin, std::size_t end, const float* weights, bool first, Scratch& scratch,
                    float* rows) {
  const std::size_t n_floats = state.n_steps() * width;
  if (first) std::fill_n(rows, (end - begin) * n_floats, 0.0F);
  for (std::size_t s = begin; s < end; ++s) {
    scratch.train_sums.assign(state.trains.n_rows() * width, 0.0F);
    const float* panel_weights = weights;
    for (const std::uint32_t q : near) {
      const std::size_t n_inner = state.panels[l - 1][q].width;
      add_by_train(state.trains_of(l - 1, q, s), n_inner, panel_weights, width, scratch.train_sums.data());
      panel_weights += n_inner * width;
    }
    add_train_currents(state.trains, scratch.train_sums.data(), width, rows + (s - begin) * n_floats);
  }
}

// What arrives at panel p of layer l >= 2 from some panels before it, (rows, width), added to what is there
// unless `first`.
void arrivals(BlockState& state, std::size_t l, std::size_t p, std::span<const std::uint32_t> near,
              std::size_t begin, std::size_t end, const float* weights, bool first, Scratch& scratch,
              float* rows) {
  const std::size_t width = state.panels[l][p].width;
  const std::size_t n_rows = (end - begin) * state.rows_per_sample(l);
  if (state.by_train(l - 1))
    return train_arrivals(state, l, width, near, begin, end, weights, first, scratch, rows);
  scratch.sources.clear();
  for (const std::uint32_t q : near) {
    const std::size_t n_inner = state.panels[l - 1][q].width;
    if (state.spiking())
      scratch.sources.push_back({state.words(l - 1, q, begin), weights, n_inner});
    else
      dense_product({.left = state.layers[l - 1].activations.data() + state.offset(l - 1, q, begin),
                     .row_stride = n_inner,
                     .inner_stride = 1,
                     .n_rows = n_rows,
                     .n_inner = n_inner,
                     .right = weights,
                     .result = rows,
                     .width = width,
                     .accumulate = !first || q != near.front()});
    weights += n_inner * width;
  }
  if (state.spiking()) spike_product(scratch.sources, n_rows, width, !first, rows);
}

// Currents into neurons, of samples [begin, end) of panel p of layer l >= 2.
void run_neurons(BlockState& state, std::size_t l, std::size_t p, std::size_t begin, std::size_t end,
                 float* rows, Scratch& scratch) {
  LayerState& layer = state.layers[l];
  const Panel& panel = state.panels[l][p];
  const float* bias = layer.bias.data() + panel.begin;
  const std::size_t n_steps = state.n_steps();
  for (std::size_t s = begin; state.spiking() && s < end; ++s) {
    const auto [compared, reported] = trajectory_of(state, l, p, s, scratch);
    lif_forward(layer.lif, {bias, rows + (s - begin) * n_steps * panel.width, panel.width, n_steps}, compared,
                reported, state.words(l, p, s));
  }
  if (state.spiking()) return;
  for (std::size_t r = 0; r < end - begin; ++r) add_to(bias, panel.width, rows + r * panel.width);
  if (l < state.last()) rectify(rows, (end - begin) * panel.width);
}

// Samples [begin, end) of panel p of layer l >= 2. Weights are made for some panels at a time, so that they
// never fill more than a cache.
void later_layer_block(BlockState& state, std::size_t l, std::size_t p, std::size_t begin, std::size_t end,
                       Scratch& scratch) {
  const Connection& connection = state.connections[l - 1];
  const auto near = connection.near_pre(p);
  const std::size_t n_floats = (end - begin) * state.rows_per_sample(l) * state.panels[l][p].width;
  float* rows = nullptr;
  if (state.spiking()) {
    scratch.rows.resize(n_floats);
    rows = scratch.rows.data();
  } else {
    rows = state.layers[l].activations.data() + state.offset(l, p, begin);
  }
  if (near.empty()) std::fill_n(rows, n_floats, 0.0F);
  Stopwatch watch(state.profile);
  for (std::size_t k = 0; k < near.size(); k += tiles_at_once) {
    const auto some = near.subspan(k, std::min(tiles_at_once, near.size() - k));
    const float* weights = connection.weights(p, some, scratch.weights);
    watch.charge(Phase::weights);
    arrivals(state, l, p, some, begin, end, weights, k == 0, scratch, rows);
    watch.charge(state.spiking() ? Phase::neurons : Phase::products);
  }
  run_neurons(state, l, p, begin, end, rows, scratch);
  watch.charge(Phase::neurons);
}

void forward_later_layer(BlockState& state, std::size_t l) {
  state.for_each_shard(l, state.n_samples, [&](const Shard& shard, std::size_t slot) {
    const std::size_t n_near = state.connections[l - 1].near_pre(shard.panel).size();
    const std::size_t at_once = state.samples_at_once(l, n_near);
    for (std::size_t begin = shard.begin; begin < shard.end; begin += at_once)
      later_layer_block(state, l, shard.panel, begin, std::min(begin + at_once, shard.end),
                        state.scratch[slot]);
  });
}

void make_room(BlockState& state) {
  for (std::size_t l = 1; l < state.layers.size(); ++l) {
    LayerState& layer = state.layers[l];
    const std::size_t floats = state.panels[l].padded() * state.n_samples * state.rows_per_sample(l);
    if (l == 1 && state.centres_deltas()) layer.delta_sums.resize(state.panels[l].size() * state.n_samples);
    if (!state.spiking()) {
      layer.activations.resize(floats);
      if (state.with_gradient) layer.deltas.resize(floats);
      continue;
    }
    const bool by_train = state.by_train(l);
    layer.trains.resize(by_train ? floats : 0);
    layer.words.resize(by_train ? 0 : state.panels[l].size() * state.n_samples * state.n_steps());
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
  return std::clamp<std::size_t>((most_shards + panels[l].size() - 1) / panels[l].size(), 1, n_items);
}

std::size_t BlockState::samples_at_once(std::size_t l, std::size_t n_near) const {
  constexpr std::size_t rows_in_cache = 512;
  constexpr std::size_t rows_in_memory = 16384;
  const std::size_t n_rows = n_near > tiles_at_once ? rows_in_memory : rows_in_cache;
  return std::max<std::size_t>(1, n_rows / rows_per_sample(l));
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
