#include "backends/nir_import.hpp"

#include <fmt/format.h>

#include <cmath>

#include "backends/nir_chain.hpp"
#include "backends/nir_neurons.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

// What the graph's metadata say, or those of the first node that says it.
template <typename Find>
auto recorded(const NirGraph& graph, Find find) {
  auto found = find(graph.metadata);
  for (auto node = graph.nodes.begin(); !found && node != graph.nodes.end(); ++node)
    found = find(node->second.metadata);
  return found;
}

std::string unit_of(const NirGraph& graph, const NirImportOptions& options, std::vector<std::string>& notes) {
  if (options.time_unit) return *options.time_unit;
  const auto known = recorded(graph, [](const auto& metadata) { return text_in(metadata, "time_unit"); });
  if (known) return *known;
  notes.emplace_back("the file does not say its unit of time: s is taken");
  return "s";
}

double dt_of(const NirGraph& graph, const NirImportOptions& options, const std::string& unit,
             const std::string& where, std::vector<std::string>& notes) {
  const double per_second = nir_units_per_second(unit, where + " (--unit)");
  auto dt = options.dt;
  if (!dt) dt = recorded(graph, [](const auto& metadata) { return number_in(metadata, "dt"); });
  if (!dt) {
    dt = usual_nir_step_s * per_second;
    notes.push_back(fmt::format(
        "the file does not say its time step: {} {} is taken, as most of its writers do", *dt, unit));
  }
  if (!(*dt > 0.0) || !std::isfinite(*dt))
    throw InputError(where, fmt::format("a step of {} {}", *dt, unit), "give one above 0 with --dt");
  return *dt;
}

NirIntegrator integrator_of(const NirGraph& graph, const NirImportOptions& options,
                            const std::string& where) {
  if (options.integrator) return *options.integrator;
  const auto known = recorded(graph, [](const auto& metadata) { return text_in(metadata, "integrator"); });
  return known ? parse_nir_integrator(*known, where + ": metadata 'integrator'") : NirIntegrator::euler;
}

void fill(const NirLayer& layer, const std::vector<double>& gain, std::size_t connection,
          sim::Parameters& parameters, const std::string& where) {
  const NirMap& map = layer.incoming;
  const auto weight = parameters.group("weight", connection);
  const auto bias = parameters.group("bias", connection + 1);
  for (std::size_t o = 0; o < map.n_out; ++o) {
    for (std::size_t i = 0; i < map.n_in; ++i)
      weight[i * map.n_out + o] = static_cast<float>(gain[o] * map.weight[o * map.n_in + i]);
    bias[o] = static_cast<float>(gain[o] * map.bias[o]);
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::ranges::all_of(weight, finite) || !std::ranges::all_of(bias, finite))
    throw InputError(fmt::format("{}: node '{}'", where, layer.neurons),
                     "weights or biases into it are not finite, or too large for single precision",
                     "mend the file");
}

}  // namespace

NirImport network_of(const NirGraph& graph, const NirImportOptions& options, const std::string& where) {
  NirImport result{.network = {.wiring = sim::Wiring::dense, .neuron = sim::NeuronModel::lif, .lif = {}},
                   .parameters = sim::Parameters({.sizes = {1, 1}}),
                   .dt = 0.0,
                   .time_unit = {},
                   .notes = {}};
  result.time_unit = unit_of(graph, options, result.notes);
  result.dt = dt_of(graph, options, result.time_unit, where, result.notes);
  const NirTime time{.dt = result.dt, .integrator = integrator_of(graph, options, where)};
  const NirChain chain = chain_of(graph, options.ignore_delays, where, result.notes);
  result.network.sizes = {chain.n_inputs};
  std::vector<std::vector<double>> gains;
  for (const NirLayer& layer : chain.layers) {
    const bool is_last = &layer == &chain.layers.back();
    auto neurons = neurons_of(layer.neurons, graph.nodes.at(layer.neurons), time, options.reset, is_last,
                              where, result.notes);
    result.network.sizes.push_back(layer.incoming.n_out);
    result.network.lif.push_back(neurons.lif);
    gains.push_back(std::move(neurons.gain));
  }
  result.parameters = sim::Parameters(result.network);
  for (std::size_t l = 0; l < chain.layers.size(); ++l)
    fill(chain.layers[l], gains[l], l, result.parameters, where);
  return result;
}

}  // namespace loci::backends
