// What drives the first layer in a few samples: their inputs, or what their input spikes amount to, as rows
// of a matrix, sparse or dense, whichever multiplies faster.
#pragma once

#include <cstddef>

#include "learning/batch.hpp"
#include "learning/panels.hpp"
#include "learning/product_kernels.hpp"

namespace loci::learning {

struct InputBlock {
  std::size_t first = 0;  // sample of the batch
  std::size_t n_samples = 0;
  bool dense = false;
  bool paired = false;
  SparseRows sparse;
  InputPairs pairs;      // where paired, instead of the columns
  AlignedFloats values;  // dense: (n_rows, n_inputs padded)

  std::size_t n_rows() const { return sparse.n_rows; }
};

// Inputs with a larger share of non-zero values are multiplied as dense rows. A sparse entry costs about as
// much time as 1.5 dense ones: docs/performance.md.
inline constexpr double densest_sparse = 0.6;

// What of sparse rows is needed input by input: nothing, their columns (for parts of the inputs), or for the
// gradient alone pairs of columns, which are faster where neighbours are lit together.
enum class ByInput { nothing, columns, pairs };

// Where inputs lie: their panels, and the input at each place (empty: each at its own).
struct InputPlaces {
  const PanelLayout& panels;
  std::span<const std::uint32_t> order;
};

class InputBuilder {
 public:
  // Constant input: a row per sample. Spikes of a sample: a base row and then a row per step, of which the
  // base plus the step's row is what arrives at that step. Inputs that spike at most steps are in the base,
  // and subtracted where they do not: an image's bright pixels cost one row entry instead of one per step.
  void build(const Batch& batch, const InputPlaces& places, std::size_t n_steps, ByInput by_input,
             InputBlock& block);

 private:
  void read_values(const Batch& batch, std::size_t sample, const InputPlaces& places);
  void add_spikes(const InputPlaces& places, std::size_t n_steps, SparseRows& rows);
  void sort_spikes(const InputPlaces& places, std::size_t n_steps);

  std::vector<float> given_;
  std::vector<float> values_;  // by place
  std::vector<std::uint32_t> place_;
  sim::SpikeTrains trains_;
  std::vector<std::uint32_t> count_;
  std::vector<std::uint32_t> usual_;  // inputs that spike at most steps, rising
};

// results (n_rows, width) = the block's rows x the weights of the panels `near` (rising), tile after tile.
void input_product(const InputBlock& block, const PanelLayout& panels, std::span<const std::uint32_t> near,
                   const float* weights, std::size_t width, float* results);

// weight_gradient (width of panel q, width) += rows of panel q's inputs^T x deltas (n_rows, width), which are
// in strips (copy_deltas) if the block's inputs are paired.
void input_gradient(const InputBlock& block, const PanelLayout& panels, std::size_t q, const float* deltas,
                    std::size_t width, float* weight_gradient);

}  // namespace loci::learning
