#include "learning/rate_pass.hpp"

#include <algorithm>
#include <cmath>

namespace loci::learning {
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
      dense_product_panel({.left = from.data(),
                           .row_stride = stride,
                           .inner_stride = 1,
                           .n_rows = n_samples_,
                           .n_inner = n_pre,
                           .right = shared_.weights[l].data() + n_pre * panel.begin,
                           .right_stride = panel.width,
                           .result = to + panel.begin,
                           .result_stride = panels.padded(),
                           .width = panel.width,
                           .accumulate = true});
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
    for (const Panel& panel : panels)
      dense_product_panel({.left = from.data(),
                           .row_stride = 1,
                           .inner_stride = stride,
                           .n_rows = n_pre,
                           .n_inner = n_samples_,
                           .right = deltas_.data() + panel.begin,
                           .right_stride = panels.padded(),
                           .result = shard->weights[l - 1].data() + n_pre * panel.begin,
                           .result_stride = panel.width,
                           .width = panel.width});
    next_deltas_.resize(n_samples_ * stride);
    for (const Panel& pre : shared_.layers[l - 1])
      dense_product_panel({.left = deltas_.data(),
                           .row_stride = panels.padded(),
                           .inner_stride = 1,
                           .n_rows = n_samples_,
                           .n_inner = panels.n_neurons(),
                           .right = shared_.transposed[l - 1].data() + panels.n_neurons() * pre.begin,
                           .right_stride = pre.width,
                           .result = next_deltas_.data() + pre.begin,
                           .result_stride = stride,
                           .width = pre.width});
    for (std::size_t at = 0; at < next_deltas_.size(); ++at)
      if (from[at] <= 0.0F) next_deltas_[at] = 0.0F;
    std::swap(deltas_, next_deltas_);
  }
  std::copy(deltas_.begin(), deltas_.end(), activations_[1].begin());
  return loss;
}

}  // namespace loci::learning
