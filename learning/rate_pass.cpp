#include "learning/rate_pass.hpp"

#include <cblas.h>

#include <algorithm>
#include <cmath>

namespace loci::learning {
namespace {

int blas(std::size_t n) {
  return static_cast<int>(n);
}

}  // namespace

float* RatePass::currents(std::size_t n_samples) {
  n_samples_ = n_samples;
  for (std::size_t l = 1; l < activations_.size(); ++l)
    activations_[l].resize(n_samples * shared_.layers[l].padded());
  return activations_[1].data();
}

void RatePass::forward(std::span<float> logits) {
  for (std::size_t l = 1; l + 1 < activations_.size(); ++l) {
    AlignedFloats& from = activations_[l];
    for (float& value : from) value = std::max(value, 0.0F);
    const std::size_t n_pre = shared_.layers[l].n_neurons();
    const std::size_t stride = shared_.layers[l].padded();
    const PanelLayout& panels = shared_.layers[l + 1];
    float* to = activations_[l + 1].data();
    for (std::size_t s = 0; s < n_samples_; ++s)
      std::copy_n(shared_.bias[l + 1].data(), panels.padded(), to + s * panels.padded());
    for (const Panel& panel : panels)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas(n_samples_), blas(panel.width), blas(n_pre),
                  1.0F, from.data(), blas(stride), shared_.weights[l].data() + n_pre * panel.begin,
                  blas(panel.width), 1.0F, to + panel.begin, blas(panels.padded()));
  }
  const std::size_t n_classes = shared_.layers.back().n_neurons();
  for (std::size_t s = 0; s < n_samples_; ++s)
    std::copy_n(activations_.back().data() + s * shared_.layers.back().padded(), n_classes,
                logits.data() + s * n_classes);
}

double RatePass::backward(std::span<const std::uint8_t> targets, ShardGradient* shard) {
  const std::size_t n_classes = shared_.layers.back().n_neurons();
  const std::size_t padded_classes = shared_.layers.back().padded();
  const double weight = 1.0 / static_cast<double>(shared_.batch_size);
  deltas_.assign(n_samples_ * padded_classes, 0.0F);
  double loss = 0.0;
  for (std::size_t s = 0; s < n_samples_; ++s)
    loss += row_cross_entropy(activations_.back().data() + s * padded_classes, n_classes, targets[s], weight,
                              deltas_.data() + s * padded_classes);
  if (shard == nullptr) return loss;
  for (std::size_t l = activations_.size() - 1; l >= 1; --l) {
    const PanelLayout& panels = shared_.layers[l];
    for (std::size_t s = 0; s < n_samples_; ++s)
      for (std::size_t j = 0; j < panels.padded(); ++j) shard->bias[l][j] += deltas_[s * panels.padded() + j];
    if (l == 1) break;
    const std::size_t n_pre = shared_.layers[l - 1].n_neurons();
    const std::size_t stride = shared_.layers[l - 1].padded();
    const AlignedFloats& from = activations_[l - 1];
    next_deltas_.assign(n_samples_ * stride, 0.0F);
    for (const Panel& panel : panels) {
      cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, blas(n_pre), blas(panel.width), blas(n_samples_),
                  1.0F, from.data(), blas(stride), deltas_.data() + panel.begin, blas(panels.padded()), 1.0F,
                  shard->weights[l - 1].data() + n_pre * panel.begin, blas(panel.width));
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas(n_samples_), blas(n_pre), blas(panel.width),
                  1.0F, deltas_.data() + panel.begin, blas(panels.padded()),
                  shared_.weights[l - 1].data() + n_pre * panel.begin, blas(panel.width), 1.0F,
                  next_deltas_.data(), blas(stride));
    }
    for (std::size_t at = 0; at < next_deltas_.size(); ++at)
      if (from[at] <= 0.0F) next_deltas_[at] = 0.0F;
    std::swap(deltas_, next_deltas_);
  }
  std::copy(deltas_.begin(), deltas_.end(), activations_[1].begin());
  return loss;
}

}  // namespace loci::learning
