#include "learning/connection.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace loci::learning {
namespace {

// Far enough for padding lanes to have no weight, near enough for the square to be finite.
constexpr float far_away = 1e15F;
// Few panels are shared by many tasks, which then read weights made once.
constexpr std::size_t few_panels = 16;
constexpr std::size_t most_kept_floats = std::size_t{16} << 20;
constexpr std::size_t most_groups = 32;
// No edge is as long, and padding is farther.
constexpr float farthest_reach = 1e29F;

// The neuron at a place of a layer in this order.
std::size_t neuron_at(std::span<const std::uint32_t> order, std::size_t place) {
  return order.empty() ? place : order[place];
}

// Positions by row and, panel by panel, by lane.
void place(std::span<const float> positions, std::span<const std::uint32_t> order, const PanelLayout& panels,
           std::size_t n_coordinates, AlignedFloats& rows, AlignedFloats& lanes) {
  rows.assign(panels.padded() * n_coordinates, 0.0F);
  lanes.assign(panels.padded() * n_coordinates, far_away);
  for (const Panel& panel : panels)
    for (std::size_t j = 0; j < panel.filled; ++j) {
      const float* from = positions.data() + neuron_at(order, panel.begin + j) * n_coordinates;
      for (std::size_t k = 0; k < n_coordinates; ++k) {
        rows[(panel.begin + j) * n_coordinates + k] = from[k];
        lanes[n_coordinates * panel.begin + k * panel.width + j] = from[k];
      }
    }
}

void clear_padding(const Panel& panel, std::size_t n_rows, float* tile) {
  if (panel.filled == panel.width) return;
  for (std::size_t row = 0; row < n_rows; ++row)
    std::fill(tile + row * panel.width + panel.filled, tile + (row + 1) * panel.width, 0.0F);
}

}  // namespace

Connection::Connection(const sim::NetworkDescription& network, std::size_t index, PanelLayout pre,
                       PanelLayout post, const Neighbourhood& neighbourhood)
    : network_(network),
      index_(index),
      pre_(std::move(pre)),
      post_(std::move(post)),
      n_coordinates_(network.n_coordinates()),
      balanced_(network.balances(index)),
      neighbourhood_(neighbourhood) {}

void Connection::prepare(const sim::Parameters& parameters, const Workers& workers, bool keep) {
  parameters_ = &parameters;
  kept_.clear();
  if (network_.spatial())
    prepare_space();
  else
    stored_ = parameters.group("weight", index_);
  least_ = 0.0F;
  threshold_ = 0.0F;
  mean_.clear();
  if (network_.prunes() && !network_.prunes_softly()) prune(workers);
  if (balanced_) find_means(workers);
  if (network_.prunes_softly()) prune_softly(workers);
  if (network_.quantisation.rounds_weights()) return keep_rounded(workers);
  const std::size_t n_floats = pre_.padded() * post_.padded();
  const bool every_pair_near = !std::isfinite(network_.cutoff);
  if (!every_pair_near || (!keep && post_.size() >= few_panels) || n_floats > most_kept_floats) return;
  kept_.resize(n_floats);
  workers.for_each(post_.size(), [&](std::size_t p, std::size_t) {
    float* weights = kept_.data() + pre_.padded() * post_[p].begin;
    for (std::size_t q = 0; q < pre_.size(); ++q) make_tile(q, p, weights + pre_[q].begin * post_[p].width);
  });
}

float Connection::acting_mask(float inhibition, float mask) const {
  if (!network_.quantisation.rounds_masks()) return mask;
  const double exact = std::tanh(network_.mask_steepness / 2 * static_cast<double>(inhibition));
  return static_cast<float>(sim::rounded_mask(network_.quantisation, exact));
}

// Whole numbers from the one definition, in double: approximate roots would round some of them otherwise.
void Connection::keep_rounded(const Workers& workers) {
  kept_.assign(pre_.padded() * post_.padded(), 0.0F);
  clipped_.assign(kept_.size(), 0);
  sim::NetworkDescription unrounded = network_;
  unrounded.quantisation.weight_bits = 0;
  const auto exact = sim::in_double(network_, *parameters_);
  const std::size_t n_post = post_.n_neurons();
  const auto order = neighbourhood_.order(index_);
  if (!network_.spatial() || network_.prunes()) {
    const auto weights = sim::connection_weights(unrounded, exact, index_);
    for (std::size_t i = 0; i < pre_.n_neurons(); ++i)
      scatter_row(i, std::span(weights).subspan(neuron_at(order, i) * n_post, n_post));
    return;
  }
  const sim::SpatialPairs<double> pairs(network_, exact, index_);
  workers.for_each(pre_.n_neurons(), [&](std::size_t i, std::size_t) {
    std::vector<double> row(n_post);
    sim::weight_row(unrounded, pairs, index_, neuron_at(order, i), row);
    scatter_row(i, row);
  });
}

// Rounds the weights of the neuron at place i and takes them to the panels' tiles.
void Connection::scatter_row(std::size_t i, std::span<const double> row) {
  const sim::Quantisation& rounding = network_.quantisation;
  const auto order = neighbourhood_.order(index_ + 1);
  for (const Panel& panel : post_) {
    const std::size_t begin = pre_.padded() * panel.begin + i * panel.width;
    for (std::size_t j = 0; j < panel.filled; ++j) {
      const double weight = row[neuron_at(order, panel.begin + j)];
      kept_[begin + j] = static_cast<float>(sim::rounded_weight(rounding, index_, weight));
      clipped_[begin + j] = std::uint8_t{sim::is_clipped(rounding, index_, weight)};
    }
  }
}

void Connection::prepare_space() {
  const auto inhibition = parameters_->group("inhibition", index_);
  const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
  const auto scale = static_cast<float>(network_.scale(index_));
  const auto pre_order = neighbourhood_.order(index_);
  mask_.assign(pre_.padded(), 0.0F);
  factor_.assign(pre_.padded(), 0.0F);
  for (std::size_t i = 0; i < inhibition.size(); ++i) {
    const float value = inhibition[neuron_at(pre_order, i)];
    mask_[i] = std::tanh(half_steepness * value);
    factor_[i] = scale * acting_mask(value, mask_[i]);
  }
  base_ = parameters_->squared_gap(network_, index_) + static_cast<float>(network_.softening);
  place(parameters_->group("position", index_), pre_order, pre_, n_coordinates_, pre_positions_, pre_lanes_);
  place(parameters_->group("position", index_ + 1), neighbourhood_.order(index_ + 1), post_, n_coordinates_,
        post_positions_, post_lanes_);
  reach_.clear();
  if (network_.culled())
    reach_.assign(pre_.padded(), static_cast<float>(std::min(network_.cutoff * network_.cutoff,
                                                             static_cast<double>(farthest_reach))));
}

std::size_t Connection::n_within_cutoff(const Workers& workers) const {
  if (!std::isfinite(network_.cutoff)) return pre_.n_neurons() * post_.n_neurons();
  std::vector<std::size_t> counts(post_.size());
  workers.for_each(post_.size(), [&](std::size_t p, std::size_t) {
    AlignedFloats sums(wide_panel);
    AlignedFloats edges(wide_panel);
    for (const std::uint32_t q : near_pre(p)) {
      std::fill(edges.begin(), edges.end(), 0.0F);
      weight_row_sums(tile(q, p), sums.data(), edges.data());
      for (std::size_t i = 0; i < pre_[q].filled; ++i) counts[p] += static_cast<std::size_t>(edges[i]);
    }
  });
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

// Removing the smallest |W| = s |m_i| / r_ij is, for each presynaptic neuron, a nearer cutoff; removing the
// longest is the same with a mask of 1 for all.
void Connection::prune(const Workers& workers) {
  const std::size_t n_within = n_within_cutoff(workers);
  const std::size_t n_removed = network_.n_pruned(index_, n_within);
  if (n_removed == 0) return;
  AlignedFloats ones;
  const bool by_length = network_.pruned_by == sim::PrunedBy::length;
  if (by_length) {
    ones.assign(factor_.size(), 0.0F);
    std::fill_n(ones.begin(), pre_.n_neurons(), 1.0F);
    factor_.swap(ones);
  }
  least_ = least_kept(n_removed, n_within, workers);
  if (network_.spatial() && least_ > 0.0F)
    for (std::size_t i = 0; i < pre_.n_neurons(); ++i) {
      // The last edge kept must not fall to the rounding of its own weight.
      const float ratio = factor_[i] / (least_ * (1 - 5e-7F));
      reach_[i] = std::min(reach_[i], ratio * ratio);
    }
  if (by_length) factor_.swap(ones);
}

// Removes the smallest |W_ij - mean_j W_ij|, and makes all others smaller by the largest of those.
void Connection::prune_softly(const Workers& workers) {
  const std::size_t n_within = n_within_cutoff(workers);
  const std::size_t n_removed = network_.n_pruned(index_, n_within);
  // The edge that the threshold comes from must fall to it whatever way its weight is rounded.
  if (n_removed > 0) threshold_ = least_kept(n_removed - 1, n_within, workers) * (1 + 5e-7F);
}

void Connection::prune_share(double share) {
  network_.pruned = share;
  network_.pruned_shares.clear();
}

// The smallest |W| once n_removed smaller ones are gone.
float Connection::least_kept(std::size_t n_removed, std::size_t n_within, const Workers& workers) {
  const auto show = [this](std::size_t p, const TakeWeights& take) {
    AlignedFloats weights(wide_panel * wide_panel);
    for (const std::uint32_t q : near_pre(p)) {
      make_tile(q, p, weights.data());
      take(std::span(weights).first(pre_[q].width * post_[p].width));
    }
  };
  return magnitudes_.find(n_removed, n_within, post_.size(), show, workers);
}

void Connection::find_means(const Workers& workers) {
  const std::size_t n_groups = std::min(post_.size(), most_groups);
  sums_.resize(n_groups);
  counts_.resize(n_groups);
  for (std::size_t group = 0; group < n_groups; ++group) {
    sums_[group].assign(pre_.padded(), 0.0F);
    counts_[group].assign(pre_.padded(), 0.0F);
  }
  workers.for_each_in_parts(post_.size(), n_groups, [&](std::size_t group, std::size_t p, std::size_t) {
    for (const std::uint32_t q : near_pre(p)) {
      const std::size_t begin = pre_[q].begin;
      if (network_.spatial()) {
        weight_row_sums(tile(q, p), sums_[group].data() + begin, counts_[group].data() + begin);
        continue;
      }
      for (std::size_t i = begin; i < begin + pre_[q].filled; ++i)
        for (std::size_t j = post_[p].begin; j < post_[p].begin + post_[p].filled; ++j) {
          sums_[group][i] += stored_weight(i, j);
          counts_[group][i] += is_edge(i, j) ? 1.0F : 0.0F;
        }
    }
  });
  mean_.assign(pre_.padded(), 0.0F);
  count_.assign(pre_.padded(), 0.0F);
  for (std::size_t group = 0; group < n_groups; ++group)
    for (std::size_t i = 0; i < pre_.padded(); ++i) {
      mean_[i] += sums_[group][i];
      count_[i] += counts_[group][i];
    }
  // Padding lanes count where every pair is an edge.
  if (!network_.culled()) std::fill(count_.begin(), count_.end(), static_cast<float>(post_.n_neurons()));
  for (std::size_t i = 0; i < pre_.padded(); ++i) mean_[i] /= std::max(count_[i], 1.0F);
}

DistanceTile Connection::tile(std::size_t q, std::size_t p) const {
  return {.row_positions = pre_positions_.data() + n_coordinates_ * pre_[q].begin,
          .lane_positions = post_lanes_.data() + n_coordinates_ * post_[p].begin,
          .factor = factor_.data() + pre_[q].begin,
          .reach = reach_.empty() ? nullptr : reach_.data() + pre_[q].begin,
          .mean = mean_.empty() ? nullptr : mean_.data() + pre_[q].begin,
          .threshold = threshold_,
          .n_rows = pre_[q].width,
          .n_coordinates = n_coordinates_,
          .width = post_[p].width,
          .base = base_};
}

// Of a dense connection, before balancing; 0 where pruned, but not softly.
float Connection::stored_weight(std::size_t i, std::size_t j) const {
  const float weight = stored_[i * post_.n_neurons() + j];
  return std::abs(weight) >= least_ ? weight : 0.0F;
}

// Of a dense connection, before soft pruning.
float Connection::balanced_weight(std::size_t i, std::size_t j) const {
  return stored_[i * post_.n_neurons() + j] - (mean_.empty() ? 0.0F : mean_[i]);
}

bool Connection::is_edge(std::size_t i, std::size_t j) const {
  if (threshold_ > 0.0F) return std::abs(balanced_weight(i, j)) > threshold_;
  return std::abs(stored_[i * post_.n_neurons() + j]) >= least_;
}

void Connection::make_tile(std::size_t q, std::size_t p, float* weights) const {
  const std::size_t width = post_[p].width;
  if (kept_as_rounded()) {
    std::copy_n(kept_tile(q, p), pre_[q].width * width, weights);
    return;
  }
  if (network_.spatial()) {
    weight_tile(tile(q, p), weights);
    clear_padding(post_[p], pre_[q].width, weights);
    return;
  }
  std::fill_n(weights, pre_[q].width * width, 0.0F);
  for (std::size_t i = 0; i < pre_[q].filled; ++i)
    copy_row(pre_[q].begin + i, post_[p], weights + i * width, 1);
}

// A dense connection's weights of neuron i to a panel.
void Connection::copy_row(std::size_t i, const Panel& panel, float* to, std::size_t stride) const {
  for (std::size_t j = 0; j < panel.filled; ++j) {
    const float weight = balanced_weight(i, panel.begin + j);
    const float left = weight - std::clamp(weight, -threshold_, threshold_);
    to[j * stride] = is_edge(i, panel.begin + j) ? left : 0.0F;
  }
}

const float* Connection::weights(std::size_t p, std::span<const std::uint32_t> near,
                                 AlignedFloats& scratch) const {
  const bool every_pair_near = !std::isfinite(network_.cutoff);
  if (!kept_.empty() && every_pair_near) return kept_tile(near.front(), p);
  std::size_t n_rows = 0;
  for (const std::uint32_t q : near) n_rows += pre_[q].width;
  scratch.resize(n_rows * post_[p].width);
  float* weights = scratch.data();
  for (const std::uint32_t q : near) {
    make_tile(q, p, weights);
    weights += pre_[q].width * post_[p].width;
  }
  return scratch.data();
}

const float* Connection::transposed_weights(std::size_t q, std::span<const std::uint32_t> near,
                                            AlignedFloats& scratch) const {
  const std::size_t width = pre_[q].width;
  std::size_t n_rows = 0;
  for (const std::uint32_t p : near) n_rows += post_[p].width;
  scratch.assign(n_rows * width, 0.0F);
  float* weights = scratch.data();
  for (const std::uint32_t p : near) {
    if (kept_as_rounded()) {
      const float* from = kept_tile(q, p);
      for (std::size_t i = 0; i < width; ++i)
        for (std::size_t j = 0; j < post_[p].width; ++j)
          weights[j * width + i] = from[i * post_[p].width + j];
    } else if (network_.spatial()) {
      DistanceTile there = tile(q, p);
      there.row_positions = post_positions_.data() + n_coordinates_ * post_[p].begin;
      there.lane_positions = pre_lanes_.data() + n_coordinates_ * pre_[q].begin;
      there.n_rows = post_[p].filled;
      there.width = width;
      transposed_weight_tile(there, weights);
      clear_padding(pre_[q], post_[p].filled, weights);
    } else {
      for (std::size_t i = 0; i < pre_[q].filled; ++i)
        copy_row(pre_[q].begin + i, post_[p], weights + i, width);
    }
    weights += post_[p].width * width;
  }
  return scratch.data();
}

void Connection::begin_gradient(std::size_t n_parts, sim::Parameters& gradient, bool centred) {
  gradient_ = &gradient;
  to_centre_ = balanced_ && !centred;
  if (!network_.spatial()) stored_gradient_ = gradient.group("weight", index_);
  parts_.resize(n_parts);
  for (Part& part : parts_) {
    if (network_.spatial()) {
      part.pre.assign(pre_.padded() * n_coordinates_, 0.0F);
      part.mask.assign(pre_.padded(), 0.0F);
      part.post.assign(post_.padded() * n_coordinates_, 0.0F);
    }
    part.sums.assign(to_centre_ ? pre_.padded() : 0, 0.0F);
    part.distance = 0.0F;
  }
}

DistanceGradient Connection::destination(Part& part, std::size_t q, std::size_t p) const {
  return {.pre = part.pre.data() + n_coordinates_ * pre_[q].begin,
          .mask = part.mask.data() + pre_[q].begin,
          .post = part.post.data() + n_coordinates_ * post_[p].begin};
}

// A weight beyond the range it is rounded to acts as the range's end wherever it goes.
const float* Connection::without_clipped(Part& part, std::size_t q, std::size_t p,
                                         const float* weight_gradient) const {
  const std::uint8_t* clipped = clipped_.data() + kept_at(q, p);
  part.passed.resize(pre_[q].width * post_[p].width);
  for (std::size_t at = 0; at < part.passed.size(); ++at)
    part.passed[at] = clipped[at] != 0 ? 0.0F : weight_gradient[at];
  return part.passed.data();
}

void Connection::take_gradient(std::size_t part, std::size_t q, std::size_t p, const float* weight_gradient) {
  Part& mine = parts_[part];
  if (kept_as_rounded()) weight_gradient = without_clipped(mine, q, p, weight_gradient);
  if (network_.spatial()) {
    const DistanceTile there = tile(q, p);
    mine.distance += distance_gradient_tile(there, weight_gradient, destination(mine, q, p));
    if (to_centre_) gradient_row_sums(there, weight_gradient, mine.sums.data() + pre_[q].begin);
    return;
  }
  for (std::size_t i = 0; i < pre_[q].filled; ++i) {
    const std::size_t row = pre_[q].begin + i;
    float* to = stored_gradient_.data() + row * post_.n_neurons() + post_[p].begin;
    const float* from = weight_gradient + i * post_[p].width;
    for (std::size_t j = 0; j < post_[p].filled; ++j)
      to[j] += is_edge(row, post_[p].begin + j) ? from[j] : 0.0F;
    for (std::size_t j = 0; to_centre_ && j < post_[p].filled; ++j)
      mine.sums[row] += is_edge(row, post_[p].begin + j) ? from[j] : 0.0F;
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
// of those: -mean_j G_ij goes through the distances as G did, of all pairs that were balanced.
void Connection::spread_means(const Workers& workers) {
  AlignedFloats& mean = minus_mean_gradient_;
  mean.assign(pre_.padded(), 0.0F);
  for (const Part& part : parts_)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] -= part.sums[i];
  for (std::size_t i = 0; i < mean.size(); ++i) mean[i] /= std::max(count_[i], 1.0F);
  if (!network_.spatial()) {
    for (std::size_t i = 0; i < pre_.n_neurons(); ++i)
      for (std::size_t j = 0; j < post_.n_neurons(); ++j)
        if (network_.prunes_softly() || is_edge(i, j)) stored_gradient_[i * post_.n_neurons() + j] += mean[i];
    return;
  }
  workers.for_each_in_parts(post_.size(), parts_.size(), [&](std::size_t group, std::size_t p, std::size_t) {
    for (const std::uint32_t q : near_pre(p))
      parts_[group].distance += row_gradient_tile(tile(q, p), mean.data() + pre_[q].begin, post_[p].filled,
                                                  destination(parts_[group], q, p));
  });
}

void Connection::finish_gradient(const Workers& workers) {
  if (to_centre_) spread_means(workers);
  if (!network_.spatial()) return;
  Part& total = parts_[0];
  join(std::span(parts_).subspan(1), total);
  const auto pre = gradient_->group("position", index_);
  const auto post = gradient_->group("position", index_ + 1);
  const auto inhibition = gradient_->group("inhibition", index_);
  const auto scale = static_cast<float>(network_.scale(index_));
  const auto half_steepness = static_cast<float>(network_.mask_steepness / 2);
  const auto pre_order = neighbourhood_.order(index_);
  const auto post_order = neighbourhood_.order(index_ + 1);
  for (std::size_t i = 0; i < pre_.n_neurons(); ++i)
    for (std::size_t k = 0; k < n_coordinates_; ++k)
      pre[neuron_at(pre_order, i) * n_coordinates_ + k] += total.pre[i * n_coordinates_ + k];
  for (const Panel& panel : post_)
    for (std::size_t j = 0; j < panel.filled; ++j)
      for (std::size_t k = 0; k < n_coordinates_; ++k)
        post[neuron_at(post_order, panel.begin + j) * n_coordinates_ + k] +=
            total.post[n_coordinates_ * panel.begin + k * panel.width + j];
  for (std::size_t i = 0; i < inhibition.size(); ++i)
    inhibition[neuron_at(pre_order, i)] += scale * total.mask[i] * half_steepness * (1 - mask_[i] * mask_[i]);
  if (network_.layer_distance == sim::LayerDistance::learned)
    gradient_->group("gap", index_)[0] += parameters_->group("gap", index_)[0] * total.distance;
}

}  // namespace loci::learning
