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

// result (n_rows, width) = deltas (n_rows, n_post; row stride `stride`) x transposed_weights (n_post, width).
void transposed_product_panel(const float* deltas, std::size_t n_rows, std::size_t n_post, std::size_t stride,
                              const float* transposed_weights, std::size_t width, float* result);

}  // namespace loci::learning
