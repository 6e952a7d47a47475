#include "learning/neighbourhood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "sim/neighbours.hpp"

namespace loci::learning {
namespace {

// Of the cutoff: wide enough to last for many updates, narrow enough not to add many panels.
constexpr double skin_share = 0.1;

// What rounding of positions and distances in single precision may take from the skin.
constexpr double rounding_share = 1e-3;

double largest_step(std::span<const float> from, std::span<const float> to, std::size_t n_coordinates) {
  double largest = 0.0;
  for (std::size_t begin = 0; begin < from.size(); begin += n_coordinates) {
    double squared = 0.0;
    for (std::size_t at = begin; at < begin + n_coordinates; ++at) {
      const double step = static_cast<double>(to[at]) - static_cast<double>(from[at]);
      squared += step * step;
    }
    if (!(squared <= largest)) largest = squared;  // NaN too
  }
  return std::sqrt(largest);
}

}  // namespace

Neighbourhood::Neighbourhood(const sim::NetworkDescription& network, const std::vector<PanelLayout>& panels)
    : network_(network),
      panels_(panels),
      order_(network.n_layers()),
      pre_(network.n_connections()),
      post_(network.n_connections()) {
  if (!std::isfinite(network.cutoff)) list_all();
}

void Neighbourhood::list_all() {
  const auto all = [](std::size_t n_others) {
    Lists lists{.begin = {}, .panel = std::vector<std::uint32_t>(n_others)};
    std::iota(lists.panel.begin(), lists.panel.end(), 0U);
    return lists;
  };
  for (std::size_t l = 0; l < network_.n_connections(); ++l) {
    pre_[l] = all(panels_[l].size());
    post_[l] = all(panels_[l + 1].size());
  }
}

// How far apart two neurons of a connection with an edge can be within their layers' planes.
double Neighbourhood::reach_in_layer(const sim::Parameters& parameters, std::size_t connection) const {
  const double base = static_cast<double>(parameters.squared_gap(network_, connection)) + network_.softening;
  return std::sqrt(std::max(0.0, network_.cutoff * network_.cutoff - base));
}

bool Neighbourhood::still_good(const sim::Parameters& parameters) const {
  if (sorted_at_.empty()) return false;
  sim::Parameters before(network_);
  before.values = sorted_at_;
  const double skin = skin_share * network_.cutoff * (1 - rounding_share);
  std::vector<double> steps;
  for (std::size_t l = 0; l < network_.n_layers(); ++l)
    steps.push_back(largest_step(std::as_const(before).group("position", l), parameters.group("position", l),
                                 network_.n_coordinates()));
  for (std::size_t l = 0; l < network_.n_connections(); ++l) {
    const double grown = reach_in_layer(parameters, l) - reach_in_layer(before, l);
    if (!(steps[l] + steps[l + 1] + grown < skin)) return false;
  }
  return true;
}

std::vector<float> Neighbourhood::sorted_positions(const sim::Parameters& parameters,
                                                   std::size_t layer) const {
  const auto positions = parameters.group("position", layer);
  const std::size_t n_coordinates = network_.n_coordinates();
  if (order_[layer].empty()) return {positions.begin(), positions.end()};
  std::vector<float> sorted;
  sorted.reserve(positions.size());
  for (const std::uint32_t neuron : order_[layer])
    for (std::size_t k = 0; k < n_coordinates; ++k) sorted.push_back(positions[neuron * n_coordinates + k]);
  return sorted;
}

void Neighbourhood::list_near(const sim::Parameters& parameters, std::size_t connection,
                              const Workers& workers) {
  const std::size_t n_coordinates = network_.n_coordinates();
  const PanelLayout& pre_panels = panels_[connection];
  const PanelLayout& post_panels = panels_[connection + 1];
  const auto pre = sorted_positions(parameters, connection);
  const auto post = sorted_positions(parameters, connection + 1);
  const auto radius =
      static_cast<float>(reach_in_layer(parameters, connection) + skin_share * network_.cutoff);
  const sim::CellList cells(pre, n_coordinates, radius);
  std::vector<std::vector<std::uint32_t>> near(post_panels.size());
  workers.for_each(post_panels.size(), [&](std::size_t p, std::size_t) {
    std::vector<float> lower(n_coordinates, std::numeric_limits<float>::infinity());
    std::vector<float> upper(n_coordinates, -std::numeric_limits<float>::infinity());
    for (std::size_t j = post_panels[p].begin; j < post_panels[p].begin + post_panels[p].filled; ++j)
      for (std::size_t k = 0; k < n_coordinates; ++k) {
        lower[k] = std::min(lower[k], post[j * n_coordinates + k]);
        upper[k] = std::max(upper[k], post[j * n_coordinates + k]);
      }
    std::vector<std::uint32_t> found;
    cells.near_box(lower, upper, radius, found);
    for (const std::uint32_t neuron : found) {
      const auto q = static_cast<std::uint32_t>(neuron / narrow_panel);
      if (near[p].empty() || near[p].back() != q) near[p].push_back(q);
    }
  });
  Lists& from = pre_[connection];
  from.begin.assign(1, 0);
  from.panel.clear();
  std::vector<std::size_t> counts(pre_panels.size() + 1, 0);
  for (const auto& list : near) {
    from.panel.insert(from.panel.end(), list.begin(), list.end());
    from.begin.push_back(from.panel.size());
    for (const std::uint32_t q : list) ++counts[q + 1];
  }
  Lists& to = post_[connection];
  std::partial_sum(counts.begin(), counts.end(), counts.begin());
  to.begin = counts;
  to.panel.resize(from.panel.size());
  for (std::size_t p = 0; p < near.size(); ++p)
    for (const std::uint32_t q : near[p]) to.panel[counts[q]++] = static_cast<std::uint32_t>(p);
}

void Neighbourhood::update(const sim::Parameters& parameters, const Workers& workers) {
  if (std::isfinite(network_.cutoff) && !still_good(parameters)) sort_at(parameters.values, workers);
}

void Neighbourhood::sort_at(std::vector<float> values, const Workers& workers) {
  sorted_at_ = std::move(values);
  if (sorted_at_.empty()) return;
  sim::Parameters parameters(network_);
  parameters.values = sorted_at_;
  // The output layer keeps its order: its neurons are classes.
  for (std::size_t l = 0; l + 1 < network_.n_layers(); ++l)
    order_[l] = sim::spatial_order(std::as_const(parameters).group("position", l), network_.n_coordinates());
  for (std::size_t l = 0; l < network_.n_connections(); ++l) list_near(parameters, l, workers);
}

}  // namespace loci::learning
