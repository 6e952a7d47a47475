#include "learning/product_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/product_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include <algorithm>
#include <bit>

#include "learning/panels.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());
using Entry = SparseRows::Entry;

template <std::size_t kVectors>
HWY_INLINE void load(const float* from, V (&values)[kVectors]) {
  for (std::size_t v = 0; v < kVectors; ++v) values[v] = hn::Load(D(), from + v * n_lanes);
}

template <std::size_t kVectors>
HWY_INLINE void store(const V (&values)[kVectors], float* to) {
  for (std::size_t v = 0; v < kVectors; ++v) hn::Store(values[v], D(), to + v * n_lanes);
}

template <std::size_t kVectors>
HWY_INLINE void clear(V (&values)[kVectors]) {
  for (auto& value : values) value = hn::Zero(D());
}

// Without this GCC loads a value again for each of its uses, as an operand in memory.
HWY_INLINE V loaded_once(V value) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  __asm__("" : "+v"(value.raw));
#endif
  return value;
}

template <std::size_t kVectors>
HWY_INLINE void add_row(const float* row, V (&sums)[kVectors]) {
  for (std::size_t v = 0; v < kVectors; ++v) sums[v] = hn::Add(sums[v], hn::Load(D(), row + v * n_lanes));
}

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
void product_columns(const SparseRows& inputs, std::size_t tile, const float* weights, bool accumulate,
                     float* results) {
  const std::size_t stride = inputs.n_tiles() + 1;
  for (std::size_t row = 0; row < inputs.n_rows; ++row) {
    const std::uint32_t* begin = inputs.row_begin.data() + row * stride + tile;
    float* result = results + row * (kVectors * n_lanes);
    V sums[kVectors];
    if (accumulate)
      load(result, sums);
    else
      clear(sums);
    gather(inputs.rows.data() + begin[0], inputs.rows.data() + begin[1], weights, sums);
    store(sums, result);
  }
}

template <std::size_t kVectors>
void part_product_columns(const SparseRows& inputs, std::size_t first, std::size_t last, const float* weights,
                          float* results) {
  const D d;
  const std::uint32_t* begin = inputs.column_begin.data();
  for (std::size_t i = first; i < last; ++i) {
    if (begin[i] == begin[i + 1]) continue;
    V weight[kVectors];
    load(weights + (i - first) * (kVectors * n_lanes), weight);
    for (std::uint32_t e = begin[i]; e < begin[i + 1]; ++e) {
      float* row = results + inputs.columns[e].index * (kVectors * n_lanes);
      const V value = hn::Set(d, inputs.columns[e].value);
      for (std::size_t v = 0; v < kVectors; ++v)
        hn::Store(hn::MulAdd(value, weight[v], hn::Load(d, row + v * n_lanes)), d, row + v * n_lanes);
    }
  }
}

template <std::size_t kVectors>
void gradient_columns(const SparseRows& inputs, std::size_t first, std::size_t last, const float* deltas,
                      float* weight_gradient) {
  const std::uint32_t* begin = inputs.column_begin.data();
  for (std::size_t i = first; i < last; ++i) {
    if (begin[i] == begin[i + 1]) continue;
    float* result = weight_gradient + (i - first) * (kVectors * n_lanes);
    V sums[kVectors];
    load(result, sums);
    gather(inputs.columns.data() + begin[i], inputs.columns.data() + begin[i + 1], deltas, sums);
    store(sums, result);
  }
}

// Columns of a pair's two sums at a time: two times four vectors stay in registers, and the next multiply-add
// into one is eight multiply-adds away.
constexpr std::size_t strip_vectors = 4;
constexpr std::size_t strip_of(std::size_t width) {
  return std::min(width, strip_vectors * n_lanes);
}

void copy_kernel(const DeltaRows& deltas, bool in_strips, float* result) {
  const D d;
  const std::size_t strip = in_strips ? strip_of(deltas.width) : deltas.width;
  for (std::size_t column = 0; column < deltas.width; column += n_lanes) {
    const float* from = deltas.rows + column;
    float* to = result + column / strip * deltas.n_rows * strip + column % strip;
    const auto filled = hn::FirstN(d, deltas.n_filled > column ? deltas.n_filled - column : 0);
    for (std::size_t row = 0; row < deltas.n_rows; ++row) {
      V value = hn::Load(d, from + row * deltas.width);
      if (deltas.means != nullptr)
        value = hn::IfThenElseZero(filled, hn::Sub(value, hn::Set(d, deltas.means[row])));
      hn::Store(value, d, to + row * strip);
    }
  }
}

template <std::size_t kVectors>
void pair_gradient_strip(const InputPairs& inputs, std::size_t first, std::size_t last, const float* deltas,
                         std::size_t width, float* weight_gradient) {
  const D d;
  const std::uint32_t* begin = inputs.begin.data();
  for (std::size_t k = first; k < last; ++k) {
    if (begin[k] == begin[k + 1]) continue;
    float* results[] = {weight_gradient + 2 * (k - first) * width,
                        weight_gradient + (2 * (k - first) + 1) * width};
    V sums[2][kVectors];
    load(results[0], sums[0]);
    load(results[1], sums[1]);
    const InputPairs::Entry* end = inputs.entries.data() + begin[k + 1];
    for (const InputPairs::Entry* pair = inputs.entries.data() + begin[k]; pair != end; ++pair) {
      const V values[] = {hn::Set(d, pair->values[0]), hn::Set(d, pair->values[1])};
      const float* row = deltas + pair->row * (kVectors * n_lanes);
      for (std::size_t v = 0; v < kVectors; ++v) {
        const V delta = loaded_once(hn::Load(d, row + v * n_lanes));
        sums[0][v] = hn::MulAdd(values[0], delta, sums[0][v]);
        sums[1][v] = hn::MulAdd(values[1], delta, sums[1][v]);
      }
    }
    store(sums[0], results[0]);
    store(sums[1], results[1]);
  }
}

template <std::size_t kVectors>
HWY_INLINE void add_first_spike(const float* weights, std::uint64_t& word, V (&sums)[kVectors]) {
  add_row(weights + static_cast<std::size_t>(std::countr_zero(word)) * (kVectors * n_lanes), sums);
  word &= word - 1;
}

// results[row] (+)= the weights of the row's spikes. Few columns leave the adders waiting for each other: two
// rows at a time.
template <std::size_t kVectors, bool kAccumulate>
void spike_columns(std::span<const SpikeSource> sources, std::size_t n_rows, float* results) {
  constexpr std::size_t width = kVectors * n_lanes;
  std::size_t row = 0;
  const auto begin = [&](std::size_t at, V(&sums)[kVectors]) {
    if constexpr (kAccumulate)
      load(results + at * width, sums);
    else
      clear(sums);
  };
  for (; width < wide_panel && row + 2 <= n_rows; row += 2) {
    V sums[kVectors];
    V others[kVectors];
    begin(row, sums);
    begin(row + 1, others);
    for (const SpikeSource& source : sources) {
      std::uint64_t word = source.words[row];
      std::uint64_t other = source.words[row + 1];
      while (word != 0 && other != 0) {
        add_first_spike(source.weights, word, sums);
        add_first_spike(source.weights, other, others);
      }
      while (word != 0) add_first_spike(source.weights, word, sums);
      while (other != 0) add_first_spike(source.weights, other, others);
    }
    store(sums, results + row * width);
    store(others, results + (row + 1) * width);
  }
  for (; row < n_rows; ++row) {
    V sums[kVectors];
    begin(row, sums);
    for (const SpikeSource& source : sources)
      for (std::uint64_t word = source.words[row]; word != 0;) add_first_spike(source.weights, word, sums);
    store(sums, results + row * width);
  }
}

// Sums of every subset of four rows: of the 64 rows of a panel, 16 groups of 16 sums. Where many neurons
// spike, looking up a group's sum costs less than adding its rows (the method of the four Russians).
constexpr std::size_t group_rows = 4;
constexpr std::size_t n_groups = wide_panel / group_rows;
constexpr std::size_t n_subsets = 16;

template <std::size_t kVectors>
HWY_INLINE void sum_subsets(const float* rows, std::size_t n_rows, float* sums) {
  constexpr std::size_t width = kVectors * n_lanes;
  const D d;
  for (std::size_t group = 0; group * group_rows < n_rows; ++group) {
    float* table = sums + group * n_subsets * width;
    const float* row = rows + group * group_rows * width;
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(hn::Zero(d), d, table + v * n_lanes);
    for (std::size_t r = 0; r < group_rows; ++r)
      for (std::size_t subset = 0; subset < std::size_t{1} << r; ++subset)
        for (std::size_t v = 0; v < kVectors; ++v)
          hn::Store(hn::Add(hn::Load(d, table + subset * width + v * n_lanes),
                            hn::Load(d, row + r * width + v * n_lanes)),
                    d, table + (subset + (std::size_t{1} << r)) * width + v * n_lanes);
  }
}

// results[row] += the sum that each group of four spikes of the row's word looks up.
template <std::size_t kVectors>
void look_up_columns(const std::uint64_t* words, std::size_t n_rows, const float* sums, float* results) {
  constexpr std::size_t width = kVectors * n_lanes;
  for (std::size_t row = 0; row < n_rows; ++row) {
    V even[kVectors];
    V odd[kVectors];
    load(results + row * width, even);
    clear(odd);
    std::uint64_t word = words[row];
    for (std::size_t group = 0; group < n_groups; group += 2, word >>= 2 * group_rows) {
      const std::size_t first = word % n_subsets;
      const std::size_t second = word / n_subsets % n_subsets;
      add_row(sums + (group * n_subsets + first) * width, even);
      add_row(sums + ((group + 1) * n_subsets + second) * width, odd);
    }
    for (std::size_t v = 0; v < kVectors; ++v) even[v] = hn::Add(even[v], odd[v]);
    store(even, results + row * width);
  }
}

// Above so many spikes a word, looking up is faster.
constexpr std::size_t busy_word = 8;

bool busy(const std::uint64_t* words, std::size_t n_rows) {
  std::size_t count = 0;
  for (std::size_t row = 0; row < n_rows; ++row) count += static_cast<std::size_t>(std::popcount(words[row]));
  return count > busy_word * n_rows;
}

// Few columns: sources one after another, each by the way that suits its spikes.
template <bool kAccumulate>
void narrow_spike_columns(std::span<const SpikeSource> sources, std::size_t n_rows, float* results) {
  constexpr std::size_t vectors = narrow_panel / n_lanes;
  HWY_ALIGN float sums[n_groups * n_subsets * narrow_panel];
  if (!kAccumulate) std::fill_n(results, n_rows * narrow_panel, 0.0F);
  std::size_t begin = 0;
  const auto add_quiet = [&](std::size_t end) {
    if (end > begin) spike_columns<vectors, true>(sources.subspan(begin, end - begin), n_rows, results);
    begin = end + 1;
  };
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (sources[s].n_neurons < wide_panel || !busy(sources[s].words, n_rows)) continue;
    add_quiet(s);
    sum_subsets<vectors>(sources[s].weights, wide_panel, sums);
    look_up_columns<vectors>(sources[s].words, n_rows, sums, results);
  }
  add_quiet(sources.size());
}

// Bit j of word i becomes bit i of word j (Warren, Hacker's Delight, section 7-3).
HWY_INLINE void transpose_bits(std::uint64_t (&words)[64]) {
  std::uint64_t mask = 0x00000000FFFFFFFF;
  for (std::size_t step = 32; step != 0; step /= 2, mask ^= mask << step)
    for (std::size_t group = 0; group < 64; group += 2 * step)
      for (std::size_t i = group; i < group + step; ++i) {
        const std::uint64_t swapped = ((words[i] >> step) ^ words[i + step]) & mask;
        words[i] ^= swapped << step;
        words[i + step] ^= swapped;
      }
}

// A neuron's gradient gathers the rows in which it spiked, 64 at a time, so that it stays in registers.
template <std::size_t kVectors>
void spike_gradient_columns(const std::uint64_t* words, std::size_t n_rows, const float* deltas,
                            float* weight_gradient) {
  for (std::size_t first = 0; first < n_rows; first += 64) {
    std::uint64_t spikes[64] = {};
    const std::size_t n = std::min<std::size_t>(64, n_rows - first);
    std::copy_n(words + first, n, spikes);
    transpose_bits(spikes);
    const SpikeSource source{spikes, deltas + first * (kVectors * n_lanes), n};
    if constexpr (kVectors * n_lanes == narrow_panel)
      narrow_spike_columns<true>(std::span(&source, 1), 64, weight_gradient);
    else
      spike_columns<kVectors, true>(std::span(&source, 1), 64, weight_gradient);
  }
}

// kRows x kVectors sums stay in registers while the inner index runs.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void dense_block(const DenseProduct& product, std::size_t row, std::size_t column) {
  const D d;
  V sums[kRows][kVectors];
  float* result = product.result + row * product.width + column;
  for (std::size_t r = 0; r < kRows; ++r) {
    if (product.accumulate)
      load(result + r * product.width, sums[r]);
    else
      clear(sums[r]);
  }
  const float* left = product.left + row * product.row_stride;
  const float* right = product.right + column;
  for (std::size_t k = 0; k < product.n_inner; ++k) {
    V factors[kRows];
    for (std::size_t r = 0; r < kRows; ++r) factors[r] = hn::Set(d, left[r * product.row_stride]);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const V lanes = hn::Load(d, right + v * n_lanes);
      for (std::size_t r = 0; r < kRows; ++r) sums[r][v] = hn::MulAdd(factors[r], lanes, sums[r][v]);
    }
    left += product.inner_stride;
    right += product.width;
  }
  for (std::size_t r = 0; r < kRows; ++r) store(sums[r], result + r * product.width);
}

template <std::size_t kVectors>
void dense_columns(const DenseProduct& product, std::size_t column) {
  // Twelve sums, and room for the factors.
  constexpr std::size_t rows = kVectors == 4 ? 3 : 6;
  std::size_t row = 0;
  // The sums of a single row would wait for each other: of four rows, two are done at a time.
  const auto enough = [&](std::size_t left) { return left >= rows && !(rows == 3 && left == 4); };
  for (; enough(product.n_rows - row); row += rows) dense_block<rows, kVectors>(product, row, column);
  for (; row + 2 <= product.n_rows; row += 2) dense_block<2, kVectors>(product, row, column);
  for (; row < product.n_rows; ++row) dense_block<1, kVectors>(product, row, column);
}

void dense_kernel(const DenseProduct& product) {
  constexpr std::size_t at_once = 32;
  if (product.width % at_once != 0) return dense_columns<16 / n_lanes>(product, 0);
  for (std::size_t column = 0; column < product.width; column += at_once)
    dense_columns<at_once / n_lanes>(product, column);
}

constexpr std::size_t wide = wide_panel / n_lanes;
constexpr std::size_t narrow = narrow_panel / n_lanes;

void sparse_product_kernel(const SparseRows& inputs, std::size_t tile, const float* weights,
                           std::size_t width, bool accumulate, float* results) {
  width == wide_panel ? product_columns<wide>(inputs, tile, weights, accumulate, results)
                      : product_columns<narrow>(inputs, tile, weights, accumulate, results);
}

void sparse_part_kernel(const SparseRows& inputs, std::size_t first, std::size_t last, const float* weights,
                        std::size_t width, float* results) {
  width == wide_panel ? part_product_columns<wide>(inputs, first, last, weights, results)
                      : part_product_columns<narrow>(inputs, first, last, weights, results);
}

void sparse_gradient_kernel(const SparseRows& inputs, std::size_t first, std::size_t last,
                            const float* deltas, std::size_t width, float* weight_gradient) {
  width == wide_panel ? gradient_columns<wide>(inputs, first, last, deltas, weight_gradient)
                      : gradient_columns<narrow>(inputs, first, last, deltas, weight_gradient);
}

void pair_gradient_kernel(const InputPairs& inputs, std::size_t first, std::size_t last, const float* deltas,
                          std::size_t width, float* weight_gradient) {
  const std::size_t strip = strip_of(width);
  for (std::size_t column = 0; column < width; column += strip, deltas += inputs.n_rows * strip)
    strip == strip_vectors* n_lanes
        ? pair_gradient_strip<strip_vectors>(inputs, first, last, deltas, width, weight_gradient + column)
        : pair_gradient_strip<narrow>(inputs, first, last, deltas, width, weight_gradient);
}

void spike_kernel(std::span<const SpikeSource> sources, std::size_t n_rows, std::size_t width,
                  bool accumulate, float* results) {
  if (accumulate)
    width == wide_panel ? spike_columns<wide, true>(sources, n_rows, results)
                        : narrow_spike_columns<true>(sources, n_rows, results);
  else
    width == wide_panel ? spike_columns<wide, false>(sources, n_rows, results)
                        : narrow_spike_columns<false>(sources, n_rows, results);
}

void spike_gradient_kernel(const std::uint64_t* words, std::size_t n_rows, const float* deltas,
                           std::size_t width, float* weight_gradient) {
  width == wide_panel ? spike_gradient_columns<wide>(words, n_rows, deltas, weight_gradient)
                      : spike_gradient_columns<narrow>(words, n_rows, deltas, weight_gradient);
}

std::uint64_t count_kernel(std::span<const std::uint64_t> words) {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(sparse_product_kernel);
HWY_EXPORT(sparse_part_kernel);
HWY_EXPORT(sparse_gradient_kernel);
HWY_EXPORT(copy_kernel);
HWY_EXPORT(pair_gradient_kernel);
HWY_EXPORT(spike_kernel);
HWY_EXPORT(spike_gradient_kernel);
HWY_EXPORT(count_kernel);
HWY_EXPORT(dense_kernel);

void sparse_product(const SparseRows& inputs, std::size_t tile, const float* weights, std::size_t width,
                    bool accumulate, float* results) {
  HWY_DYNAMIC_DISPATCH(sparse_product_kernel)(inputs, tile, weights, width, accumulate, results);
}

void sparse_part_product(const SparseRows& inputs, std::size_t first, std::size_t last, const float* weights,
                         std::size_t width, float* results) {
  HWY_DYNAMIC_DISPATCH(sparse_part_kernel)(inputs, first, last, weights, width, results);
}

void sparse_gradient(const SparseRows& inputs, std::size_t first, std::size_t last, const float* deltas,
                     std::size_t width, float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(sparse_gradient_kernel)(inputs, first, last, deltas, width, weight_gradient);
}

void copy_deltas(const DeltaRows& deltas, bool in_strips, float* result) {
  HWY_DYNAMIC_DISPATCH(copy_kernel)(deltas, in_strips, result);
}

void pair_gradient(const InputPairs& inputs, std::size_t first, std::size_t last, const float* deltas,
                   std::size_t width, float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(pair_gradient_kernel)(inputs, first, last, deltas, width, weight_gradient);
}

void spike_product(std::span<const SpikeSource> sources, std::size_t n_rows, std::size_t width,
                   bool accumulate, float* results) {
  HWY_DYNAMIC_DISPATCH(spike_kernel)(sources, n_rows, width, accumulate, results);
}

void spike_gradient(const std::uint64_t* words, std::size_t n_rows, const float* deltas, std::size_t width,
                    float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(spike_gradient_kernel)(words, n_rows, deltas, width, weight_gradient);
}

std::uint64_t count_spikes(std::span<const std::uint64_t> words) {
  return HWY_DYNAMIC_DISPATCH(count_kernel)(words);
}

void dense_product(const DenseProduct& product) {
  HWY_DYNAMIC_DISPATCH(dense_kernel)(product);
}

}  // namespace loci::learning
#endif
