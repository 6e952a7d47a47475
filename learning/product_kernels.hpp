// Products of weights with what arrives, and of what arrived with gradients, panel by panel: dense rows,
// rows with most inputs dark, spikes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loci::learning {

// Rows of inputs twice over: by row for the forward product, by input for the weight gradient. Rows are cut
// into tiles of inputs so that the weights read again and again fit the first-level cache.
struct SparseRows {
  struct Entry {
    std::uint32_t index;  // within the tile (rows) or of the row (columns)
    float value;
  };
  std::size_t n_rows = 0;
  std::size_t n_inputs = 0;
  std::size_t inputs_per_tile = 196;        // x 64 columns x 4 bytes = 50 KB, of which a row reads a part
  std::vector<Entry> rows;                  // by (row, input)
  std::vector<std::uint32_t> row_begin;     // (n_rows, n_tiles + 1)
  std::vector<Entry> columns;               // by (input, row)
  std::vector<std::uint32_t> column_begin;  // (n_inputs + 1)

  std::size_t n_tiles() const { return (n_inputs + inputs_per_tile - 1) / inputs_per_tile; }
  void clear(std::size_t inputs);
  // A row of all its inputs.
  void append_row(std::span<const float> values);
  // Or a row's entries in rising order of input between begin_row() and end_row().
  void begin_row();
  void append(std::size_t input, float value);
  void end_row();
  // Builds `columns` from `rows`.
  void transpose();

 private:
  std::size_t next_tile_ = 0;
  std::vector<Entry> row_;
};

// Inputs two by two: in an image neighbours are mostly lit together, and then share what they load.
struct InputPairs {
  struct Entry {
    std::uint32_t row;
    float values[2];  // of inputs 2k and 2k + 1, not both 0
  };
  std::size_t n_rows = 0;
  std::vector<Entry> entries;        // by (pair, row)
  std::vector<std::uint32_t> begin;  // (n_pairs + 1)

  void build(const SparseRows& inputs);
};

// results (n_rows, width) = [results +] inputs of one tile x weights (inputs of the tile, width).
void sparse_product(const SparseRows& inputs, std::size_t tile, const float* weights, std::size_t width,
                    bool accumulate, float* results);

// results (n_rows, width) += inputs [first, last) x weights (last - first, width), input by input: for parts
// of the inputs of which a row has too few entries. Needs the columns.
void sparse_part_product(const SparseRows& inputs, std::size_t first, std::size_t last, const float* weights,
                         std::size_t width, float* results);

// weight_gradient (last - first, width) += inputs [first, last)^T x deltas (n_rows, width).
void sparse_gradient(const SparseRows& inputs, std::size_t first, std::size_t last, const float* deltas,
                     std::size_t width, float* weight_gradient);

// result = rows (n_rows, width), in strips if asked: as many columns as pair_gradient() sums in registers, of
// every row, then the next columns. Less means[row] in the first n_filled columns, unless null.
struct DeltaRows {
  const float* rows;
  const float* means;
  std::size_t n_rows;
  std::size_t width;
  std::size_t n_filled;
};
void copy_deltas(const DeltaRows& deltas, bool in_strips, float* result);

// weight_gradient (2 (last - first), width) += inputs of pairs [first, last)^T x deltas (n_rows, width) in
// strips.
void pair_gradient(const InputPairs& inputs, std::size_t first, std::size_t last, const float* deltas,
                   std::size_t width, float* weight_gradient);

// Spikes of one panel, a word of up to 64 neurons per row, and the weights of its neurons, (n_neurons,
// width).
struct SpikeSource {
  const std::uint64_t* words;
  const float* weights;
  std::size_t n_neurons;
};
// results (n_rows, width) = [results +] sum over sources of the weights of every neuron that spiked in the
// row.
void spike_product(std::span<const SpikeSource> sources, std::size_t n_rows, std::size_t width,
                   bool accumulate, float* results);

// weight_gradient (64, width) += deltas[row] (n_rows, width) for every spike of the row's word.
void spike_gradient(const std::uint64_t* words, std::size_t n_rows, const float* deltas, std::size_t width,
                    float* weight_gradient);

std::uint64_t count_spikes(std::span<const std::uint64_t> words);

// result (n_rows, width) = [result +] left x right. left: element (r, k) at left[r * row_stride + k *
// inner_stride], so that either factor's transpose is a matter of strides; right: (n_inner, width).
struct DenseProduct {
  const float* left;
  std::size_t row_stride;
  std::size_t inner_stride;
  std::size_t n_rows;
  std::size_t n_inner;
  const float* right;
  float* result;
  std::size_t width;  // 64 or 16
  bool accumulate = false;
};
void dense_product(const DenseProduct& product);

}  // namespace loci::learning
