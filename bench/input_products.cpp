#include "bench/input_products.hpp"

#include <algorithm>
#include <numeric>

namespace loci::bench {
namespace {

// As in learning/forward_pass.cpp.
constexpr std::size_t samples_per_block = 150;
constexpr std::size_t inputs_per_tile = 196;

class MatrixBatch final : public learning::Batch {
 public:
  MatrixBatch(std::span<const float> inputs, std::size_t n_inputs) : inputs_(inputs), n_inputs_(n_inputs) {}

  std::size_t size() const override { return inputs_.size() / n_inputs_; }
  std::uint8_t target(std::size_t) const override { return 0; }
  bool constant_input() const override { return true; }
  void currents(std::size_t sample, std::span<float> values) const override {
    std::ranges::copy(inputs_.subspan(sample * n_inputs_, n_inputs_), values.begin());
  }
  void spikes(std::size_t, std::size_t, sim::SpikeTrains&) const override {}

 private:
  std::span<const float> inputs_;
  std::size_t n_inputs_;
};

}  // namespace

void PanelMatrix::take(std::span<const float> matrix) {
  const std::size_t n_columns = panels_.n_neurons();
  for (std::size_t p = 0; p < panels_.size(); ++p)
    for (std::size_t row = 0; row < matrix.size() / n_columns; ++row)
      std::copy_n(matrix.data() + row * n_columns + panels_[p].begin, panels_[p].filled,
                  of(p) + row * panels_[p].width);
}

std::vector<float> PanelMatrix::plain(std::size_t n_rows) const {
  const std::size_t n_columns = panels_.n_neurons();
  std::vector<float> matrix(n_rows * n_columns);
  for (std::size_t p = 0; p < panels_.size(); ++p)
    for (std::size_t row = 0; row < n_rows; ++row)
      std::copy_n(of(p) + row * panels_[p].width, panels_[p].filled,
                  matrix.data() + row * n_columns + panels_[p].begin);
  return matrix;
}

InputProducts::InputProducts(std::span<const float> inputs, const ProductShape& shape)
    : shape_(shape),
      inputs_(inputs),
      input_panels_(shape.n_inputs),
      outputs_(shape.n_outputs),
      near_(input_panels_.size()) {
  std::iota(near_.begin(), near_.end(), 0U);
  const std::size_t size = std::max<std::size_t>(1, std::min(samples_per_block, (shape.n_samples + 1) / 2));
  for (std::size_t first = 0; first < shape.n_samples; first += size) {
    learning::InputBlock& block = blocks_.emplace_back();
    block.first = first;
    block.n_samples = std::min(size, shape.n_samples - first);
    block.sparse.inputs_per_tile = inputs_per_tile;
  }
  build();
}

void InputProducts::build() {
  const MatrixBatch batch(inputs_, shape_.n_inputs);
  for (learning::InputBlock& block : blocks_)
    builder_.build(batch, {.panels = input_panels_, .order = {}}, 1, learning::ByInput::pairs, block);
}

std::size_t InputProducts::n_dense() const {
  return static_cast<std::size_t>(std::ranges::count(blocks_, true, &learning::InputBlock::dense));
}

void InputProducts::force(bool dense) {
  for (learning::InputBlock& block : blocks_) {
    block.dense = dense;
    block.paired = !dense;
  }
}

void InputProducts::make_both() {
  const std::size_t padded = input_panels_.padded();
  for (learning::InputBlock& block : blocks_) {
    block.pairs.build(block.sparse);
    block.values.assign(block.n_samples * padded, 0.0F);
    for (std::size_t s = 0; s < block.n_samples; ++s)
      std::copy_n(inputs_.data() + (block.first + s) * shape_.n_inputs, shape_.n_inputs,
                  block.values.data() + s * padded);
  }
}

PanelMatrix InputProducts::weights(std::span<const float> matrix) const {
  PanelMatrix panels(input_panels_.padded(), outputs_);
  panels.take(matrix);
  return panels;
}

PanelMatrix InputProducts::deltas(std::span<const float> matrix) const {
  PanelMatrix panels(shape_.n_samples, outputs_);
  panels.take(matrix);
  return panels;
}

void InputProducts::product(const PanelMatrix& weights, PanelMatrix& currents) const {
  for (std::size_t p = 0; p < outputs_.size(); ++p)
    for (const learning::InputBlock& block : blocks_)
      learning::input_product(block, input_panels_, near_, weights.of(p), outputs_[p].width,
                              currents.of(p) + block.first * outputs_[p].width);
}

void InputProducts::gradient(const PanelMatrix& deltas, PanelMatrix* kept) {
  for (std::size_t p = 0; p < outputs_.size(); ++p) {
    const std::size_t width = outputs_[p].width;
    tile_.assign(input_panels_.padded() * width, 0.0F);
    for (const learning::InputBlock& block : blocks_) {
      const float* rows = deltas.of(p) + block.first * width;
      if (block.paired) {
        strips_.resize(block.n_rows() * width);
        learning::copy_deltas({rows, nullptr, block.n_rows(), width, width}, true, strips_.data());
        rows = strips_.data();
      }
      for (const std::uint32_t q : near_)
        learning::input_gradient(block, input_panels_, q, rows, width,
                                 tile_.data() + input_panels_[q].begin * width);
    }
    if (kept != nullptr) std::ranges::copy(tile_, kept->of(p));
  }
}

std::vector<float> InputProducts::weight_gradient(const PanelMatrix& deltas) {
  PanelMatrix kept(input_panels_.padded(), outputs_);
  gradient(deltas, &kept);
  return kept.plain(shape_.n_inputs);
}

}  // namespace loci::bench
