#include <algorithm>
#include <cstddef>

#include "learning/product_kernels.hpp"

namespace loci::learning {

void SparseRows::clear(std::size_t inputs) {
  n_rows = 0;
  n_inputs = inputs;
  rows.clear();
  row_begin.clear();
}

// Without a branch that no one could predict: every entry is written, and the next one over it if it was 0.
void SparseRows::append_row(std::span<const float> values) {
  row_.resize(inputs_per_tile);
  row_begin.push_back(static_cast<std::uint32_t>(rows.size()));
  for (std::size_t first = 0; first < values.size(); first += inputs_per_tile) {
    const auto tile = values.subspan(first, std::min(inputs_per_tile, values.size() - first));
    std::size_t n = 0;
    for (std::size_t i = 0; i < tile.size(); ++i) {
      row_[n] = {static_cast<std::uint32_t>(i), tile[i]};
      n += tile[i] != 0.0F ? 1 : 0;
    }
    rows.insert(rows.end(), row_.begin(), row_.begin() + static_cast<std::ptrdiff_t>(n));
    row_begin.push_back(static_cast<std::uint32_t>(rows.size()));
  }
  ++n_rows;
}

void SparseRows::begin_row() {
  next_tile_ = 0;
}

void SparseRows::append(std::size_t input, float value) {
  const auto here = static_cast<std::uint32_t>(rows.size());
  for (; next_tile_ * inputs_per_tile <= input; ++next_tile_) row_begin.push_back(here);
  rows.push_back({static_cast<std::uint32_t>(input - (next_tile_ - 1) * inputs_per_tile), value});
}

void SparseRows::end_row() {
  const auto here = static_cast<std::uint32_t>(rows.size());
  for (; next_tile_ <= n_tiles(); ++next_tile_) row_begin.push_back(here);
  ++n_rows;
}

void SparseRows::transpose() {
  columns.resize(rows.size());
  column_begin.assign(n_inputs + 1, 0);
  const std::size_t stride = n_tiles() + 1;
  for (std::size_t tile = 0; tile < n_tiles(); ++tile)
    for (std::size_t row = 0; row < n_rows; ++row)
      for (std::uint32_t e = row_begin[row * stride + tile]; e < row_begin[row * stride + tile + 1]; ++e)
        ++column_begin[tile * inputs_per_tile + rows[e].index + 1];
  for (std::size_t i = 0; i < n_inputs; ++i) column_begin[i + 1] += column_begin[i];
  for (std::size_t row = 0; row < n_rows; ++row)
    for (std::size_t tile = 0; tile < n_tiles(); ++tile)
      for (std::uint32_t e = row_begin[row * stride + tile]; e < row_begin[row * stride + tile + 1]; ++e)
        columns[column_begin[tile * inputs_per_tile + rows[e].index]++] = {static_cast<std::uint32_t>(row),
                                                                           rows[e].value};
  // Each begin now stands where its input ends, that is where the next began.
  std::copy_backward(column_begin.begin(), column_begin.end() - 1, column_begin.end());
  column_begin[0] = 0;
}

void InputPairs::build(const SparseRows& inputs) {
  n_rows = inputs.n_rows;
  const std::size_t n_pairs = (inputs.n_inputs + 1) / 2;
  begin.assign(n_pairs + 1, 0);
  // Calls visit(row, input, value, whether the entry before is of the same row and pair).
  const auto visit_entries = [&](const auto& visit) {
    const std::size_t stride = inputs.n_tiles() + 1;
    for (std::size_t row = 0; row < n_rows; ++row) {
      std::size_t before = n_pairs;
      for (std::size_t tile = 0; tile < inputs.n_tiles(); ++tile) {
        const std::uint32_t* at = inputs.row_begin.data() + row * stride + tile;
        for (std::uint32_t e = at[0]; e < at[1]; ++e) {
          const std::size_t input = tile * inputs.inputs_per_tile + inputs.rows[e].index;
          visit(row, input, inputs.rows[e].value, before == input / 2);
          before = input / 2;
        }
      }
    }
  };
  visit_entries(
      [&](std::size_t, std::size_t input, float, bool second) { begin[input / 2 + 1] += second ? 0 : 1; });
  for (std::size_t k = 0; k < n_pairs; ++k) begin[k + 1] += begin[k];
  entries.assign(begin.back(), {});
  visit_entries([&](std::size_t row, std::size_t input, float value, bool second) {
    std::uint32_t& next = begin[input / 2];
    next -= second ? 1 : 0;
    Entry& entry = entries[next++];
    entry.row = static_cast<std::uint32_t>(row);
    entry.values[input % 2] = value;
  });
  // Each begin now stands where its pair ends, that is where the next began.
  std::copy_backward(begin.begin(), begin.end() - 1, begin.end());
  begin[0] = 0;
}

}  // namespace loci::learning
