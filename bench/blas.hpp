// Matrix products of OpenBLAS on one thread: the rate that this machine's own are held against.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace loci::bench {

// Layer of n_inputs to n_outputs neurons and a batch of n_samples.
struct ProductShape {
  std::size_t n_samples;
  std::size_t n_inputs;
  std::size_t n_outputs;

  double flops() const { return 2.0 * static_cast<double>(n_samples * n_inputs * n_outputs); }
};

// All matrices row-major. Call from one thread only.
class Blas {
 public:
  Blas();

  // currents (n_samples, n_outputs) = inputs (n_samples, n_inputs) weights (n_inputs, n_outputs)
  void product(const ProductShape& shape, std::span<const float> inputs, std::span<const float> weights,
               std::span<float> currents) const;
  // weight_gradient (n_inputs, n_outputs) = inputs^T deltas (n_samples, n_outputs)
  void gradient(const ProductShape& shape, std::span<const float> inputs, std::span<const float> deltas,
                std::span<float> weight_gradient) const;
  // Version and the processor it has kernels for.
  std::string name() const;
};

}  // namespace loci::bench
