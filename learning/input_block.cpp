#include "learning/input_block.hpp"

#include <algorithm>

namespace loci::learning {
namespace {

// Inner indices of a dense product at once: x 16 columns x 4 bytes stay in the first-level cache; and rows of
// deltas, x 64 columns.
constexpr std::size_t most_inner = 256;
constexpr std::size_t most_rows = 96;

}  // namespace

void InputBuilder::build(const Batch& batch, const InputPlaces& places, std::size_t n_steps, ByInput by_input,
                         InputBlock& block) {
  SparseRows& rows = block.sparse;
  const std::size_t n_inputs = places.panels.n_neurons();
  rows.clear(n_inputs);
  for (std::size_t sample = block.first; sample < block.first + block.n_samples; ++sample) {
    if (!batch.constant_input()) {
      batch.spikes(sample, n_steps, trains_);
      add_spikes(places, n_steps, rows);
      continue;
    }
    read_values(batch, sample, places);
    rows.append_row(values_);
  }
  const auto n_values = static_cast<double>(rows.n_rows * n_inputs);
  block.dense = batch.constant_input() && static_cast<double>(rows.rows.size()) > densest_sparse * n_values;
  block.paired = !block.dense && by_input == ByInput::pairs;
  if (!block.dense) {
    if (block.paired) block.pairs.build(rows);
    if (by_input == ByInput::columns) rows.transpose();
    return;
  }
  const std::size_t padded = places.panels.padded();
  block.values.assign(rows.n_rows * padded, 0.0F);
  for (std::size_t s = 0; s < block.n_samples; ++s) {
    read_values(batch, block.first + s, places);
    std::copy(values_.begin(), values_.end(), block.values.begin() + static_cast<std::ptrdiff_t>(s * padded));
  }
}

void InputBuilder::read_values(const Batch& batch, std::size_t sample, const InputPlaces& places) {
  values_.resize(places.panels.n_neurons());
  if (places.order.empty()) return batch.currents(sample, values_);
  given_.resize(values_.size());
  batch.currents(sample, given_);
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = given_[places.order[i]];
}

// Spiking inputs by place, rising within each step.
void InputBuilder::sort_spikes(const InputPlaces& places, std::size_t n_steps) {
  if (places.order.empty()) return;
  place_.resize(places.order.size());
  for (std::size_t i = 0; i < place_.size(); ++i) place_[places.order[i]] = static_cast<std::uint32_t>(i);
  for (std::uint32_t& neuron : trains_.neuron) neuron = place_[neuron];
  for (std::size_t t = 0; t < n_steps; ++t)
    std::sort(trains_.neuron.begin() + trains_.begin[t], trains_.neuron.begin() + trains_.begin[t + 1]);
}

void InputBuilder::add_spikes(const InputPlaces& places, std::size_t n_steps, SparseRows& rows) {
  sort_spikes(places, n_steps);
  count_.assign(rows.n_inputs, 0);
  for (const std::uint32_t i : trains_.neuron) ++count_[i];
  usual_.clear();
  for (std::size_t i = 0; i < rows.n_inputs; ++i)
    if (2 * count_[i] > n_steps + 1) usual_.push_back(static_cast<std::uint32_t>(i));
  rows.begin_row();
  for (const std::uint32_t i : usual_) rows.append(i, 1.0F);
  rows.end_row();
  for (std::size_t t = 0; t < n_steps; ++t) {
    rows.begin_row();
    auto usual = usual_.begin();
    for (const std::uint32_t i : trains_.at(t)) {
      for (; usual != usual_.end() && *usual < i; ++usual) rows.append(*usual, -1.0F);
      if (usual != usual_.end() && *usual == i)
        ++usual;
      else
        rows.append(i, 1.0F);
    }
    for (; usual != usual_.end(); ++usual) rows.append(*usual, -1.0F);
    rows.end_row();
  }
}

void input_product(const InputBlock& block, const PanelLayout& panels, std::span<const std::uint32_t> near,
                   const float* weights, std::size_t width, float* results) {
  const SparseRows& rows = block.sparse;
  const bool all = near.size() == panels.size();
  if (near.empty() || (!block.dense && !all)) std::fill_n(results, block.n_rows() * width, 0.0F);
  if (!block.dense && all) {
    for (std::size_t tile = 0; tile < rows.n_tiles(); ++tile)
      sparse_product(rows, tile, weights + tile * rows.inputs_per_tile * width, width, tile > 0, results);
    return;
  }
  for (std::size_t k = 0; !block.dense && k < near.size(); ++k) {
    const Panel& panel = panels[near[k]];
    sparse_part_product(rows, panel.begin, panel.begin + panel.filled, weights, width, results);
    weights += panel.width * width;
  }
  if (!block.dense) return;
  for (std::size_t k = 0; k < near.size();) {
    // A run of neighbouring panels is one product.
    const std::size_t begin = panels[near[k]].begin;
    std::size_t n_inner = panels[near[k]].width;
    const bool first = k == 0;
    for (++k; k < near.size() && near[k] == near[k - 1] + 1 && n_inner + panels[near[k]].width <= most_inner;
         ++k)
      n_inner += panels[near[k]].width;
    dense_product({.left = block.values.data() + begin,
                   .row_stride = panels.padded(),
                   .inner_stride = 1,
                   .n_rows = block.n_rows(),
                   .n_inner = n_inner,
                   .right = weights,
                   .result = results,
                   .width = width,
                   .accumulate = !first});
    weights += n_inner * width;
  }
}

void input_gradient(const InputBlock& block, const PanelLayout& panels, std::size_t q, const float* deltas,
                    std::size_t width, float* weight_gradient) {
  const Panel& panel = panels[q];
  if (block.paired)
    return pair_gradient(block.pairs, panel.begin / 2, (panel.begin + panel.filled + 1) / 2, deltas, width,
                         weight_gradient);
  if (!block.dense)
    return sparse_gradient(block.sparse, panel.begin, panel.begin + panel.filled, deltas, width,
                           weight_gradient);
  for (std::size_t row = 0; row < block.n_rows(); row += most_rows)
    dense_product({.left = block.values.data() + row * panels.padded() + panel.begin,
                   .row_stride = 1,
                   .inner_stride = panels.padded(),
                   .n_rows = panel.width,
                   .n_inner = std::min(most_rows, block.n_rows() - row),
                   .right = deltas + row * width,
                   .result = weight_gradient,
                   .width = width,
                   .accumulate = true});
}

}  // namespace loci::learning
