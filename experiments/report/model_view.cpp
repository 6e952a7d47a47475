#include "experiments/report/model_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/report/edge_digest.hpp"
#include "experiments/report/points.hpp"
#include "sim/principal_directions.hpp"

namespace loci::experiments {
namespace {

using sim::NetworkDescription;
using sim::Parameters;

// Learned coordinates of all layers, as they act: (neurons, coordinates).
std::vector<float> learned_coordinates(const NetworkDescription& network, const Parameters& parameters) {
  std::vector<float> all;
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const auto layer = parameters.group("position", l);
    all.insert(all.end(), layer.begin(), layer.end());
  }
  return all;
}

// The layer coordinate of every layer where it is not learned: the sum of the gaps before it.
std::vector<float> layer_coordinates(const NetworkDescription& network, const Parameters& parameters) {
  std::vector<float> z{0.0F};
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    z.push_back(z.back() + std::sqrt(parameters.squared_gap(network, l)));
  return z;
}

class Placer {
 public:
  Placer(const NetworkDescription& network, const Parameters& parameters, NetworkView& view)
      : network_(network), view_(view) {
    if (!network.spatial()) {
      place_on_grids();
      return;
    }
    const Parameters acting = sim::on_grid(network, parameters);
    coordinates_ = learned_coordinates(network, acting);
    z_ = layer_coordinates(network, acting);
    choose_directions();
    for (const std::uint32_t neuron : view.neurons) place(neuron);
  }

 private:
  void place_on_grids() {
    view_.placed = false;
    view_.axes = {"column", "row", "layer"};
    for (std::size_t l = 0; l < network_.n_layers(); ++l) {
      const auto places = grid_places(network_.sizes[l]);
      const std::size_t first = view_.first_of(l);
      // Layers of few neurons are as wide as the largest: a unit apart they would be a dot.
      const double stretch = std::sqrt(static_cast<double>(*std::ranges::max_element(network_.sizes)) /
                                       static_cast<double>(network_.sizes[l]));
      for (const std::uint32_t neuron : view_.neurons) {
        if (neuron < first || neuron >= first + network_.sizes[l]) continue;
        for (std::size_t k = 0; k < 2; ++k)
          view_.positions.push_back(static_cast<float>(stretch) * places[(neuron - first) * 2 + k]);
        view_.positions.push_back(static_cast<float>(l));
      }
    }
  }

  // Directions among the learned coordinates but the layer's.
  void choose_directions() {
    n_coordinates_ = network_.n_coordinates();
    n_flat_ = network_.relaxed() ? n_coordinates_ - 1 : n_coordinates_;
    view_.axes = {"x", "y", network_.relaxed() ? "z (learned)" : "z (layer)"};
    if (n_flat_ <= 2) {
      for (std::size_t k = 0; k < n_flat_; ++k) {
        directions_.resize(directions_.size() + n_flat_, 0.0);
        directions_[k * n_flat_ + k] = 1.0;
      }
      return;
    }
    std::vector<float> flat;
    for (std::size_t i = 0; i < coordinates_.size(); i += n_coordinates_)
      flat.insert(flat.end(), coordinates_.begin() + static_cast<std::ptrdiff_t>(i),
                  coordinates_.begin() + static_cast<std::ptrdiff_t>(i + n_flat_));
    directions_ = sim::principal_directions(flat, n_flat_, 2);
    view_.axes[0] = fmt::format("first of {} directions by spread", n_flat_);
    view_.axes[1] = fmt::format("second of {}", n_flat_);
  }

  void place(std::uint32_t neuron) {
    const float* const at = coordinates_.data() + neuron * n_coordinates_;
    for (std::size_t k = 0; k < 2; ++k) {
      double along = 0.0;
      for (std::size_t c = 0; c < n_flat_ && k < n_flat_; ++c)
        along += directions_[k * n_flat_ + c] * static_cast<double>(at[c]);
      view_.positions.push_back(static_cast<float>(along));
    }
    std::size_t layer = 0;
    while (neuron >= view_.first_of(layer + 1)) ++layer;
    view_.positions.push_back(network_.relaxed() ? at[n_flat_] : z_[layer]);
  }

  const NetworkDescription& network_;
  NetworkView& view_;
  std::vector<float> coordinates_;
  std::vector<float> z_;
  std::vector<double> directions_;
  std::size_t n_coordinates_ = 0;
  std::size_t n_flat_ = 0;
};

double n_pairs(const NetworkDescription& network) {
  double n = 0.0;
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    n += static_cast<double>(network.sizes[l]) * static_cast<double>(network.sizes[l + 1]);
  return n;
}

// Edges of one connection: where weights lie, and how long they are.
struct ConnectionView {
  std::size_t n_targets;
  std::vector<float> weights;
  std::vector<std::uint8_t> edges;
  std::vector<float> lengths;  // empty: none

  ConnectionView(const NetworkDescription& network, const Parameters& parameters, std::size_t connection)
      : n_targets(network.sizes[connection + 1]),
        weights(sim::connection_weights(network, parameters, connection)),
        edges(sim::connection_edges(network, parameters, connection)) {
    if (network.spatial()) lengths = sim::connection_distances(network, parameters, connection);
  }
};

void count_degrees(const NetworkDescription& network, const Parameters& parameters, NetworkView& view) {
  for (const double share : pruned_shares(network)) {
    NetworkDescription pruned = network;
    pruned.pruned = share;
    std::vector<std::uint32_t> degree(view.n_neurons());
    for (std::size_t l = 0; l < network.n_connections(); ++l) {
      const auto edges = sim::connection_edges(pruned, parameters, l);
      const std::size_t n_targets = network.sizes[l + 1];
      for (std::size_t pair = 0; pair < edges.size(); ++pair)
        if (edges[pair] != 0) {
          ++degree[view.first_of(l) + pair / n_targets];
          ++degree[view.first_of(l + 1) + pair % n_targets];
        }
    }
    PrunedDegrees shown{.pruned = share};
    for (const std::uint32_t neuron : view.neurons) shown.degree.push_back(degree[neuron]);
    view.degrees.push_back(std::move(shown));
  }
}

void add_edges(const NetworkDescription& network, const Parameters& parameters, const ViewOptions& options,
               NetworkView& view) {
  EdgeDigest digest(view.n_neurons(), strong_edges_each(view.neurons.size(), options));
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const ConnectionView connection(network, parameters, l);
    const auto first_source = static_cast<std::uint32_t>(view.first_of(l));
    const auto first_target = static_cast<std::uint32_t>(view.first_of(l + 1));
    for (std::size_t pair = 0; pair < connection.weights.size(); ++pair)
      if (connection.edges[pair] != 0)
        digest.add(first_source + static_cast<std::uint32_t>(pair / connection.n_targets),
                   first_target + static_cast<std::uint32_t>(pair % connection.n_targets),
                   static_cast<double>(connection.weights[pair]));
    if (connection.lengths.empty()) continue;
    view.edge_grids.push_back(weight_over_length(
        view.groups[l].name + " to " + view.groups[l + 1].name,
        [&connection](const VisitEdge& visit) {
          for (std::size_t pair = 0; pair < connection.weights.size(); ++pair)
            if (connection.edges[pair] != 0)
              visit(static_cast<double>(connection.lengths[pair]),
                    static_cast<double>(connection.weights[pair]));
        },
        options.n_bins));
  }
  view.n_edges = digest.n_edges();
  view.outgoing = digest.outgoing(view.neurons);
  view.incoming = digest.incoming(view.neurons);
  if (!network.spatial())
    for (const std::uint32_t neuron : view.neurons) view.sign.push_back(digest.sign_of(neuron));
}

// The masks of those that send; the last layer sends nothing.
void add_masks(const NetworkDescription& network, const Parameters& parameters, NetworkView& view) {
  std::vector<float> masks;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const sim::SpatialPairs<float> pairs(network, parameters, l);
    for (std::size_t i = 0; i < network.sizes[l]; ++i) masks.push_back(pairs.mask(i));
  }
  masks.resize(view.n_neurons(), 0.0F);
  for (const std::uint32_t neuron : view.neurons) view.sign.push_back(masks[neuron]);
}

}  // namespace

std::size_t strong_edges_each(std::size_t n_shown, const ViewOptions& options) {
  return std::clamp<std::size_t>(options.most_strong_edges / (2 * std::max<std::size_t>(n_shown, 1)), 2, 12);
}

std::vector<double> pruned_shares(const NetworkDescription& network) {
  std::vector<double> shares{network.pruned};
  for (const double share : {0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98})
    if (share > network.pruned) shares.push_back(share);
  return shares;
}

std::vector<NeuronGroup> layer_groups(const NetworkDescription& network) {
  std::vector<NeuronGroup> groups;
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    const std::string hidden = network.n_layers() == 3 ? "hidden" : fmt::format("hidden{}", l);
    groups.push_back({l == 0 ? "input" : l + 1 == network.n_layers() ? "output" : hidden, network.sizes[l]});
  }
  return groups;
}

NetworkView model_view(const NetworkDescription& network, const Parameters& parameters,
                       const std::string& title, const ViewOptions& options,
                       std::vector<std::string>& notes) {
  NetworkView view{.title = title, .source = "model", .groups = layer_groups(network)};
  view.neurons = shown_neurons(view.groups, options.most_neurons);
  if (view.neurons.size() < view.n_neurons())
    notes.push_back(fmt::format("{} of {} neurons are shown, evenly chosen from each layer",
                                view.neurons.size(), view.n_neurons()));
  const Placer place(network, parameters, view);
  view.axis_histograms = axis_histograms(view, options.n_bins);
  if (network.spatial()) add_masks(network, parameters, view);
  if (n_pairs(network) <= options.most_edges) {
    add_edges(network, parameters, options, view);
    count_degrees(network, parameters, view);
  } else {
    notes.push_back(
        fmt::format("edges are not shown: the network has {:.3g} pairs of neurons, and a report "
                    "looks at {:.3g} at most",
                    n_pairs(network), options.most_edges));
  }
  if (view.sign.empty()) view.sign.assign(view.neurons.size(), 0.0F);
  if (view.outgoing.begin.size() == 1) {
    view.outgoing.begin.assign(view.neurons.size() + 1, 0);
    view.incoming.begin = view.outgoing.begin;
  }
  return view;
}

}  // namespace loci::experiments
