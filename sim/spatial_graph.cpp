#include "sim/spatial_graph.hpp"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cassert>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>

#include "sim/error.hpp"
#include "sim/neighbours.hpp"

namespace loci::sim {
namespace {

struct EdgeList {
  std::vector<std::pair<Vertex, Vertex>> ends;  // sorted
  std::vector<Edge> edges;
};

std::string text_of(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string name_of_connection(std::size_t connection) {
  return "connection " + std::to_string(connection) + " (layer " + std::to_string(connection) + " to layer " +
         std::to_string(connection + 1) + ")";
}

void check(const NetworkDescription& network, const Parameters& parameters, const GraphOptions& options) {
  validate(network);
  assert(parameters.layout.groups() == ParameterLayout(network).groups());
  (void)parameters;
  if (!network.spiking())
    throw InputError("network.neuron", "a rate network has no spikes to simulate",
                     "choose spiking neurons (snn)");
  if (!(options.cutoff > 0.0))
    throw InputError("cutoff", text_of(options.cutoff) + " is not a positive distance",
                     "choose a cutoff above 0");
  if (!(options.velocity > 0.0))
    throw InputError("velocity", text_of(options.velocity) + " is not a positive velocity",
                     "choose a velocity above 0");
  (void)steps_from_ms(0.0, options.step_ms, OffGrid::refuse, "step");
  if (!network.spatial() && std::isfinite(options.cutoff))
    throw InputError("cutoff", "a dense network has no distances to cut off at", "leave the cutoff out");
  if (!network.spatial() && std::isfinite(options.velocity))
    throw InputError("velocity", "a dense network has no distances to travel", "leave the velocity out");
}

Places places_of(const NetworkDescription& network, const BasicParameters<double>& parameters) {
  Places places{.dims = network.spatial() ? network.dims : 0, .positions = {}, .layer_begin = {0}};
  double layer_coordinate = 0.0;
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    places.layer_begin.push_back(places.layer_begin.back() + static_cast<Vertex>(network.sizes[l]));
    if (!network.spatial()) continue;
    const std::size_t n_coordinates = network.n_coordinates();
    const auto learned = parameters.group("position", l);
    for (std::size_t i = 0; i < network.sizes[l]; ++i) {
      for (const double x : learned.subspan(i * n_coordinates, n_coordinates))
        places.positions.push_back(static_cast<float>(x));
      if (!network.relaxed()) places.positions.push_back(static_cast<float>(layer_coordinate));
    }
    if (l + 1 < network.n_layers()) layer_coordinate += std::sqrt(parameters.squared_gap(network, l));
  }
  return places;
}

// Of one connection, in the making.
struct ConnectionEdges {
  const NetworkDescription& network;
  const BasicParameters<double>& parameters;
  const GraphOptions& options;
  std::size_t connection;
  std::string where;
  Vertex first_source;
  Vertex first_target;
  EdgeList& list;

  void add(std::size_t i, std::size_t j, double exact_weight, double distance) const {
    const Vertex source = first_source + static_cast<Vertex>(i);
    const Vertex target = first_target + static_cast<Vertex>(j);
    const auto weight = static_cast<float>(exact_weight);
    if (!std::isfinite(weight))
      throw InputError(where,
                       "the weight from neuron " + std::to_string(source) + " to neuron " +
                           std::to_string(target) + " is not finite",
                       "set network.softening above 0 where positions coincide, or check the parameters");
    const Step extra = steps_from_ms(distance / options.velocity, options.step_ms, OffGrid::round, where);
    list.ends.emplace_back(source, target);
    list.edges.push_back({.weight = weight, .delay = 1 + extra});
  }
};

void add_from_all_pairs(const ConnectionEdges& edges) {
  const auto& [network, parameters, options, connection, where, first_source, first_target, list] = edges;
  const std::vector<double> weights = connection_weights(network, parameters, connection);
  const std::vector<std::uint8_t> is_edge = connection_edges(network, parameters, connection);
  const std::vector<double> distances = network.spatial()
                                            ? connection_distances(network, parameters, connection)
                                            : std::vector<double>(weights.size(), 0.0);
  const std::size_t n_post = network.sizes[connection + 1];
  for (std::size_t pair = 0; pair < weights.size(); ++pair)
    if (is_edge[pair] != 0 && !(distances[pair] > options.cutoff))
      edges.add(pair / n_post, pair % n_post, weights[pair], distances[pair]);
}

// How far apart neurons are that need a look: a mean is taken over all edges of the network, whatever the
// options leave of them. Infinite where all pairs do, and where what is rounded is not worth a search.
double reach_of(const NetworkDescription& network, const GraphOptions& options, std::size_t connection) {
  if (!network.spatial() || network.prunes() || network.quantisation.any())
    return std::numeric_limits<double>::infinity();
  return network.balances(connection) ? network.cutoff : std::min(network.cutoff, options.cutoff);
}

// The same edges, bit for bit, where neurons farther apart than `reach` do not matter.
void add_from_near_pairs(const ConnectionEdges& edges, const Parameters& stored, double reach) {
  const auto& [network, parameters, options, connection, where, first_source, first_target, list] = edges;
  const SpatialPairs<double> pairs(network, parameters, connection);
  const std::size_t n_coordinates = network.n_coordinates();
  // No less than the learned coordinates may differ by; the margin is far more than anything here rounds.
  const double widest = std::sqrt(std::max(reach * reach - pairs.base(), 0.0)) + 1e-6 * reach;
  const float radius = widest < std::numeric_limits<float>::max() ? static_cast<float>(widest)
                                                                  : std::numeric_limits<float>::infinity();
  const auto sources = stored.group("position", connection);
  const CellList targets(stored.group("position", connection + 1), n_coordinates, radius);
  struct Pair {
    std::uint32_t target;
    double distance;
    double weight;
  };
  std::vector<std::uint32_t> near;
  std::vector<Pair> row;
  for (std::size_t i = 0; i < network.sizes[connection]; ++i) {
    targets.near_point(sources.subspan(i * n_coordinates, n_coordinates), radius, near);
    const double scaled_mask = pairs.scaled_mask(i);
    row.clear();
    for (const std::uint32_t j : near)
      if (const double distance = pairs.distance(i, j); !(distance > reach))
        row.push_back({j, distance, scaled_mask / distance});
    double mean = 0.0;
    if (network.balances(connection)) {
      for (const Pair& pair : row) mean += pair.weight;
      mean /= static_cast<double>(row.size());
    }
    for (const Pair& pair : row)
      if (!(pair.distance > options.cutoff)) edges.add(i, pair.target, pair.weight - mean, pair.distance);
  }
}

[[noreturn]] void refuse_empty(const ConnectionEdges& edges) {
  const auto& [network, parameters, options, connection, where, first_source, first_target, list] = edges;
  const auto distances = connection_distances(network, parameters, connection);
  const auto is_edge = connection_edges(network, parameters, connection);
  if (std::ranges::count(is_edge, 1) == 0)
    throw InputError(where, "no edge is as short as network.cutoff, which is " + text_of(network.cutoff),
                     "train with a cutoff of at least " + text_of(*std::ranges::min_element(distances)) +
                         ", the shortest distance there");
  double shortest = std::numeric_limits<double>::infinity();
  for (std::size_t pair = 0; pair < distances.size(); ++pair)
    if (is_edge[pair] != 0) shortest = std::min(shortest, distances[pair]);
  throw InputError(where, "no edge is as short as the cutoff " + text_of(options.cutoff),
                   "choose a cutoff of at least " + text_of(shortest) + ", the shortest distance there");
}

const Places& places_in(const BoostGraph& graph) {
  return graph[boost::graph_bundle];
}

}  // namespace

SpatialGraph build_spatial_graph(const NetworkDescription& network, const Parameters& parameters,
                                 const GraphOptions& options) {
  check(network, parameters, options);
  const BasicParameters<double> exact = on_grid(network, in_double(network, parameters));
  const Places places = places_of(network, exact);
  // Searching space would pass over what is not a number, which all pairs refuse by name.
  const bool finite =
      std::ranges::all_of(parameters.values, [](float value) { return std::isfinite(value); });
  EdgeList list;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const std::size_t n_before = list.edges.size();
    const ConnectionEdges edges{
        network, exact, options, l, name_of_connection(l), places.layer_begin[l], places.layer_begin[l + 1],
        list};
    const double reach = reach_of(network, options, l);
    if (finite && std::isfinite(reach))
      add_from_near_pairs(edges, parameters, reach);
    else
      add_from_all_pairs(edges);
    if (list.edges.size() == n_before) refuse_empty(edges);
  }
  auto graph = std::make_shared<const BoostGraph>(boost::edges_are_sorted, list.ends.begin(), list.ends.end(),
                                                  list.edges.begin(), places.layer_begin.back(),
                                                  list.edges.size(), places);
  auto synapses = std::make_shared<const Synapses>(places.layer_begin.back(), list.ends, list.edges);
  return {std::move(graph), std::move(synapses), options};
}

std::size_t SpatialGraph::n_neurons() const {
  return num_vertices(*graph_);
}
std::size_t SpatialGraph::n_edges() const {
  return num_edges(*graph_);
}
std::size_t SpatialGraph::n_layers() const {
  return places_in(*graph_).layer_begin.size() - 1;
}
std::size_t SpatialGraph::dims() const {
  return places_in(*graph_).dims;
}

Vertex SpatialGraph::layer_begin(std::size_t layer) const {
  return places_in(*graph_).layer_begin[layer];
}

std::size_t SpatialGraph::layer_of(Vertex vertex) const {
  const auto& begin = places_in(*graph_).layer_begin;
  assert(vertex < begin.back());
  return static_cast<std::size_t>(std::ranges::upper_bound(begin, vertex) - begin.begin()) - 1;
}

std::span<const float> SpatialGraph::position(Vertex vertex) const {
  const Places& places = places_in(*graph_);
  return std::span(places.positions).subspan(vertex * places.dims, places.dims);
}

std::span<const Vertex> SpatialGraph::targets_of(Vertex source) const {
  const auto [first, last] = adjacent_vertices(source, *graph_);
  return {first, last};
}

std::span<const Edge> SpatialGraph::edges_of(Vertex source) const {
  const std::size_t degree = out_degree(source, *graph_);
  if (degree == 0) return {};
  return {&(*graph_)[*out_edges(source, *graph_).first],
          degree};  // the graph keeps a row's edges side by side
}

}  // namespace loci::sim
