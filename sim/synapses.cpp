#include "sim/synapses.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace loci::sim {

Synapses::Synapses(std::size_t n_neurons, std::span<const std::pair<Vertex, Vertex>> ends,
                   std::span<const Edge> edges) {
  assert(ends.size() == edges.size());
  targets_.reserve(ends.size());
  weights_.reserve(ends.size());
  std::size_t begin = 0;
  for (std::size_t source = 0; source < n_neurons; ++source) {
    first_bundle_.push_back(bundles_.size());
    std::size_t end = begin;
    while (end < ends.size() && ends[end].first == source) ++end;
    append_row(ends.subspan(begin, end - begin), edges.subspan(begin, end - begin));
    begin = end;
  }
  first_bundle_.push_back(bundles_.size());
}

void Synapses::append_row(std::span<const std::pair<Vertex, Vertex>> ends, std::span<const Edge> edges) {
  std::vector<std::size_t> order(edges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto by_delay = [&](std::size_t a, std::size_t b) { return edges[a].delay < edges[b].delay; };
  if (!std::ranges::is_sorted(order, by_delay)) std::ranges::stable_sort(order, by_delay);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const Step delay = edges[order[k]].delay;
    if (k == 0 || delay != bundles_.back().delay) {
      bundles_.push_back({targets_.size(), targets_.size(), delay, true});
      longest_delay_ = std::max(longest_delay_, delay);
    }
    Bundle& bundle = bundles_.back();
    const Vertex target = ends[order[k]].second;
    bundle.gapless = bundle.gapless && (bundle.size() == 0 || target == targets_.back() + 1);
    ++bundle.end;
    targets_.push_back(target);
    weights_.push_back(edges[order[k]].weight);
  }
}

void Synapses::deliver(const Bundle& bundle, double amplitude, std::span<double> arrived) const {
  const float* const weight = weights_.data() + bundle.begin;
  const Vertex* const target = targets_.data() + bundle.begin;
  const std::size_t n = bundle.size();
  if (bundle.gapless) {
    double* const into = arrived.data() + target[0];
    for (std::size_t k = 0; k < n; ++k) into[k] += amplitude * static_cast<double>(weight[k]);
  } else {
    for (std::size_t k = 0; k < n; ++k) arrived[target[k]] += amplitude * static_cast<double>(weight[k]);
  }
}

}  // namespace loci::sim
