#include "bench/blas.hpp"

#include <cblas.h>

namespace loci::bench {

Blas::Blas() {
  openblas_set_num_threads(1);
}

void Blas::product(const ProductShape& shape, std::span<const float> inputs, std::span<const float> weights,
                   std::span<float> currents) const {
  const auto n_samples = static_cast<blasint>(shape.n_samples);
  const auto n_inputs = static_cast<blasint>(shape.n_inputs);
  const auto n_outputs = static_cast<blasint>(shape.n_outputs);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n_samples, n_outputs, n_inputs, 1.0F, inputs.data(),
              n_inputs, weights.data(), n_outputs, 0.0F, currents.data(), n_outputs);
}

void Blas::gradient(const ProductShape& shape, std::span<const float> inputs, std::span<const float> deltas,
                    std::span<float> weight_gradient) const {
  const auto n_samples = static_cast<blasint>(shape.n_samples);
  const auto n_inputs = static_cast<blasint>(shape.n_inputs);
  const auto n_outputs = static_cast<blasint>(shape.n_outputs);
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, n_inputs, n_outputs, n_samples, 1.0F, inputs.data(),
              n_inputs, deltas.data(), n_outputs, 0.0F, weight_gradient.data(), n_outputs);
}

std::string Blas::name() const {
  return openblas_get_config();
}

}  // namespace loci::bench
