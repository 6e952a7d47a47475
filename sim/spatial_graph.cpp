#include "sim/spatial_graph.hpp"

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <cassert>
#include <cmath>
#include <sstream>
#include <string>
#include <utility>

#include "sim/error.hpp"

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

[[noreturn]] void refuse_empty(const NetworkDescription& network, const GraphOptions& options,
                               std::span<const double> distances, std::span<const std::uint8_t> is_edge,
                               const std::string& where) {
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

void append_connection(const NetworkDescription& network, const BasicParameters<double>& parameters,
                       const GraphOptions& options, const Places& places, std::size_t connection,
                       EdgeList& list) {
  const std::vector<double> weights = connection_weights(network, parameters, connection);
  const std::vector<std::uint8_t> is_edge = connection_edges(network, parameters, connection);
  const std::vector<double> distances = network.spatial()
                                            ? connection_distances(network, parameters, connection)
                                            : std::vector<double>(weights.size(), 0.0);
  const std::string where = name_of_connection(connection);
  const std::size_t n_post = network.sizes[connection + 1];
  const std::size_t n_before = list.edges.size();
  for (std::size_t pair = 0; pair < weights.size(); ++pair) {
    if (is_edge[pair] == 0 || distances[pair] > options.cutoff) continue;
    const Vertex source = places.layer_begin[connection] + static_cast<Vertex>(pair / n_post);
    const Vertex target = places.layer_begin[connection + 1] + static_cast<Vertex>(pair % n_post);
    const auto weight = static_cast<float>(weights[pair]);
    if (!std::isfinite(weight))
      throw InputError(where,
                       "the weight from neuron " + std::to_string(source) + " to neuron " +
                           std::to_string(target) + " is not finite",
                       "set network.softening above 0 where positions coincide, or check the parameters");
    const Step extra =
        steps_from_ms(distances[pair] / options.velocity, options.step_ms, OffGrid::round, where);
    list.ends.emplace_back(source, target);
    list.edges.push_back({.weight = weight, .delay = 1 + extra});
  }
  if (list.edges.size() == n_before) refuse_empty(network, options, distances, is_edge, where);
}

const Places& places_in(const BoostGraph& graph) {
  return graph[boost::graph_bundle];
}

}  // namespace

SpatialGraph build_spatial_graph(const NetworkDescription& network, const Parameters& parameters,
                                 const GraphOptions& options) {
  check(network, parameters, options);
  const BasicParameters<double> exact = in_double(network, parameters);
  const Places places = places_of(network, exact);
  EdgeList list;
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    append_connection(network, exact, options, places, l, list);
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
