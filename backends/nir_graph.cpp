#include "backends/nir_graph.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "backends/nir_types.hpp"

namespace loci::backends {
namespace {

using Names = std::array<std::string_view, 1>;

constexpr std::array<std::string_view, 0> none{};
constexpr Names shape{"shape"};
constexpr Names weight{"weight"};
constexpr std::array<std::string_view, 2> affine{"weight", "bias"};
constexpr std::array<std::string_view, 2> flatten{"start_dim", "end_dim"};
constexpr Names input_type{"input_type"};
constexpr Names scale{"scale"};
constexpr Names threshold{"threshold"};
constexpr Names delay{"delay"};
constexpr Names integrator{"r"};
constexpr std::array<std::string_view, 2> integrate_fire{"r", "v_threshold"};
constexpr Names reset{"v_reset"};
constexpr std::array<std::string_view, 3> leaky{"tau", "r", "v_leak"};
constexpr std::array<std::string_view, 4> lif{"tau", "r", "v_leak", "v_threshold"};
constexpr std::array<std::string_view, 4> cuba_leaky{"tau_syn", "tau_mem", "r", "v_leak"};
constexpr Names input_weight{"w_in"};
constexpr std::array<std::string_view, 5> cuba_lif{"tau_syn", "tau_mem", "r", "v_leak", "v_threshold"};
constexpr std::array<std::string_view, 2> reset_and_weight{"v_reset", "w_in"};

constexpr std::array<NirTypeRule, 14> rules{{
    {NirType::input, "Input", shape, none, false},
    {NirType::output, "Output", shape, none, false},
    {NirType::linear, "Linear", weight, none, false},
    {NirType::affine, "Affine", affine, none, false},
    {NirType::flatten, "Flatten", flatten, input_type, false},
    {NirType::scale, "Scale", scale, none, true},
    {NirType::threshold, "Threshold", threshold, none, true},
    {NirType::delay, "Delay", delay, none, true},
    {NirType::integrator, "I", integrator, none, true},
    {NirType::integrate_fire, "IF", integrate_fire, reset, true},
    {NirType::leaky, "LI", leaky, none, true},
    {NirType::lif, "LIF", lif, reset, true},
    {NirType::cuba_leaky, "CubaLI", cuba_leaky, input_weight, true},
    {NirType::cuba_lif, "CubaLIF", cuba_lif, reset_and_weight, true},
}};

sim::DataArray text(std::string value) {
  return {.values = std::vector<std::string>{std::move(value)}, .shape = {}};
}

sim::DataGroup tree_of(const NirNode& node) {
  sim::DataGroup group;
  group.arrays.insert(node.parameters.begin(), node.parameters.end());
  group.arrays["type"] = text(std::string(name_of(node.type)));
  if (node.metadata != sim::DataGroup{}) group.groups["metadata"] = node.metadata;
  return group;
}

}  // namespace

std::span<const NirTypeRule> nir_types() {
  return rules;
}

const NirTypeRule& rule_of(NirType type) {
  return *std::ranges::find(rules, type, &NirTypeRule::type);
}

std::string_view name_of(NirType value) {
  return rule_of(value).name;
}

sim::DataGroup tree_of(const NirGraph& graph) {
  sim::DataGroup root;
  for (const auto& [name, group] : graph.beside) root.groups[name] = group;
  root.arrays["version"] = text(graph.version);
  sim::DataGroup& node = root.groups["node"];
  node.arrays["type"] = text("NIRGraph");
  std::vector<std::string> ends;
  for (const auto& [source, target] : graph.edges) {
    ends.push_back(source);
    ends.push_back(target);
  }
  node.arrays["edges"] = {.values = std::move(ends), .shape = {graph.edges.size(), 2}};
  if (graph.metadata != sim::DataGroup{}) node.groups["metadata"] = graph.metadata;
  sim::DataGroup& nodes = node.groups["nodes"];
  for (const auto& [name, each] : graph.nodes) nodes.groups[name] = tree_of(each);
  return root;
}

std::vector<double> numbers_of(const sim::DataArray& array) {
  return std::visit(
      [](const auto& values) -> std::vector<double> {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::string>>) {
          throw std::invalid_argument("text is no number");
        } else {
          std::vector<double> numbers;
          numbers.reserve(values.size());
          for (const auto value : values) numbers.push_back(static_cast<double>(value));
          return numbers;
        }
      },
      array.values);
}

}  // namespace loci::backends
