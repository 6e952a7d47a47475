#include "experiments/report/views.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace loci::experiments {
namespace {

std::size_t bin_of(double value, double low, double width, std::size_t n) {
  const double bin = std::floor((value - low) / width);
  return bin > 0.0 ? std::min(static_cast<std::size_t>(bin), n - 1) : 0;
}

}  // namespace

void GridHistogram::add(double x, double y) {
  ++counts[bin_of(y, y_low, y_width, n_y) * n_x + bin_of(x, x_low, x_width, n_x)];
}

std::size_t NetworkView::n_neurons() const {
  return first_of(groups.size());
}

std::size_t NetworkView::first_of(std::size_t group) const {
  std::size_t first = 0;
  for (std::size_t g = 0; g < group; ++g) first += groups[g].n_neurons;
  return first;
}

std::size_t ConfusionView::n_images() const {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::size_t ConfusionView::n_correct() const {
  std::size_t n = 0;
  for (std::size_t c = 0; c < n_classes; ++c) n += counts[c * n_classes + c];
  return n;
}

}  // namespace loci::experiments
