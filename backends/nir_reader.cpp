// NIR graphs from the trees of their files: node by node, nested graphs flattened, oddities noted.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "backends/nir_types.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

using sim::DataArray;
using sim::DataGroup;

// The ends of a graph that lies in another: edges of the outer one that name it lead to these.
struct Ends {
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
};

class Reader {
 public:
  explicit Reader(const std::string& where) : where_(where) {}

  NirReading read(const DataGroup& root) {
    const auto top = root.groups.find("node");
    if (top == root.groups.end())
      throw InputError(where_, "it has no group 'node', which holds a NIR graph", "give a .nir file");
    read_version(root);
    for (const auto& [name, group] : root.groups)
      if (name != "node") graph_.beside[name] = group;
    if (const std::string type = text_of(top->second, "type", "node"); type != "NIRGraph")
      throw InputError(where_, fmt::format("its node is a {}, not a NIRGraph", type), "give a .nir file");
    read_graph(top->second, "");
    for (const std::string& name : portals_) bypass(name);
    signals_of(graph_, where_, notes_);
    return {std::move(graph_), std::move(notes_)};
  }

 private:
  [[noreturn]] void refuse(const std::string& node, const std::string& problem,
                           const std::string& remedy) const {
    throw InputError(fmt::format("{}: node '{}'", where_, node), problem, remedy);
  }

  std::string text_of(const DataGroup& group, const std::string& array, const std::string& node) const {
    const auto found = group.arrays.find(array);
    const auto* text =
        found == group.arrays.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second.values);
    if (text == nullptr || text->size() != 1)
      refuse(node, fmt::format("it has no text '{}'", array), "give a complete .nir file");
    return text->front();
  }

  void read_version(const DataGroup& root) {
    graph_.version.clear();
    if (root.arrays.contains("version"))
      graph_.version = text_of(root, "version", "/");
    else
      notes_.emplace_back("the file does not say which version of NIR wrote it");
  }

  Ends read_graph(const DataGroup& group, const std::string& prefix) {
    const std::string here = prefix.empty() ? "node" : prefix.substr(0, prefix.size() - 1);
    const auto nodes = group.groups.find("nodes");
    const auto edges = group.arrays.find("edges");
    if (nodes == group.groups.end() || edges == group.arrays.end())
      refuse(here, "the graph lacks its nodes or its edges", "give a complete .nir file");
    require_nothing_else(group, here, {"nodes", "metadata"}, {"type", "edges"});
    if (const auto metadata = group.groups.find("metadata"); metadata != group.groups.end()) {
      if (prefix.empty())
        graph_.metadata = metadata->second;
      else
        notes_.push_back(fmt::format("metadata of the nested graph '{}' is left out", here));
    }
    std::map<std::string, Ends> names;  // in this graph; where edges to and from each one go
    for (const auto& [name, node] : nodes->second.groups) {
      const std::string full = prefix + name;
      if (text_of(node, "type", full) == "NIRGraph")
        names[name] = read_graph(node, full + ".");
      else
        names[name] = read_node(node, full);
    }
    for (const auto& [source, target] : edge_names(edges->second, here)) {
      const auto from = ends_of(source, names, prefix, here).outputs;
      const auto to = ends_of(target, names, prefix, here).inputs;
      if (from.size() != 1 || to.size() != 1)
        refuse(here,
               fmt::format("the edge from '{}' to '{}' meets a graph of several inputs or outputs", source,
                           target),
               "join graphs that have one of each");
      graph_.edges.emplace_back(from.front(), to.front());
    }
    return complete(names, prefix);
  }

  Ends read_node(const DataGroup& group, const std::string& name) {
    const std::string type = text_of(group, "type", name);
    const auto rule = std::ranges::find(nir_types(), std::string_view(type), &NirTypeRule::name);
    if (rule == nir_types().end())
      refuse(name, fmt::format("it is a {}, which is not supported", type),
             fmt::format("use only {}", known_types()));
    if (graph_.nodes.contains(name))
      refuse(name, "a node of a nested graph has the same name", "rename one of them");
    NirNode& node = graph_.nodes[name];
    node.type = rule->type;
    std::set<std::string> known{"type"};
    for (const auto parameter : rule->required) {
      const auto found = group.arrays.find(std::string(parameter));
      if (found == group.arrays.end())
        refuse(name, fmt::format("a {} without {}", type, parameter), "give a complete .nir file");
      known.insert(found->first);
    }
    for (const auto parameter : rule->optional) known.emplace(parameter);
    require_nothing_else(group, name, {"metadata"}, known);
    for (const auto& [parameter, array] : group.arrays) {
      if (parameter == "type") continue;
      if (std::holds_alternative<std::vector<std::string>>(array.values))
        refuse(name, fmt::format("its {} is text", parameter), "give numbers");
      node.parameters[parameter] = array;
    }
    if (const auto metadata = group.groups.find("metadata"); metadata != group.groups.end())
      node.metadata = metadata->second;
    fill_in(*rule, name, node);
    return {{name}, {name}};
  }

  // What NIR's reader fills in by itself.
  void fill_in(const NirTypeRule& rule, const std::string& name, NirNode& node) {
    const auto optional = [&](std::string_view parameter) {
      return std::ranges::find(rule.optional, parameter) != rule.optional.end();
    };
    if (optional("v_reset") && !node.parameters.contains("v_reset")) {
      const DataArray& like = node.parameters.at("v_threshold");
      node.parameters["v_reset"] = {.values = std::vector<double>(numbers_of(like).size(), 0.0),
                                    .shape = like.shape};
      notes_.push_back(fmt::format("node '{}' has no v_reset: zeros are taken", name));
    }
    if (!optional("w_in")) return;
    const DataArray& like = node.parameters.at("r");
    const auto given = node.parameters.find("w_in");
    const std::vector<double> value =
        given == node.parameters.end() ? std::vector<double>{1.0} : numbers_of(given->second);
    if (given != node.parameters.end() && !(given->second.shape.empty() && value.size() == 1)) return;
    node.parameters["w_in"] = {.values = std::vector<double>(numbers_of(like).size(), value.front()),
                               .shape = like.shape};
  }

  void require_nothing_else(const DataGroup& group, const std::string& name,
                            const std::set<std::string>& groups, const std::set<std::string>& arrays) const {
    const auto refuse_other = [&](const std::string& other) {
      refuse(name, fmt::format("it has a '{}', which NIR's readers refuse", other),
             "put what NIR does not know into the node's group 'metadata'");
    };
    for (const auto& [other, ignored] : group.groups)
      if (!groups.contains(other)) refuse_other(other);
    for (const auto& [other, ignored] : group.arrays)
      if (!arrays.contains(other)) refuse_other(other);
  }

  static std::string known_types() {
    std::vector<std::string_view> names{"NIRGraph"};
    for (const NirTypeRule& rule : nir_types()) names.push_back(rule.name);
    return fmt::format("{}", fmt::join(names, ", "));
  }

  // Without edges, writers leave an empty array of whatever type.
  std::vector<NirEdge> edge_names(const DataArray& array, const std::string& graph) const {
    std::vector<NirEdge> edges;
    if (std::ranges::find(array.shape, 0U) != array.shape.end()) return edges;
    const auto* names = std::get_if<std::vector<std::string>>(&array.values);
    if (names == nullptr || array.shape.size() != 2 || array.shape[1] != 2)
      refuse(graph, "its edges are not pairs of names", "give text of shape (edges, 2)");
    for (std::size_t i = 0; i < names->size(); i += 2) edges.emplace_back((*names)[i], (*names)[i + 1]);
    return edges;
  }

  const Ends& ends_of(const std::string& name, const std::map<std::string, Ends>& names,
                      const std::string& prefix, const std::string& graph) {
    if (const auto found = names.find(name); found != names.end()) return found->second;
    const auto is_numbered = [&](const auto& other) {
      return other.first.starts_with(name) && other.first.size() > name.size() &&
             other.first.find_first_not_of("0123456789", name.size()) == std::string::npos;
    };
    const bool nested = !prefix.empty();
    if (nested && std::ranges::count_if(names, is_numbered) == 1) {
      const auto& meant = *std::ranges::find_if(names, is_numbered);
      const std::string note =
          fmt::format("an edge in '{}' names '{}', which is taken for '{}'", graph, name, meant.first);
      if (std::ranges::find(notes_, note) == notes_.end()) notes_.push_back(note);
      return meant.second;
    }
    refuse(graph, fmt::format("an edge names '{}', which is none of its nodes", name), "mend the edges");
  }

  // The inputs and outputs of a graph whose edges are known, added where it has none.
  Ends complete(const std::map<std::string, Ends>& names, const std::string& prefix) {
    Ends ends;
    std::vector<std::string> first;
    std::vector<std::string> last;
    for (const auto& [name, inner] : names) {
      const std::string full = prefix + name;
      const auto node = graph_.nodes.find(full);
      const bool plain = node != graph_.nodes.end() && inner.inputs == std::vector{full};
      if (plain && node->second.type == NirType::input) ends.inputs.push_back(full);
      if (plain && node->second.type == NirType::output) ends.outputs.push_back(full);
      const auto meets = [&](const auto& side, const auto& ports) {
        return std::ranges::any_of(graph_.edges, [&](const NirEdge& edge) {
          return std::ranges::find(ports, edge.*side) != ports.end();
        });
      };
      if (!meets(&NirEdge::second, inner.inputs))
        first.insert(first.end(), inner.inputs.begin(), inner.inputs.end());
      if (!meets(&NirEdge::first, inner.outputs))
        last.insert(last.end(), inner.outputs.begin(), inner.outputs.end());
    }
    if (ends.inputs.empty())
      for (const std::string& target : first) ends.inputs.push_back(add_end(NirType::input, target, prefix));
    if (ends.outputs.empty())
      for (const std::string& source : last) ends.outputs.push_back(add_end(NirType::output, source, prefix));
    if (!prefix.empty()) {
      portals_.insert(portals_.end(), ends.inputs.begin(), ends.inputs.end());
      portals_.insert(portals_.end(), ends.outputs.begin(), ends.outputs.end());
    }
    return ends;
  }

  std::string add_end(NirType type, const std::string& beside, const std::string& prefix) {
    const bool is_input = type == NirType::input;
    std::string name =
        fmt::format("{}{}_{}", prefix, is_input ? "input" : "output", beside.substr(prefix.size()));
    std::vector<std::string> ignored;
    NirGraph alone;
    alone.nodes[beside] = graph_.nodes.at(beside);
    const NirSignals signals = signals_of(alone, where_, ignored).at(beside);
    const NirShape& shape = is_input ? signals.input : signals.output;
    graph_.nodes[name] = {.type = type,
                          .parameters = {{"shape",
                                          {.values = std::vector<std::int64_t>(shape.begin(), shape.end()),
                                           .shape = {shape.size()}}}},
                          .metadata = {}};
    graph_.edges.push_back(is_input ? NirEdge{name, beside} : NirEdge{beside, name});
    notes_.push_back(
        fmt::format("the graph has no {} node: '{}' is added", is_input ? "Input" : "Output", name));
    return name;
  }

  // Takes an end of a nested graph out: what led to it leads on.
  void bypass(const std::string& name) {
    std::vector<std::string> sources;
    std::vector<std::string> targets;
    for (const auto& [source, target] : graph_.edges) {
      if (target == name) sources.push_back(source);
      if (source == name) targets.push_back(target);
    }
    std::erase_if(graph_.edges,
                  [&](const NirEdge& edge) { return edge.first == name || edge.second == name; });
    for (const std::string& source : sources)
      for (const std::string& target : targets) graph_.edges.emplace_back(source, target);
    graph_.nodes.erase(name);
  }

  const std::string& where_;
  NirGraph graph_;
  std::vector<std::string> notes_;
  std::vector<std::string> portals_;  // Input and Output nodes of nested graphs
};

}  // namespace

NirReading nir_from_tree(const DataGroup& root, const std::string& where) {
  return Reader(where).read(root);
}

}  // namespace loci::backends
