#include <algorithm>

#include "learning/product_kernels.hpp"

namespace loci::learning {

void SparseBatch::clear(std::size_t inputs) {
  n_samples = 0;
  n_inputs = inputs;
  rows.clear();
  row_begin.clear();
}

void SparseBatch::append(std::span<const float> values) {
  for (std::size_t i = 0; i < n_inputs; ++i) {
    if (i % inputs_per_block == 0) row_begin.push_back(static_cast<std::uint32_t>(rows.size()));
    if (values[i] != 0.0F) rows.push_back({static_cast<std::uint32_t>(i), values[i]});
  }
  row_begin.push_back(static_cast<std::uint32_t>(rows.size()));
  ++n_samples;
}

void SparseBatch::transpose() {
  columns.resize(rows.size());
  column_begin.assign(n_sample_blocks() * (n_inputs + 1), 0);
  const std::size_t stride = n_input_blocks() + 1;
  std::uint32_t offset = 0;
  for (std::size_t block = 0; block < n_sample_blocks(); ++block) {
    std::uint32_t* begin = column_begin.data() + block * (n_inputs + 1);
    const std::size_t first = block * samples_per_block;
    const std::size_t last = std::min(first + samples_per_block, n_samples);
    const std::uint32_t from = row_begin[first * stride];
    const std::uint32_t to = row_begin[last * stride - 1];
    for (std::uint32_t e = from; e < to; ++e) ++begin[rows[e].index];
    for (std::size_t i = 0; i <= n_inputs; ++i) {
      const std::uint32_t count = begin[i];
      begin[i] = offset;
      offset += count;
    }
    for (std::size_t sample = first; sample < last; ++sample)
      for (std::uint32_t e = row_begin[sample * stride]; e < row_begin[(sample + 1) * stride - 1]; ++e)
        columns[begin[rows[e].index]++] = {static_cast<std::uint32_t>(sample - first), rows[e].value};
    // Each begin[i] now stands where i ends, that is where i + 1 began.
    std::copy_backward(begin, begin + n_inputs, begin + n_inputs + 1);
    begin[0] = from;
  }
}

}  // namespace loci::learning
