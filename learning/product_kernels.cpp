#include "learning/product_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/product_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>

#include "learning/panels.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());
using Entry = SparseBatch::Entry;

// sums += sum over entries of value * matrix[index]
template <std::size_t kVectors>
HWY_INLINE void gather(const Entry* entry, const Entry* end, const float* matrix, V (&sums)[kVectors]) {
  const D d;
  for (; entry != end; ++entry) {
    const V value = hn::Set(d, entry->value);
    const float* row = matrix + entry->index * (kVectors * n_lanes);
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[v] = hn::MulAdd(value, hn::Load(d, row + v * n_lanes), sums[v]);
  }
}

template <std::size_t kVectors>
HWY_INLINE void gather_into(const Entry* entry, const Entry* end, const float* matrix, bool fresh,
                            float* row) {
  const D d;
  V sums[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = fresh ? hn::Zero(d) : hn::Load(d, row + v * n_lanes);
  gather<kVectors>(entry, end, matrix, sums);
  for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sums[v], d, row + v * n_lanes);
}

template <std::size_t kVectors>
void product_columns(const SparseBatch& inputs, const float* weights, float* currents) {
  const std::size_t stride = inputs.n_input_blocks() + 1;
  for (std::size_t block = 0; block + 1 < stride; ++block) {
    for (std::size_t sample = 0; sample < inputs.n_samples; ++sample) {
      const std::uint32_t* begin = inputs.row_begin.data() + sample * stride + block;
      gather_into<kVectors>(inputs.rows.data() + begin[0], inputs.rows.data() + begin[1], weights, block == 0,
                            currents + sample * (kVectors * n_lanes));
    }
  }
}

template <std::size_t kVectors>
void gradient_columns(const SparseBatch& inputs, const float* deltas, float* weight_gradient) {
  for (std::size_t block = 0; block < inputs.n_sample_blocks(); ++block) {
    const std::uint32_t* begin = inputs.column_begin.data() + block * (inputs.n_inputs + 1);
    const float* block_deltas = deltas + block * SparseBatch::samples_per_block * (kVectors * n_lanes);
    for (std::size_t i = 0; i < inputs.n_inputs; ++i) {
      if (begin[i] == begin[i + 1] && block > 0) continue;
      gather_into<kVectors>(inputs.columns.data() + begin[i], inputs.columns.data() + begin[i + 1],
                            block_deltas, block == 0, weight_gradient + i * (kVectors * n_lanes));
    }
  }
}

template <std::size_t kVectors>
void spike_gradient_columns(const sim::SpikeTrains& spikes, std::size_t first, std::size_t last,
                            const float* deltas, std::size_t stride, float* weight_gradient) {
  const D d;
  for (std::size_t t = first; t < last; ++t) {
    V delta[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v)
      delta[v] = hn::Load(d, deltas + (t - first) * stride + v * n_lanes);
    for (const std::uint32_t neuron : spikes.at(t)) {
      float* row = weight_gradient + neuron * (kVectors * n_lanes);
      for (std::size_t v = 0; v < kVectors; ++v)
        hn::Store(hn::Add(hn::Load(d, row + v * n_lanes), delta[v]), d, row + v * n_lanes);
    }
  }
}

// kRows x kVectors sums stay in registers while the inner index runs.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void dense_block(const DenseProduct& product, std::size_t row, std::size_t column) {
  const D d;
  V sums[kRows][kVectors];
  float* result = product.result + row * product.result_stride + column;
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v)
      sums[r][v] =
          product.accumulate ? hn::Load(d, result + r * product.result_stride + v * n_lanes) : hn::Zero(d);
  const float* left = product.left + row * product.row_stride;
  const float* right = product.right + column;
  for (std::size_t k = 0; k < product.n_inner; ++k) {
    V columns[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v)
      columns[v] = hn::Load(d, right + k * product.right_stride + v * n_lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const V factor = hn::Set(d, left[r * product.row_stride + k * product.inner_stride]);
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(factor, columns[v], sums[r][v]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v)
      hn::Store(sums[r][v], d, result + r * product.result_stride + v * n_lanes);
}

// Sixteen columns at a time, or with room in the registers twice as many.
void dense_product_kernel(const DenseProduct& product) {
  constexpr std::size_t narrow = narrow_panel / n_lanes;
  constexpr std::size_t wide = 2 * narrow;
  constexpr std::size_t rows = 3;
  for (std::size_t column = 0; column < product.width; column += product.width == wide_panel ? 32 : 16) {
    std::size_t row = 0;
    for (; row + rows <= product.n_rows; row += rows)
      product.width == wide_panel ? dense_block<rows, wide>(product, row, column)
                                  : dense_block<rows, narrow>(product, row, column);
    for (; row < product.n_rows; ++row)
      product.width == wide_panel ? dense_block<1, wide>(product, row, column)
                                  : dense_block<1, narrow>(product, row, column);
  }
}

void sparse_product_kernel(const SparseBatch& inputs, const float* weights, std::size_t width,
                           float* currents) {
  if (width == wide_panel)
    product_columns<wide_panel / n_lanes>(inputs, weights, currents);
  else
    product_columns<narrow_panel / n_lanes>(inputs, weights, currents);
}

void sparse_gradient_kernel(const SparseBatch& inputs, const float* deltas, std::size_t width,
                            float* weight_gradient) {
  if (width == wide_panel)
    gradient_columns<wide_panel / n_lanes>(inputs, deltas, weight_gradient);
  else
    gradient_columns<narrow_panel / n_lanes>(inputs, deltas, weight_gradient);
}

void spike_gradient_kernel(const sim::SpikeTrains& spikes, std::size_t first, std::size_t last,
                           const float* deltas, std::size_t stride, std::size_t width,
                           float* weight_gradient) {
  if (width == wide_panel)
    spike_gradient_columns<wide_panel / n_lanes>(spikes, first, last, deltas, stride, weight_gradient);
  else
    spike_gradient_columns<narrow_panel / n_lanes>(spikes, first, last, deltas, stride, weight_gradient);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(sparse_product_kernel);
HWY_EXPORT(sparse_gradient_kernel);
HWY_EXPORT(spike_gradient_kernel);
HWY_EXPORT(dense_product_kernel);

void sparse_product_panel(const SparseBatch& inputs, const float* weights, std::size_t width,
                          float* currents) {
  HWY_DYNAMIC_DISPATCH(sparse_product_kernel)(inputs, weights, width, currents);
}

void sparse_gradient_panel(const SparseBatch& inputs, const float* deltas, std::size_t width,
                           float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(sparse_gradient_kernel)(inputs, deltas, width, weight_gradient);
}

void spike_gradient_panel(const sim::SpikeTrains& spikes, std::size_t first, std::size_t last,
                          const float* deltas, std::size_t stride, std::size_t width,
                          float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(spike_gradient_kernel)(spikes, first, last, deltas, stride, width, weight_gradient);
}

void dense_product_panel(const DenseProduct& product) {
  HWY_DYNAMIC_DISPATCH(dense_product_kernel)(product);
}

}  // namespace loci::learning
#endif
