// The shapes of NIR's signals: what each node takes and gives, and whether edges join what fits.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "backends/nir_types.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

std::string describe(const NirShape& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

NirShape without_ones(NirShape shape) {
  std::erase(shape, 1U);
  return shape;
}

class Shapes {
 public:
  Shapes(const NirGraph& graph, const std::string& where, std::vector<std::string>& notes)
      : graph_(graph), where_(where), notes_(notes) {}

  std::map<std::string, NirSignals> read() {
    for (const auto& [name, node] : graph_.nodes)
      if (node.type != NirType::flatten) signals_[name] = signals_of_node(name, node);
    for (const auto& [name, node] : graph_.nodes)
      if (node.type == NirType::flatten) read_flatten(name, graph_.nodes.size());
    for (const auto& [source, target] : graph_.edges) check_edge(source, target);
    return std::move(signals_);
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& problem,
                           const std::string& remedy) const {
    throw InputError(fmt::format("{}: node '{}'", where_, name), problem, remedy);
  }

  NirSignals signals_of_node(const std::string& name, const NirNode& node) const {
    const NirTypeRule& rule = rule_of(node.type);
    for (const auto& [parameter, array] : node.parameters)
      if (std::ranges::find(array.shape, 0U) != array.shape.end())
        refuse(name, fmt::format("its {} is empty", parameter), "leave out nodes without neurons");
    if (rule.elementwise) {
      const NirShape& shape = node.parameters.at(std::string(rule.required.front())).shape;
      for (const auto& [parameter, array] : node.parameters)
        if (array.shape != shape)
          refuse(name,
                 fmt::format("its {} is {} and its {} {}", rule.required.front(), describe(shape), parameter,
                             describe(array.shape)),
                 "give all parameters of a node the shape of its neurons");
      return {shape, shape};
    }
    if (node.type == NirType::input || node.type == NirType::output) {
      const NirShape shape = extents(name, node.parameters.at("shape"));
      return {shape, shape};
    }
    const NirShape& weight = node.parameters.at("weight").shape;
    if (weight.size() != 2)
      refuse(name, fmt::format("its weight is {}, not (out, in)", describe(weight)),
             "flatten the signal before it");
    if (node.type == NirType::affine && node.parameters.at("bias").shape != NirShape{weight[0]})
      refuse(
          name,
          fmt::format("its bias is {} for {} outputs", describe(node.parameters.at("bias").shape), weight[0]),
          "give one bias for each row of the weight");
    return {{weight[1]}, {weight[0]}};
  }

  NirShape extents(const std::string& name, const sim::DataArray& array) const {
    NirShape shape;
    for (const double extent : numbers_of(array)) {
      if (!(extent >= 1.0 && extent < 0x1p40) ||
          extent != static_cast<double>(static_cast<std::size_t>(extent)))
        refuse(name, fmt::format("{} is no extent of a shape", extent), "give whole numbers above 0");
      shape.push_back(static_cast<std::size_t>(extent));
    }
    return shape;
  }

  // Without an input_type it takes what comes, which may be from another of its kind.
  const NirSignals& read_flatten(const std::string& name, std::size_t still_to_go) {
    if (const auto known = signals_.find(name); known != signals_.end()) return known->second;
    const NirNode& node = graph_.nodes.at(name);
    NirShape input;
    if (const auto stored = node.parameters.find("input_type"); stored != node.parameters.end()) {
      input = extents(name, stored->second);
    } else {
      const auto edge = std::ranges::find(graph_.edges, name, &NirEdge::second);
      if (edge == graph_.edges.end() || still_to_go == 0)
        refuse(name, "it says no input_type and nothing with a shape leads to it", "add its input_type");
      const bool another = graph_.nodes.at(edge->first).type == NirType::flatten;
      input = another ? read_flatten(edge->first, still_to_go - 1).output : signals_.at(edge->first).output;
    }
    return signals_[name] = {input, flattened(name, node, input)};
  }

  NirShape flattened(const std::string& name, const NirNode& node, const NirShape& input) const {
    const auto n_dims = static_cast<double>(input.size());
    const auto axis = [&](const char* parameter) {
      const auto values = numbers_of(node.parameters.at(parameter));
      const double value = values.empty() ? n_dims : values.front() + (values.front() < 0 ? n_dims : 0.0);
      if (!(value >= 0.0 && value < n_dims))
        refuse(name, fmt::format("its {} names no axis of {}", parameter, describe(input)),
               "count axes from 0; there is no batch axis");
      return static_cast<std::size_t>(value);
    };
    const std::size_t first = axis("start_dim");
    const std::size_t last = axis("end_dim");
    if (first > last)
      refuse(name, "its start_dim lies behind its end_dim", "count axes from 0; there is no batch axis");
    NirShape output(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(first));
    std::size_t merged = 1;
    for (std::size_t d = first; d <= last; ++d) merged *= input[d];
    output.push_back(merged);
    output.insert(output.end(), input.begin() + static_cast<std::ptrdiff_t>(last) + 1, input.end());
    return output;
  }

  void check_edge(const std::string& source, const std::string& target) {
    const NirShape& given = signals_.at(source).output;
    const NirShape& taken = signals_.at(target).input;
    if (given == taken) return;
    const bool at_border =
        graph_.nodes.at(source).type == NirType::input || graph_.nodes.at(target).type == NirType::output;
    if (!at_border || without_ones(given) != without_ones(taken))
      throw InputError(
          fmt::format("{}: edge from '{}' to '{}'", where_, source, target),
          fmt::format("{} gives {} and {} takes {}", source, describe(given), target, describe(taken)),
          "make the shapes the same; parameters need one value for each neuron");
    notes_.push_back(fmt::format("'{}' gives {} and '{}' takes {}: taken for the same", source,
                                 describe(given), target, describe(taken)));
  }

  const NirGraph& graph_;
  const std::string& where_;
  std::vector<std::string>& notes_;
  std::map<std::string, NirSignals> signals_;
};

}  // namespace

std::map<std::string, NirSignals> signals_of(const NirGraph& graph, const std::string& where,
                                             std::vector<std::string>& notes) {
  return Shapes(graph, where, notes).read();
}

}  // namespace loci::backends
