#include "backends/export_placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "backends/core_occupancy.hpp"
#include "backends/placement_report.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

constexpr NameTable<PlacementBy, 4> names{{{PlacementBy::best, "best"},
                                           {PlacementBy::positions, "positions"},
                                           {PlacementBy::layers, "layers"},
                                           {PlacementBy::random, "random"}}};

// Of equal ones the order of the layers is the simplest.
auto cost(const PlacedBy& placed) {
  return std::tuple(!placed.refusal.empty(), placed.traffic.messages(), placed.placement.n_cores,
                    placed.by != PlacementBy::layers);
}

PlacedBy placed_with(const CoreNetwork& network, const CoreCapacity& core, PlacementBy by,
                     PlacementMethod method, std::uint64_t seed) {
  PlacedBy result{.by = by, .method = std::string(name_of(method))};
  try {
    result.placement = place_on_cores(network, core, method, seed);
    result.traffic = traffic_of(network, result.placement);
  } catch (const InputError& error) {
    result.refusal = error.what();
  }
  return result;
}

PlacedBy placed_by_position(const CoreNetwork& network, const CoreCapacity& core) {
  std::vector<PlacedBy> tried;
  for (const auto method : {PlacementMethod::curve, PlacementMethod::curve_by_layer,
                            PlacementMethod::bisection, PlacementMethod::bisection_by_layer})
    if (applies(method, network, core))
      tried.push_back(placed_with(network, core, PlacementBy::positions, method, 0));
  PlacedBy best = *std::ranges::min_element(tried, {}, cost);
  if (!best.refusal.empty()) return best;
  best.placement = refined(network, core, best.placement);
  best.traffic = traffic_of(network, best.placement);
  best.method += ", refined";
  return best;
}

CoreLoad fullest_of(const CoreNetwork& network, const CoreCapacity& core, const CorePlacement& placement) {
  CoreOccupancy cores(network, core);
  for (std::uint32_t c = 0; c < placement.n_cores; ++c) cores.open_core();
  for (std::uint32_t i = 0; i < placement.core.size(); ++i)
    cores.put(network.n_inputs() + i, placement.core[i]);
  CoreLoad fullest;
  for (std::uint32_t c = 0; c < placement.n_cores; ++c) {
    fullest.neurons = std::max(fullest.neurons, cores.neurons_on(c));
    fullest.input_axons = std::max(fullest.input_axons, cores.input_axons_of(c));
    fullest.output_axons = std::max(fullest.output_axons, cores.output_axons_of(c));
    fullest.synapse_bits = std::max(fullest.synapse_bits, cores.bits_on(c));
  }
  return fullest;
}

double per_sample(std::uint64_t messages, const ExportPlacement& placement) {
  return static_cast<double>(messages) / static_cast<double>(std::max<std::size_t>(1, placement.n_samples));
}

std::string load_text(const ExportPlacement& placement) {
  const CoreCapacity& core = placement.core;
  const CoreLoad& load = placement.fullest;
  std::string text = fmt::format("{} of {} neurons", load.neurons, core.neurons);
  if (core.input_axons) text += fmt::format(", {} of {} axons in", load.input_axons, *core.input_axons);
  if (core.output_axons) text += fmt::format(", {} of {} out", load.output_axons, *core.output_axons);
  if (core.memory)
    text += fmt::format(", {:.0f} % of synapse memory", 100.0 * static_cast<double>(load.synapse_bits) /
                                                            static_cast<double>(core.memory->bits));
  return text;
}

json load_json(const ExportPlacement& placement) {
  const CoreCapacity& core = placement.core;
  json result{{"neurons", {placement.fullest.neurons, core.neurons}}};
  if (core.input_axons) result["input_axons"] = {placement.fullest.input_axons, *core.input_axons};
  if (core.output_axons) result["output_axons"] = {placement.fullest.output_axons, *core.output_axons};
  if (core.memory) result["synapse_bits"] = {placement.fullest.synapse_bits, core.memory->bits};
  return result;
}

}  // namespace

std::string_view name_of(PlacementBy by) {
  return find_name(names, by);
}

PlacementBy parse_placement(const std::string& text, const std::string& where) {
  return find_value(names, text, where);
}

ExportPlacement place_for_export(const CoreNetwork& network, const CoreCapacity& core, PlacementBy by,
                                 std::uint64_t seed) {
  if (by == PlacementBy::positions && network.dims == 0)
    throw InputError("--placement", "a dense network's neurons have no positions",
                     "place them by layers, or train a spatial network");
  ExportPlacement result{.core = core};
  if (network.dims > 0) result.tried.push_back(placed_by_position(network, core));
  result.tried.push_back(placed_with(network, core, PlacementBy::layers, PlacementMethod::layer_order, seed));
  result.tried.push_back(placed_with(network, core, PlacementBy::random, PlacementMethod::random, seed));
  const auto chosen = by == PlacementBy::best ? std::ranges::min_element(result.tried, {}, cost)
                                              : std::ranges::find(result.tried, by, &PlacedBy::by);
  if (!chosen->refusal.empty()) {
    const auto method = by == PlacementBy::random ? PlacementMethod::random : PlacementMethod::layer_order;
    (void)place_on_cores(network, core, method, seed);  // refuses, saying why
    throw InputError("--placement", chosen->refusal, "place neurons by layers");
  }
  result.chosen = static_cast<std::size_t>(chosen - result.tried.begin());
  result.fullest = fullest_of(network, core, result.choice().placement);
  return result;
}

void measure(ExportPlacement& placement, const CoreNetwork& network, std::size_t n_samples) {
  placement.n_samples = n_samples;
  for (PlacedBy& each : placement.tried)
    if (each.refusal.empty()) each.traffic = traffic_of(network, each.placement);
}

ExportedFile placement_file(const ExportPlacement& placement, const CoreNetwork& network) {
  std::string text = "layer,index,core\n";
  const std::vector<std::uint32_t>& core = placement.choice().placement.core;
  for (std::uint32_t i = 0; i < core.size(); ++i) {
    const std::uint32_t neuron = network.n_inputs() + i;
    const std::size_t layer = network.layer_of(neuron);
    fmt::format_to(std::back_inserter(text), "{},{},{}\n", layer, neuron - network.layer_begin[layer],
                   core[i]);
  }
  return {placement_name, std::move(text)};
}

std::string placement_text(const ExportPlacement& placement) {
  const PlacedBy& choice = placement.choice();
  const std::string of = placement.core.cores ? fmt::format(" of {}", *placement.core.cores) : "";
  std::string text =
      fmt::format("  {:<16} {}{}, placed by {}\n", "cores", choice.placement.n_cores, of, choice.method);
  text += fmt::format("  {:<16} {}\n", "fullest core", load_text(placement));
  text += fmt::format("  {:<22}", "neurons placed by");
  for (const PlacedBy& each : placement.tried) text += fmt::format("{:>14}", name_of(each.by));
  const auto row = [&](const char* name, auto value) {
    text += fmt::format("\n  {:<22}", name);
    for (const PlacedBy& each : placement.tried)
      text += fmt::format("{:>14}", each.refusal.empty() ? value(each) : "-");
  };
  const auto spikes = [&](std::uint64_t n) { return fmt::format("{:.1f}", per_sample(n, placement)); };
  row("cores", [](const PlacedBy& by) { return fmt::format("{}", by.placement.n_cores); });
  row("spikes, core to core", [&](const PlacedBy& by) { return spikes(by.traffic.between_cores); });
  row("spikes, input to core", [&](const PlacedBy& by) { return spikes(by.traffic.from_input); });
  return text + "\n";
}

nlohmann::json placement_json(const ExportPlacement& placement) {
  const PlacedBy& choice = placement.choice();
  json result{{"by", name_of(choice.by)},
              {"cores", choice.placement.n_cores},
              {"fullest", load_json(placement)},
              {"file", placement_name}};
  if (placement.core.cores) result["cores_there"] = *placement.core.cores;
  for (const PlacedBy& each : placement.tried) {
    json& row = result["tried"].emplace_back(json{{"by", name_of(each.by)}, {"method", each.method}});
    if (!each.refusal.empty()) {
      row["refusal"] = each.refusal;
      continue;
    }
    row["cores"] = each.placement.n_cores;
    row["core_to_core_per_sample"] = per_sample(each.traffic.between_cores, placement);
    row["input_to_core_per_sample"] = per_sample(each.traffic.from_input, placement);
  }
  return result;
}

}  // namespace loci::backends
