#include "learning/connection.hpp"

#include <algorithm>
#include <cmath>

namespace loci::learning {

Connection::Connection(const sim::NetworkDescription& network, std::size_t index)
    : network_(network), index_(index), n_pre_(network.sizes[index]), panels_(network.sizes[index + 1]) {
  if (!network.spatial()) {
    weight_part_.resize(padded_size());
    return;
  }
  mask_.resize(n_pre_);
  scaled_mask_.resize(n_pre_);
  post_positions_.resize(network.n_coordinates() * panels_.padded());
  pre_part_.resize(panels_.size() * n_pre_ * network.n_coordinates());
  mask_part_.resize(panels_.size() * n_pre_);
  post_part_.resize(post_positions_.size());
  distance_part_.resize(panels_.size());
}

void Connection::prepare(const sim::Parameters& parameters) {
  parameters_ = &parameters;
  if (!network_.spatial()) return;
  const std::size_t n_coordinates = network_.n_coordinates();
  const auto inhibition = parameters.group("inhibition", index_);
  const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
  for (std::size_t i = 0; i < n_pre_; ++i) {
    mask_[i] = std::tanh(half_steepness * inhibition[i]);
    scaled_mask_[i] = static_cast<float>(network_.scale(index_)) * mask_[i];
  }
  base_ = parameters.squared_gap(network_, index_) + static_cast<float>(network_.softening);
  const auto post = parameters.group("position", index_ + 1);
  for (const Panel& panel : panels_)
    for (std::size_t k = 0; k < n_coordinates; ++k)
      for (std::size_t j = 0; j < panel.filled; ++j)
        post_positions_[n_coordinates * panel.begin + k * panel.width + j] =
            post[(panel.begin + j) * n_coordinates + k];
}

DistancePanel Connection::distance_panel(std::size_t p) const {
  const Panel& panel = panels_[p];
  return {.pre_positions = parameters_->group("position", index_).data(),
          .scaled_mask = scaled_mask_.data(),
          .post_positions = post_positions_.data() + network_.n_coordinates() * panel.begin,
          .n_pre = n_pre_,
          .n_coordinates = network_.n_coordinates(),
          .width = panel.width,
          .base = base_};
}

void Connection::make_weights(std::size_t p, float* weights) const {
  const Panel& panel = panels_[p];
  if (network_.spatial()) {
    weight_panel(distance_panel(p), weights);
    if (panel.filled < panel.width)
      for (std::size_t i = 0; i < n_pre_; ++i)
        std::fill(weights + i * panel.width + panel.filled, weights + (i + 1) * panel.width, 0.0F);
    return;
  }
  const float* stored = parameters_->group("weight", index_).data() + panel.begin;
  for (std::size_t i = 0; i < n_pre_; ++i) {
    float* row = weights + i * panel.width;
    std::copy_n(stored + i * panels_.n_neurons(), panel.filled, row);
    std::fill(row + panel.filled, row + panel.width, 0.0F);
  }
}

void Connection::take_gradient(std::size_t p, const float* weight_gradient) {
  const Panel& panel = panels_[p];
  if (!network_.spatial()) {
    std::copy_n(weight_gradient, n_pre_ * panel.width, weight_part_.data() + offset(panel));
    return;
  }
  const std::size_t n_coordinates = network_.n_coordinates();
  distance_part_[p] = distance_gradient_panel(distance_panel(p), weight_gradient,
                                              {.pre = pre_part_.data() + p * n_pre_ * n_coordinates,
                                               .mask = mask_part_.data() + p * n_pre_,
                                               .post = post_part_.data() + n_coordinates * panel.begin});
}

void Connection::add_gradient(const sim::Parameters& parameters, sim::Parameters& gradient) const {
  if (!network_.spatial()) {
    const auto stored = gradient.group("weight", index_);
    for (const Panel& panel : panels_)
      for (std::size_t i = 0; i < n_pre_; ++i)
        for (std::size_t j = 0; j < panel.filled; ++j)
          stored[i * panels_.n_neurons() + panel.begin + j] +=
              weight_part_[offset(panel) + i * panel.width + j];
    return;
  }
  const std::size_t n_coordinates = network_.n_coordinates();
  const auto pre = gradient.group("position", index_);
  const auto post = gradient.group("position", index_ + 1);
  const auto inhibition = gradient.group("inhibition", index_);
  const auto scale = static_cast<float>(network_.scale(index_));
  const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
  std::vector<float> mask_gradient(n_pre_);
  float sum_t = 0.0F;
  for (std::size_t p = 0; p < panels_.size(); ++p) {
    const Panel& panel = panels_[p];
    const float* pre_part = pre_part_.data() + p * n_pre_ * n_coordinates;
    for (std::size_t at = 0; at < pre.size(); ++at) pre[at] += pre_part[at];
    for (std::size_t i = 0; i < n_pre_; ++i) mask_gradient[i] += mask_part_[p * n_pre_ + i];
    for (std::size_t j = 0; j < panel.filled; ++j)
      for (std::size_t k = 0; k < n_coordinates; ++k)
        post[(panel.begin + j) * n_coordinates + k] +=
            post_part_[n_coordinates * panel.begin + k * panel.width + j];
    sum_t += distance_part_[p];
  }
  for (std::size_t i = 0; i < n_pre_; ++i)
    inhibition[i] += scale * mask_gradient[i] * half_steepness * (1 - mask_[i] * mask_[i]);
  if (network_.layer_distance == sim::LayerDistance::learned)
    gradient.group("gap", index_)[0] += parameters.group("gap", index_)[0] * sum_t;
}

}  // namespace loci::learning
