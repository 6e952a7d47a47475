// The products of the first layer as the evaluator runs them: inputs in blocks of samples, sparse or dense;
// weights, currents and gradients panel by panel.
#pragma once

#include <span>
#include <vector>

#include "bench/blas.hpp"
#include "learning/input_block.hpp"

namespace loci::bench {

// A matrix as its panels of columns, each (n_rows, width) row-major, one after another.
class PanelMatrix {
 public:
  PanelMatrix(std::size_t n_rows, const learning::PanelLayout& panels)
      : n_rows_(n_rows), panels_(panels), values_(n_rows * panels.padded(), 0.0F) {}

  float* of(std::size_t p) { return values_.data() + panels_[p].begin * n_rows_; }
  const float* of(std::size_t p) const { return values_.data() + panels_[p].begin * n_rows_; }
  // From and to (rows, columns) row-major; rows of the matrix beyond these are left at 0.
  void take(std::span<const float> matrix);
  std::vector<float> plain(std::size_t n_rows) const;

 private:
  std::size_t n_rows_;
  learning::PanelLayout panels_;
  learning::AlignedFloats values_;
};

class InputProducts {
 public:
  // inputs: (n_samples, n_inputs), row-major; must outlive this.
  InputProducts(std::span<const float> inputs, const ProductShape& shape);

  // Builds the blocks as the evaluator does, which chooses sparse or dense rows.
  void build();
  std::size_t n_blocks() const { return blocks_.size(); }
  std::size_t n_dense() const;  // blocks for which dense rows were chosen, or forced since
  // Makes the form that was not chosen too; force() then says which is used.
  void make_both();
  void force(bool dense);

  PanelMatrix weights(std::span<const float> matrix) const;  // (n_inputs, n_outputs)
  PanelMatrix deltas(std::span<const float> matrix) const;   // (n_samples, n_outputs)
  PanelMatrix currents() const { return {shape_.n_samples, outputs_}; }

  void product(const PanelMatrix& weights, PanelMatrix& currents) const;
  // A panel's weight gradient gives way to the next one's, as in the evaluator, which has turned it into
  // position gradients by then; it is copied to `kept` where that is given.
  void gradient(const PanelMatrix& deltas, PanelMatrix* kept = nullptr);
  std::vector<float> weight_gradient(const PanelMatrix& deltas);  // (n_inputs, n_outputs), row-major

 private:
  ProductShape shape_;
  std::span<const float> inputs_;
  learning::PanelLayout input_panels_;
  learning::PanelLayout outputs_;
  std::vector<std::uint32_t> near_;  // all panels of inputs
  learning::InputBuilder builder_;
  std::vector<learning::InputBlock> blocks_;
  learning::AlignedFloats tile_;
  learning::AlignedFloats strips_;  // deltas of a sparse block
};

}  // namespace loci::bench
