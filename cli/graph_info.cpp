#include "cli/graph_info.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/console.hpp"
#include "cli/machine_memory.hpp"
#include "cli/model.hpp"
#include "io/circuit_file.hpp"
#include "sim/circuit/size.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/graph/analysis.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::cli {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

json number(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json moments_json(const sim::Moments& moments) {
  return {{"mean", moments.mean()}, {"sd", moments.sd()}, {"min", moments.min()}, {"max", moments.max()}};
}

json with_histogram(json moments, const sim::Histogram& histogram) {
  moments["histogram"] = {{"low", histogram.low}, {"width", histogram.width}, {"counts", histogram.counts}};
  return moments;
}

json paths_json(const sim::PathLengths& paths) {
  return {{"mean", number(paths.mean)},
          {"error", paths.error},
          {"longest", paths.longest},
          {"efficiency", paths.efficiency},
          {"sources", paths.n_sources},
          {"reached_pairs", paths.n_reached},
          {"unreachable_pairs", paths.n_unreachable}};
}

json groups_json(const sim::NeuronGraph& graph, const sim::GraphSummary& summary) {
  json groups = json::array();
  for (const sim::GroupEdges& each : summary.groups) {
    const sim::VertexGroup& source = graph.groups()[each.source];
    const sim::VertexGroup& target = graph.groups()[each.target];
    const auto n_edges = static_cast<double>(each.n_edges());
    json row{{"source", source.name},
             {"target", target.name},
             {"edges", each.n_edges()},
             {"mean_in_degree", n_edges / static_cast<double>(target.size())},
             {"mean_out_degree", n_edges / static_cast<double>(source.size())},
             {"weight", moments_json(each.weight)},
             {"delay_ms", moments_json(each.delay_ms)}};
    if (summary.lengths) row["length"] = moments_json(each.length);
    groups.push_back(row);
  }
  return groups;
}

json summary_json(const sim::NeuronGraph& graph, const sim::GraphSummary& summary) {
  json result{{"neurons", summary.n_neurons},
              {"edges", summary.n_edges},
              {"autapses", summary.n_autapses},
              {"multapses", summary.n_multapses},
              {"joined_pairs", summary.n_pairs},
              {"density", summary.density},
              {"reciprocity", summary.reciprocity},
              {"in_degree", with_histogram(moments_json(summary.in_degree), summary.in_degrees)},
              {"out_degree", with_histogram(moments_json(summary.out_degree), summary.out_degrees)},
              {"weight", moments_json(summary.weight)},
              {"delay_ms", moments_json(summary.delay_ms)},
              {"groups", groups_json(graph, summary)},
              {"weak_components", {{"count", summary.weak.count}, {"largest", summary.weak.largest}}},
              {"strong_components", {{"count", summary.strong.count}, {"largest", summary.strong.largest}}},
              {"clustering",
               {{"mean", summary.clustering.mean},
                {"error", summary.clustering.error},
                {"neurons", summary.clustering.n_sampled}}},
              {"path_length", paths_json(summary.directed)},
              {"undirected_path_length", paths_json(summary.undirected)},
              {"small_world",
               {{"index", number(summary.small_world.index)},
                {"random_clustering", summary.small_world.random_clustering},
                {"random_path_length", number(summary.small_world.random_path_length)},
                {"random_graphs", summary.small_world.n_random}}}};
  if (summary.lengths) {
    result["length"] = with_histogram(moments_json(summary.lengths->moments), summary.lengths->histogram);
    result["wiring_length"] = summary.lengths->total;
  }
  return result;
}

json analysed(const sim::NeuronGraph& graph, std::uint64_t seed, std::size_t n_threads,
              double build_seconds) {
  const auto start = Clock::now();
  json result = summary_json(graph, sim::analyse(graph, {.seed = seed, .n_threads = n_threads}));
  result.update({{"seed", seed},
                 {"threads", n_threads},
                 {"build_seconds", build_seconds},
                 {"analysis_seconds", seconds_since(start)},
                 {"peak_mib", peak_memory_mib()}});
  return result;
}

}  // namespace

json circuit_graph_json(const std::string& path, std::size_t n_threads) {
  const io::CircuitFile file = io::load_circuit(path);
  const sim::Circuit& circuit = file.circuit;
  sim::validate(circuit);
  const sim::ConnectivityOptions options{.n_threads = n_threads, .memory_bytes = available_memory_bytes()};
  const sim::CircuitSize size = sim::expected_size(circuit, options);
  const auto n_neurons = static_cast<double>(circuit.n_neurons());
  sim::require_graph_memory(
      size.n_edges(),
      sim::graph_bytes(n_neurons, size.n_edges()) +
          std::max(size.synapse_bytes + size.build_bytes, sim::analysis_bytes(n_neurons, size.n_edges())),
      options.memory_bytes);
  const auto start = Clock::now();
  // The rows go once the graph is there, so that its analysis has their memory.
  std::optional<sim::Connectivity> connectivity(std::in_place, circuit, options);
  const sim::NeuronGraph graph = sim::build_neuron_graph(circuit, *connectivity, available_memory_bytes());
  connectivity.reset();
  return analysed(graph, circuit.seed, n_threads, seconds_since(start));
}

json model_graph_json(const std::string& path, std::size_t n_threads) {
  const LoadedModel model = load_model(path);
  const auto start = Clock::now();
  const auto graph = sim::build_neuron_graph(sim::build_spatial_graph(model.file.network, model.parameters),
                                             available_memory_bytes());
  sim::require_graph_memory(
      static_cast<double>(graph.n_edges()),
      sim::analysis_bytes(static_cast<double>(graph.n_neurons()), static_cast<double>(graph.n_edges())),
      available_memory_bytes());
  return analysed(graph, model.file.seed, n_threads, seconds_since(start));
}

}  // namespace loci::cli
