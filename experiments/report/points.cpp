#include "experiments/report/points.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loci::experiments {

std::vector<std::uint32_t> shown_neurons(const std::vector<NeuronGroup>& groups, std::size_t most) {
  std::size_t n_all = 0;
  for (const NeuronGroup& group : groups) n_all += group.n_neurons;
  std::vector<std::uint32_t> shown;
  std::size_t first = 0;
  for (const NeuronGroup& group : groups) {
    const std::size_t n = group.n_neurons;
    const std::size_t kept = n_all <= most ? n : std::clamp<std::size_t>(n * most / n_all, 1, n);
    for (std::size_t k = 0; k < kept; ++k) shown.push_back(static_cast<std::uint32_t>(first + k * n / kept));
    first += n;
  }
  return shown;
}

std::vector<float> grid_places(std::size_t n_neurons) {
  const auto n_columns = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(n_neurons))));
  const std::size_t n_rows = n_columns == 0 ? 0 : (n_neurons + n_columns - 1) / n_columns;
  std::vector<float> places;
  for (std::size_t i = 0; i < n_neurons; ++i) {
    places.push_back(static_cast<float>(i % n_columns) - 0.5F * static_cast<float>(n_columns - 1));
    places.push_back(0.5F * static_cast<float>(n_rows - 1) - static_cast<float>(i / n_columns));
  }
  return places;
}

std::vector<AxisHistogram> axis_histograms(const NetworkView& view, std::size_t n_bins) {
  std::vector<AxisHistogram> result;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (std::size_t i = axis; i < view.positions.size(); i += 3) {
      low = std::min(low, static_cast<double>(view.positions[i]));
      high = std::max(high, static_cast<double>(view.positions[i]));
    }
    if (!(high > low)) continue;
    const std::size_t first = result.size();
    for (std::size_t group = 0; group < view.groups.size(); ++group)
      result.push_back({.axis = axis,
                        .group = group,
                        .low = low,
                        .width = (high - low) / static_cast<double>(n_bins),
                        .counts = std::vector<std::uint32_t>(n_bins)});
    std::size_t group = 0;
    for (std::size_t i = 0; i < view.neurons.size(); ++i) {
      while (view.neurons[i] >= view.first_of(group + 1)) ++group;
      AxisHistogram& histogram = result[first + group];
      const double at = static_cast<double>(view.positions[3 * i + axis]);
      const auto bin = static_cast<std::size_t>((at - histogram.low) / histogram.width);
      ++histogram.counts[std::min(bin, n_bins - 1)];
    }
  }
  return result;
}

}  // namespace loci::experiments
