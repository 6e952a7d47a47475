#include "learning/train_kernels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/train_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include "learning/panels.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr std::size_t n_lanes = hn::MaxLanes(D());

std::uint64_t find_kernel(const TrainTable& table, const float* currents, std::size_t n,
                          std::uint16_t* rows) {
  const D d;
  const hn::RebindToSigned<D> di;
  const TrainTable::Index index = table.index();
  const V begin = hn::Set(d, index.begin);
  const V cells_per_unit = hn::Set(d, index.cells_per_unit);
  const V last_cell = hn::Set(d, static_cast<float>(TrainTable::n_cells - 1));
  HWY_ALIGN std::int32_t cells[wide_panel];
  for (std::size_t j = 0; j < n; j += n_lanes) {
    const V at = hn::Mul(hn::Sub(hn::Load(d, currents + j), begin), cells_per_unit);
    // Not a number is no spike, in the neuron as here.
    const V above = hn::IfThenElseZero(hn::Gt(at, hn::Zero(d)), at);
    hn::Store(hn::ConvertTo(di, hn::Min(above, last_cell)), di, cells + j);
  }
  std::uint64_t n_spikes = 0;
  for (std::size_t j = 0; j < n; ++j) {
    std::size_t train = index.cells[cells[j]];
    train += currents[j] >= index.from[train + 1] ? 1 : 0;
    while (HWY_UNLIKELY(currents[j] >= index.from[train + 1])) ++train;
    const std::size_t row = train == 0 ? j % TrainTable::lowest_rows : train + TrainTable::lowest_rows - 1;
    n_spikes += index.counts[row];
    rows[j] = static_cast<std::uint16_t>(row);
  }
  return n_spikes;
}

template <std::size_t kVectors>
HWY_INLINE void add_row(const float* row, float* to) {
  const D d;
  for (std::size_t at = 0; at < kVectors * n_lanes; at += n_lanes)
    hn::Store(hn::Add(hn::Load(d, to + at), hn::Load(d, row + at)), d, to + at);
}

template <std::size_t kVectors>
void add_by_train_columns(const std::uint16_t* rows, std::size_t n, const float* weights, float* sums) {
  constexpr std::size_t width = kVectors * n_lanes;
  for (std::size_t j = 0; j < n; ++j) add_row<kVectors>(weights + j * width, sums + rows[j] * width);
}

template <std::size_t kVectors>
void train_gradient_columns(const std::uint16_t* rows, std::size_t n, const float* sums, float* gradient) {
  constexpr std::size_t width = kVectors * n_lanes;
  for (std::size_t j = 0; j < n; ++j) add_row<kVectors>(sums + rows[j] * width, gradient + j * width);
}

// From the highest train down: at a toggle all trains from its row on change alike.
template <std::size_t kVectors>
void train_current_columns(const TrainTable& table, const float* sums, float* currents) {
  constexpr std::size_t width = kVectors * n_lanes;
  const D d;
  V above[kVectors];
  for (auto& value : above) value = hn::Zero(d);
  for (std::size_t row = table.n_rows(); row-- > 0;) {
    for (std::size_t v = 0; v < kVectors; ++v)
      above[v] = hn::Add(above[v], hn::Load(d, sums + row * width + v * n_lanes));
    for (const TrainTable::Toggle toggle : table.toggles(row)) {
      float* current = currents + toggle.step * width;
      const V sign = hn::Set(d, toggle.sign);
      for (std::size_t v = 0; v < kVectors; ++v)
        hn::Store(hn::MulAdd(sign, above[v], hn::Load(d, current + v * n_lanes)), d, current + v * n_lanes);
    }
  }
}

template <std::size_t kVectors>
void sum_by_train_columns(const TrainTable& table, const float* deltas, float* sums) {
  constexpr std::size_t width = kVectors * n_lanes;
  const D d;
  V sum[kVectors];
  for (auto& value : sum) value = hn::Zero(d);
  for (std::size_t row = 0; row < table.n_rows(); ++row) {
    for (const TrainTable::Toggle toggle : table.toggles(row)) {
      const V sign = hn::Set(d, toggle.sign);
      for (std::size_t v = 0; v < kVectors; ++v)
        sum[v] = hn::MulAdd(sign, hn::Load(d, deltas + toggle.step * width + v * n_lanes), sum[v]);
    }
    for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sum[v], d, sums + row * width + v * n_lanes);
  }
}

constexpr std::size_t wide = wide_panel / n_lanes;
constexpr std::size_t narrow = narrow_panel / n_lanes;

void add_by_train_kernel(const std::uint16_t* rows, std::size_t n, const float* weights, std::size_t width,
                         float* sums) {
  width == wide_panel ? add_by_train_columns<wide>(rows, n, weights, sums)
                      : add_by_train_columns<narrow>(rows, n, weights, sums);
}

void train_current_kernel(const TrainTable& table, const float* sums, std::size_t width, float* currents) {
  width == wide_panel ? train_current_columns<wide>(table, sums, currents)
                      : train_current_columns<narrow>(table, sums, currents);
}

void sum_by_train_kernel(const TrainTable& table, const float* deltas, std::size_t width, float* sums) {
  width == wide_panel ? sum_by_train_columns<wide>(table, deltas, sums)
                      : sum_by_train_columns<narrow>(table, deltas, sums);
}

void train_gradient_kernel(const std::uint16_t* rows, std::size_t n, const float* sums, std::size_t width,
                           float* weight_gradient) {
  width == wide_panel ? train_gradient_columns<wide>(rows, n, sums, weight_gradient)
                      : train_gradient_columns<narrow>(rows, n, sums, weight_gradient);
}

}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {

HWY_EXPORT(find_kernel);
HWY_EXPORT(add_by_train_kernel);
HWY_EXPORT(train_current_kernel);
HWY_EXPORT(sum_by_train_kernel);
HWY_EXPORT(train_gradient_kernel);

std::uint64_t find_trains(const TrainTable& table, const float* currents, std::size_t n,
                          std::uint16_t* rows) {
  return HWY_DYNAMIC_DISPATCH(find_kernel)(table, currents, n, rows);
}

void add_by_train(const std::uint16_t* rows, std::size_t n, const float* weights, std::size_t width,
                  float* sums) {
  HWY_DYNAMIC_DISPATCH(add_by_train_kernel)(rows, n, weights, width, sums);
}

void add_train_currents(const TrainTable& table, const float* sums, std::size_t width, float* currents) {
  HWY_DYNAMIC_DISPATCH(train_current_kernel)(table, sums, width, currents);
}

void sum_by_train(const TrainTable& table, const float* deltas, std::size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(sum_by_train_kernel)(table, deltas, width, sums);
}

void add_train_gradient(const std::uint16_t* rows, std::size_t n, const float* sums, std::size_t width,
                        float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(train_gradient_kernel)(rows, n, sums, width, weight_gradient);
}

}  // namespace loci::learning
#endif
