// Which neurons a page shows, and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "experiments/report/views.hpp"

namespace loci::experiments {

// All neurons, or evenly spaced ones of each group where there are more than `most` (each group keeps one at
// least); rising.
std::vector<std::uint32_t> shown_neurons(const std::vector<NeuronGroup>& groups, std::size_t most);

// The first neurons of a group side by side on a grid of about as many rows as columns, row by row from the
// top, one unit apart, centred at 0: (n, 2).
std::vector<float> grid_places(std::size_t n_neurons);

// Along each axis n_bins bins between the extremes of all neurons, the same for every group; none along an
// axis on which all neurons have one value. view.neurons and view.positions are there.
std::vector<AxisHistogram> axis_histograms(const NetworkView& view, std::size_t n_bins);

}  // namespace loci::experiments
