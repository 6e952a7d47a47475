// A trained layered network, spiking or not, as a report shows it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/report/views.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"

namespace loci::experiments {

struct ViewOptions {
  std::size_t most_neurons = 12000;        // to show
  std::size_t most_strong_edges = 100000;  // over all neurons and both directions
  std::size_t n_bins = 48;                 // of histograms
  double most_edges = 4e7;                 // to look at; a network with more is shown without them
};

// How many strong edges each of n shown neurons may have in each direction: 2 to 12.
std::size_t strong_edges_each(std::size_t n_shown, const ViewOptions& options);

// The shares of which degrees are shown and accuracies measured, those beyond the network's own.
std::vector<double> pruned_shares(const sim::NetworkDescription& network);

// "input", "hidden" or "hidden1", "hidden2", ..., "output".
std::vector<NeuronGroup> layer_groups(const sim::NetworkDescription& network);

// Three axes: with two learned coordinates those and the layer's, with three learned ones (relaxed) those;
// of more the two directions in which all neurons together spread most, and the layer's coordinate. Layers of
// dense networks, which have no positions, are grids. `notes` is told what could not be shown.
NetworkView model_view(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                       const std::string& title, const ViewOptions& options, std::vector<std::string>& notes);

}  // namespace loci::experiments
