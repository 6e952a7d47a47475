// Products with sparse inputs, panel by panel: images with their dark pixels left out, and spikes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/encoder.hpp"

namespace loci::learning {

// A batch of input rows twice over: by sample for the forward product, by input for the weight gradient. Both
// are cut into blocks so that what is read again and again (a block of weights, a block of gradients) fits
// the first-level cache.
struct SparseBatch {
  struct Entry {
    std::uint32_t index;  // input (rows) or sample within its block (columns)
    float value;
  };
  static constexpr std::size_t inputs_per_block = 112;  // x 64 columns x 4 bytes = 28 KB
  static constexpr std::size_t samples_per_block = 96;  // x 64 columns x 4 bytes = 24 KB

  std::size_t n_samples = 0;
  std::size_t n_inputs = 0;
  std::vector<Entry> rows;                  // by (sample, input)
  std::vector<std::uint32_t> row_begin;     // (n_samples, n_input_blocks + 1)
  std::vector<Entry> columns;               // by (sample block, input, sample)
  std::vector<std::uint32_t> column_begin;  // (n_sample_blocks, n_inputs + 1)

  std::size_t n_input_blocks() const { return (n_inputs + inputs_per_block - 1) / inputs_per_block; }
  std::size_t n_sample_blocks() const { return (n_samples + samples_per_block - 1) / samples_per_block; }
  double density() const {
    return n_samples == 0 ? 0.0 : double(rows.size()) / (double(n_samples) * double(n_inputs));
  }

  void clear(std::size_t inputs);
  // Appends one sample: (n_inputs) values.
  void append(std::span<const float> values);
  // Builds `columns` from `rows`. Needed before a backward pass.
  void transpose();
};

// currents (n_samples, width) = inputs x weights (n_inputs, width).
void sparse_product_panel(const SparseBatch& inputs, const float* weights, std::size_t width,
                          float* currents);

// weight_gradient (n_inputs, width) = inputs^T x deltas (n_samples, width).
void sparse_gradient_panel(const SparseBatch& inputs, const float* deltas, std::size_t width,
                           float* weight_gradient);

// Adds to weight_gradient (n_pre, width) the row deltas[step * stride] for every spike of every step in
// [first, last).
void spike_gradient_panel(const sim::SpikeTrains& spikes, std::size_t first, std::size_t last,
                          const float* deltas, std::size_t stride, std::size_t width, float* weight_gradient);

// result (n_rows, width) = left x right, added to what is there if `accumulate`. left: element (r, k) at
// left[r * row_stride + k * inner_stride], so that either factor's transpose is a matter of strides; right:
// (n_inner, width).
struct DenseProduct {
  const float* left;
  std::size_t row_stride;
  std::size_t inner_stride;
  std::size_t n_rows;
  std::size_t n_inner;
  const float* right;
  std::size_t right_stride;
  float* result;
  std::size_t result_stride;
  std::size_t width;  // 64 or 16
  bool accumulate = false;
};
void dense_product_panel(const DenseProduct& product);

}  // namespace loci::learning
