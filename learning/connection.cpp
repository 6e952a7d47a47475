#include "learning/connection.hpp"

#include <algorithm>
#include <cmath>

namespace loci::learning {
namespace {

// Far enough for padding lanes to have no weight, near enough for the square to be finite.
constexpr float far_away = 1e15F;
// Few panels are shared by many tasks, which then read weights made once.
constexpr std::size_t few_panels = 16;
constexpr std::size_t most_kept_floats = std::size_t{16} << 20;
constexpr std::size_t most_groups = 32;

void number(std::size_t n, std::vector<std::uint32_t>& indices) {
  indices.resize(n);
  for (std::size_t i = 0; i < n; ++i) indices[i] = static_cast<std::uint32_t>(i);
}

// Positions by row and, panel by panel, by lane.
void place(std::span<const float> positions, const PanelLayout& panels, std::size_t n_coordinates,
           AlignedFloats& rows, AlignedFloats& lanes) {
  rows.assign(panels.padded() * n_coordinates, 0.0F);
  std::copy(positions.begin(), positions.end(), rows.begin());
  lanes.assign(panels.padded() * n_coordinates, far_away);
  for (const Panel& panel : panels)
    for (std::size_t k = 0; k < n_coordinates; ++k)
      for (std::size_t j = 0; j < panel.filled; ++j)
        lanes[n_coordinates * panel.begin + k * panel.width + j] =
            positions[(panel.begin + j) * n_coordinates + k];
}

void clear_padding(const Panel& panel, std::size_t n_rows, float* tile) {
  if (panel.filled == panel.width) return;
  for (std::size_t row = 0; row < n_rows; ++row)
    std::fill(tile + row * panel.width + panel.filled, tile + (row + 1) * panel.width, 0.0F);
}

// body(group, item) for every item, each group's in order and by one thread.
template <typename Body>
void for_groups(const Workers& workers, std::size_t n_items, std::size_t n_groups, const Body& body) {
  workers.for_each(n_groups, [&](std::size_t group, std::size_t) {
    for (std::size_t item = group * n_items / n_groups; item < (group + 1) * n_items / n_groups; ++item)
      body(group, item);
  });
}

}  // namespace

Connection::Connection(const sim::NetworkDescription& network, std::size_t index, const PanelLayout& pre,
                       const PanelLayout& post)
    : network_(network),
      index_(index),
      pre_(pre),
      post_(post),
      n_coordinates_(network.n_coordinates()),
      balanced_(network.balances(index)) {
  number(pre_.size(), every_pre_);
  number(post_.size(), every_post_);
}

void Connection::prepare(const sim::Parameters& parameters, const Workers& workers) {
  parameters_ = &parameters;
  if (network_.spatial()) {
    const auto inhibition = parameters.group("inhibition", index_);
    const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
    const auto scale = static_cast<float>(network_.scale(index_));
    mask_.assign(pre_.padded(), 0.0F);
    factor_.assign(pre_.padded(), 0.0F);
    for (std::size_t i = 0; i < inhibition.size(); ++i) {
      mask_[i] = std::tanh(half_steepness * inhibition[i]);
      factor_[i] = scale * mask_[i];
    }
    base_ = parameters.squared_gap(network_, index_) + static_cast<float>(network_.softening);
    place(parameters.group("position", index_), pre_, n_coordinates_, pre_positions_, pre_lanes_);
    place(parameters.group("position", index_ + 1), post_, n_coordinates_, post_positions_, post_lanes_);
  }
  if (balanced_) find_means(workers);
  kept_.clear();
  const std::size_t n_floats = pre_.padded() * post_.padded();
  if (post_.size() >= few_panels || n_floats > most_kept_floats) return;
  kept_.resize(n_floats);
  workers.for_each(post_.size(), [&](std::size_t p, std::size_t) {
    make_weights(p, kept_.data() + pre_.padded() * post_[p].begin);
  });
}

void Connection::find_means(const Workers& workers) {
  const std::size_t n_groups = std::min(post_.size(), most_groups);
  std::vector<AlignedFloats> sums(n_groups, AlignedFloats(pre_.padded()));
  std::vector<AlignedFloats> counts(n_groups, AlignedFloats(pre_.padded()));
  for_groups(workers, post_.size(), n_groups, [&](std::size_t group, std::size_t p) {
    for (const std::uint32_t q : near_pre(p)) {
      const std::size_t begin = pre_[q].begin;
      if (network_.spatial()) {
        DistanceTile there = tile(q, p);
        there.mean = nullptr;
        weight_row_sums(there, sums[group].data() + begin, counts[group].data() + begin);
        continue;
      }
      const auto stored = parameters_->group("weight", index_);
      for (std::size_t i = begin; i < begin + pre_[q].filled; ++i)
        for (std::size_t j = post_[p].begin; j < post_[p].begin + post_[p].filled; ++j)
          sums[group][i] += stored[i * post_.n_neurons() + j];
    }
  });
  mean_.assign(pre_.padded(), 0.0F);
  count_.assign(pre_.padded(), static_cast<float>(post_.n_neurons()));
  for (std::size_t group = 0; group < n_groups; ++group)
    for (std::size_t i = 0; i < pre_.padded(); ++i) mean_[i] += sums[group][i];
  for (std::size_t i = 0; i < pre_.padded(); ++i) mean_[i] /= std::max(count_[i], 1.0F);
}

DistanceTile Connection::tile(std::size_t q, std::size_t p) const {
  return {.row_positions = pre_positions_.data() + n_coordinates_ * pre_[q].begin,
          .lane_positions = post_lanes_.data() + n_coordinates_ * post_[p].begin,
          .factor = factor_.data() + pre_[q].begin,
          .reach = nullptr,
          .mean = balanced_ ? mean_.data() + pre_[q].begin : nullptr,
          .n_rows = pre_[q].width,
          .n_coordinates = n_coordinates_,
          .width = post_[p].width,
          .base = base_};
}

void Connection::copy_tile(std::size_t q, std::size_t p, float* weights) const {
  const auto stored = parameters_->group("weight", index_);
  const std::size_t width = post_[p].width;
  std::fill_n(weights, pre_[q].width * width, 0.0F);
  for (std::size_t i = 0; i < pre_[q].filled; ++i) {
    const std::size_t row = pre_[q].begin + i;
    const float mean = balanced_ ? mean_[row] : 0.0F;
    for (std::size_t j = 0; j < post_[p].filled; ++j)
      weights[i * width + j] = stored[row * post_.n_neurons() + post_[p].begin + j] - mean;
  }
}

void Connection::make_weights(std::size_t p, float* weights) const {
  for (const std::uint32_t q : near_pre(p)) {
    if (network_.spatial()) {
      weight_tile(tile(q, p), weights);
      clear_padding(post_[p], pre_[q].width, weights);
    } else {
      copy_tile(q, p, weights);
    }
    weights += pre_[q].width * post_[p].width;
  }
}

const float* Connection::weights(std::size_t p, AlignedFloats& scratch) const {
  if (!kept_.empty()) return kept_.data() + pre_.padded() * post_[p].begin;
  std::size_t n_rows = 0;
  for (const std::uint32_t q : near_pre(p)) n_rows += pre_[q].width;
  scratch.resize(n_rows * post_[p].width);
  make_weights(p, scratch.data());
  return scratch.data();
}

const float* Connection::transposed_weights(std::size_t q, AlignedFloats& scratch) const {
  const std::size_t width = pre_[q].width;
  std::size_t n_rows = 0;
  for (const std::uint32_t p : near_post(q)) n_rows += post_[p].width;
  scratch.assign(n_rows * width, 0.0F);
  float* weights = scratch.data();
  for (const std::uint32_t p : near_post(q)) {
    if (network_.spatial()) {
      DistanceTile there = tile(q, p);
      there.row_positions = post_positions_.data() + n_coordinates_ * post_[p].begin;
      there.lane_positions = pre_lanes_.data() + n_coordinates_ * pre_[q].begin;
      there.n_rows = post_[p].filled;
      there.width = width;
      transposed_weight_tile(there, weights);
      clear_padding(pre_[q], post_[p].filled, weights);
    } else {
      const auto stored = parameters_->group("weight", index_);
      for (std::size_t i = 0; i < pre_[q].filled; ++i) {
        const std::size_t row = pre_[q].begin + i;
        const float mean = balanced_ ? mean_[row] : 0.0F;
        for (std::size_t j = 0; j < post_[p].filled; ++j)
          weights[j * width + i] = stored[row * post_.n_neurons() + post_[p].begin + j] - mean;
      }
    }
    weights += post_[p].width * width;
  }
  return scratch.data();
}

void Connection::begin_gradient(std::size_t n_parts, sim::Parameters& gradient) {
  gradient_ = &gradient;
  parts_.resize(n_parts);
  for (Part& part : parts_) {
    if (network_.spatial()) {
      part.pre.assign(pre_.padded() * n_coordinates_, 0.0F);
      part.mask.assign(pre_.padded(), 0.0F);
      part.post.assign(post_.padded() * n_coordinates_, 0.0F);
    }
    if (balanced_) part.sums.assign(pre_.padded(), 0.0F);
    part.distance = 0.0F;
  }
}

DistanceGradient Connection::destination(Part& part, std::size_t q, std::size_t p) const {
  return {.pre = part.pre.data() + n_coordinates_ * pre_[q].begin,
          .mask = part.mask.data() + pre_[q].begin,
          .post = part.post.data() + n_coordinates_ * post_[p].begin};
}

void Connection::take_gradient(std::size_t part, std::size_t q, std::size_t p, const float* weight_gradient) {
  Part& mine = parts_[part];
  if (network_.spatial()) {
    const DistanceTile there = tile(q, p);
    mine.distance += distance_gradient_tile(there, weight_gradient, destination(mine, q, p));
    if (balanced_) gradient_row_sums(there, weight_gradient, mine.sums.data() + pre_[q].begin);
    return;
  }
  const auto stored = gradient_->group("weight", index_);
  for (std::size_t i = 0; i < pre_[q].filled; ++i) {
    const std::size_t row = pre_[q].begin + i;
    float* to = stored.data() + row * post_.n_neurons() + post_[p].begin;
    const float* from = weight_gradient + i * post_[p].width;
    for (std::size_t j = 0; j < post_[p].filled; ++j) to[j] += from[j];
    for (std::size_t j = 0; balanced_ && j < post_[p].filled; ++j) mine.sums[row] += from[j];
  }
}

void Connection::join(std::span<Part> parts, Part& total) const {
  const auto add = [](const AlignedFloats& from, AlignedFloats& to) {
    for (std::size_t at = 0; at < from.size(); ++at) to[at] += from[at];
  };
  for (const Part& part : parts) {
    add(part.pre, total.pre);
    add(part.mask, total.mask);
    add(part.post, total.post);
    add(part.sums, total.sums);
    total.distance += part.distance;
  }
}

// Balancing subtracts from every weight of a neuron their mean, and so from every weight's gradient the mean
// of those: -mean_j G_ij goes through the distances as G did.
void Connection::spread_means(const Workers& workers) {
  AlignedFloats mean(pre_.padded(), 0.0F);
  for (const Part& part : parts_)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] -= part.sums[i];
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] /= std::max(count_[i], 1.0F);
  if (!network_.spatial()) {
    const auto stored = gradient_->group("weight", index_);
    for (std::size_t at = 0; at < stored.size(); ++at) stored[at] += mean[at / post_.n_neurons()];
    return;
  }
  const std::size_t n_groups = std::min(parts_.size(), post_.size());
  for_groups(workers, post_.size(), n_groups, [&](std::size_t group, std::size_t p) {
    for (const std::uint32_t q : near_pre(p))
      parts_[group].distance += row_gradient_tile(tile(q, p), mean.data() + pre_[q].begin, post_[p].filled,
                                                  destination(parts_[group], q, p));
  });
}

void Connection::finish_gradient(const Workers& workers) {
  if (balanced_) spread_means(workers);
  if (!network_.spatial()) return;
  Part& total = parts_[0];
  join(std::span(parts_).subspan(1), total);
  const auto pre = gradient_->group("position", index_);
  const auto post = gradient_->group("position", index_ + 1);
  const auto inhibition = gradient_->group("inhibition", index_);
  const auto scale = static_cast<float>(network_.scale(index_));
  const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
  for (std::size_t at = 0; at < pre.size(); ++at) pre[at] += total.pre[at];
  for (const Panel& panel : post_)
    for (std::size_t j = 0; j < panel.filled; ++j)
      for (std::size_t k = 0; k < n_coordinates_; ++k)
        post[(panel.begin + j) * n_coordinates_ + k] +=
            total.post[n_coordinates_ * panel.begin + k * panel.width + j];
  for (std::size_t i = 0; i < inhibition.size(); ++i)
    inhibition[i] += scale * total.mask[i] * half_steepness * (1 - mask_[i] * mask_[i]);
  if (network_.layer_distance == sim::LayerDistance::learned)
    gradient_->group("gap", index_)[0] += parameters_->group("gap", index_)[0] * total.distance;
}

}  // namespace loci::learning
