#include "experiments/report/edge_digest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loci::experiments {

EdgeDigest::EdgeDigest(std::size_t n_neurons, std::size_t n_strongest)
    : n_strongest_(n_strongest),
      out_(n_neurons),
      in_(n_neurons),
      degree_(n_neurons),
      sum_(n_neurons),
      absolute_(n_neurons) {}

bool EdgeDigest::stronger(const End& a, const End& b) {
  const float left = std::abs(a.weight);
  const float right = std::abs(b.weight);
  return left != right ? left > right : a.neuron < b.neuron;
}

void EdgeDigest::keep(Ends& ends, End end) const {
  if (ends.size() == n_strongest_) {
    if (n_strongest_ == 0 || !stronger(end, ends.front())) return;
    std::ranges::pop_heap(ends, stronger);
    ends.pop_back();
  }
  ends.push_back(end);
  std::ranges::push_heap(ends, stronger);
}

void EdgeDigest::add(std::uint32_t source, std::uint32_t target, double weight) {
  const auto kept = static_cast<float>(weight);
  keep(out_[source], {target, kept});
  keep(in_[target], {source, kept});
  ++n_edges_;
  ++degree_[source];
  ++degree_[target];
  sum_[source] += weight;
  absolute_[source] += std::abs(weight);
}

StrongEdges EdgeDigest::of(const std::vector<Ends>& all, const std::vector<std::uint32_t>& neurons) {
  StrongEdges edges;
  for (const std::uint32_t neuron : neurons) {
    Ends ends = all[neuron];
    std::ranges::sort(ends, stronger);
    for (const End& end : ends) {
      edges.neuron.push_back(end.neuron);
      edges.weight.push_back(end.weight);
    }
    edges.begin.push_back(static_cast<std::uint32_t>(edges.neuron.size()));
  }
  return edges;
}

float EdgeDigest::sign_of(std::uint32_t neuron) const {
  return absolute_[neuron] > 0.0 ? static_cast<float>(sum_[neuron] / absolute_[neuron]) : 0.0F;
}

namespace {

// The logarithms that a side of the grid spans: from the smallest value, but no more than four decades.
struct LogSide {
  double smallest = std::numeric_limits<double>::infinity();
  double largest = 0.0;

  void add(double value) {
    if (value > 0.0) smallest = std::min(smallest, value);
    largest = std::max(largest, value);
  }
  // Equal values are in the last bin of a decade.
  double low() const {
    if (!(largest > 0.0)) return 0.0;
    const double least = std::max(smallest, 1e-4 * largest);
    return std::log10(least < largest ? least : 0.1 * largest);
  }
  double width(std::size_t n_bins) const {
    return (largest > 0.0 ? std::log10(largest) - low() : 1.0) / static_cast<double>(n_bins);
  }
  double at(double value) const { return value > 0.0 ? std::log10(value) : low(); }
};

}  // namespace

GridHistogram weight_over_length(const std::string& name, const WalkEdges& walk, std::size_t n_bins) {
  LogSide x;
  LogSide y;
  std::size_t n_edges = 0;
  walk([&](double length, double weight) {
    x.add(length);
    y.add(std::abs(weight));
    ++n_edges;
  });
  GridHistogram grid{.name = name};
  if (n_edges == 0) return grid;
  grid.n_x = grid.n_y = n_bins;
  grid.x_low = x.low();
  grid.x_width = x.width(n_bins);
  grid.y_low = y.low();
  grid.y_width = y.width(n_bins);
  grid.counts.assign(n_bins * n_bins, 0);
  walk([&](double length, double weight) { grid.add(x.at(length), y.at(std::abs(weight))); });
  return grid;
}

}  // namespace loci::experiments
