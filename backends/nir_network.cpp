#include "backends/nir_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "backends/nir_import.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr double single_rounding = 1e-5;  // of a delay in steps, kept in single precision
constexpr double longest_delay = 1e6;     // steps

bool is_linear(const NirGraph& graph, const std::string& name) {
  const NirType type = graph.nodes.at(name).type;
  return type == NirType::affine || type == NirType::linear;
}

class Delays {
 public:
  Delays(const NirGraph& graph, double dt, const std::string& where)
      : graph_(graph), dt_(dt), where_(where) {}

  // Steps of what one Delay node delays, by source.
  std::vector<sim::Step> steps_of(const std::string& name) const {
    std::vector<sim::Step> steps;
    for (const double delay : numbers_of(graph_.nodes.at(name).parameters.at("delay"))) {
      const double n = delay / dt_;
      const double whole = std::nearbyint(n);
      if (!(whole >= 0.0 && whole <= longest_delay) ||
          std::abs(n - whole) > single_rounding * std::max(1.0, n))
        throw InputError(
            fmt::format("{}: node '{}'", where_, name),
            fmt::format("a delay of {:.6g} is {:.6g} steps of {:.6g}, and steps are whole", delay, n, dt_),
            "export the model again, or give the file's step");
      steps.push_back(static_cast<sim::Step>(whole));
    }
    return steps;
  }

  // The layer of neurons that a linear node leads to, from 0; layers: names of the nodes of neurons.
  std::size_t layer_behind(const std::string& linear, const std::vector<std::string>& layers) const {
    for (const auto& [source, target] : graph_.edges)
      if (source == linear)
        if (const auto found = std::ranges::find(layers, target); found != layers.end())
          return static_cast<std::size_t>(found - layers.begin());
    throw InputError(fmt::format("{}: node '{}'", where_, linear), "no layer of neurons follows this branch",
                     "use one Delay and one Affine or Linear node for each branch");
  }

  void add(const std::string& delay, const std::string& linear, FloatLayer& layer) const {
    const NirNode& node = graph_.nodes.at(linear);
    const bool maps = is_linear(graph_, linear);
    const std::vector<sim::Step> steps = steps_of(delay);
    const std::vector<double> weight =
        maps ? numbers_of(node.parameters.at("weight")) : std::vector<double>{};
    if (weight.size() != layer.n_sources * layer.n_targets || steps.size() != layer.n_sources)
      throw InputError(fmt::format("{}: node '{}'", where_, delay),
                       "what follows it is no weights of a whole layer",
                       "use one Delay and one Affine or Linear node for each branch");
    if (layer.delay.empty()) layer.delay.assign(weight.size(), 0);
    for (std::size_t j = 0; j < layer.n_targets; ++j)
      for (std::size_t i = 0; i < layer.n_sources; ++i) {
        if (weight[j * layer.n_sources + i] == 0.0) continue;
        const std::size_t pair = i * layer.n_targets + j;
        if (layer.delay[pair] != 0) refuse_pair(linear, i, j);
        layer.delay[pair] = steps[i];
      }
  }

  // Branches add up: what is not delayed must not join a pair that is.
  void require_apart(const std::string& linear, const FloatLayer& layer) const {
    if (layer.delay.empty()) return;
    const std::vector<double> weight = numbers_of(graph_.nodes.at(linear).parameters.at("weight"));
    if (weight.size() != layer.delay.size()) return;  // one of several nodes in a row
    for (std::size_t pair = 0; pair < weight.size(); ++pair) {
      const std::size_t i = pair / layer.n_targets;
      const std::size_t j = pair % layer.n_targets;
      if (layer.delay[pair] != 0 && weight[j * layer.n_sources + i] != 0.0) refuse_pair(linear, i, j);
    }
  }

 private:
  [[noreturn]] void refuse_pair(const std::string& linear, std::size_t i, std::size_t j) const {
    throw InputError(fmt::format("{}: node '{}'", where_, linear),
                     fmt::format("neurons {} and {} are joined in another branch, too", i, j),
                     "give each pair one delay");
  }

  const NirGraph& graph_;
  double dt_;
  const std::string& where_;
};

// The nodes of neurons from the input on: each is what the one before leads to, whatever lies between.
std::vector<std::string> neurons_in_order(const NirGraph& graph, std::size_t n_layers) {
  const auto is_between = [&](const std::string& name) {
    const NirType type = graph.nodes.at(name).type;
    return is_linear(graph, name) || type == NirType::delay || type == NirType::scale ||
           type == NirType::flatten;
  };
  std::string at;
  for (const auto& [name, node] : graph.nodes)
    if (node.type == NirType::input) at = name;
  std::vector<std::string> layers;
  while (layers.size() < n_layers) {
    do at = std::ranges::find(graph.edges, at, &NirEdge::first)->second;
    while (is_between(at));
    layers.push_back(at);
  }
  return layers;
}

// As loci writes them; files of other programs have no such group.
void require_known_format(const sim::DataGroup& root, const std::string& where) {
  const auto own = root.groups.find("loci");
  if (own == root.groups.end()) return;
  const auto format = own->second.attributes.find("format");
  const auto* name = format == own->second.attributes.end()
                         ? nullptr
                         : std::get_if<std::vector<std::string>>(&format->second.values);
  if (name == nullptr || *name != std::vector<std::string>{"loci-nir"})
    throw InputError(where, "its group 'loci' is of an unknown format", "export the model again");
}

}  // namespace

// chain_of() has made sure that the graph is layers in a row.
FloatNetwork float_network(const NirGraph& graph, const std::string& where) {
  const NirImport import = network_of(graph, {.ignore_delays = true}, where);
  FloatNetwork network = float_network(import.network, import.parameters);
  const std::vector<std::string> layers = neurons_in_order(graph, network.layers.size());
  const Delays delays(graph, import.dt, where);
  for (const auto& [source, target] : graph.edges)
    if (graph.nodes.at(source).type == NirType::delay)
      delays.add(source, target, network.layers[delays.layer_behind(target, layers)]);
  for (const auto& [source, target] : graph.edges) {
    const auto layer = std::ranges::find(layers, target);
    if (layer == layers.end() || !is_linear(graph, source)) continue;
    const auto before = std::ranges::find(graph.edges, source, &NirEdge::second);
    if (before != graph.edges.end() && graph.nodes.at(before->first).type != NirType::delay)
      delays.require_apart(source, network.layers[static_cast<std::size_t>(layer - layers.begin())]);
  }
  return network;
}

FloatNetwork import_nir(std::span<const ExportedFile> files) {
  for (const ExportedFile& file : files) {
    const auto* tree = std::get_if<sim::DataGroup>(&file.content);
    if (tree == nullptr || !tree->groups.contains("node")) continue;
    require_known_format(*tree, file.name);
    return float_network(nir_from_tree(*tree, file.name).graph, file.name);
  }
  throw InputError("the .nir file", "it is missing, or no HDF5 file with a NIR graph",
                   "export the model again");
}

}  // namespace loci::backends
