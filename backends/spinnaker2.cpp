#include "backends/spinnaker2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "backends/limits.hpp"
#include "sim/layered_circuit.hpp"

namespace loci::backends {
namespace {

constexpr int largest_weight = 15;
constexpr int longest_field = 7;  // of the delay; the chip adds 1
// The chip's membrane and decay are real numbers; about as many bits as floats have.
constexpr int leak_bits = 24;
constexpr int fraction_bits = 11;

struct ScaledLayer {
  std::vector<int> weight;    // (sources, targets)
  std::vector<double> scale;  // (targets)
};

// Takes the largest weight into each neuron to the end of the range.
std::vector<double> largest_scales(const FloatLayer& layer) {
  std::vector<double> scales(layer.n_targets, 1.0);
  for (std::size_t j = 0; j < layer.n_targets; ++j) {
    double largest = 0.0;
    for (std::size_t i = 0; i < layer.n_sources; ++i)
      largest = std::max(largest, std::abs(static_cast<double>(layer.weight[i * layer.n_targets + j])));
    if (largest > 0.0) scales[j] = largest_weight / largest;
  }
  return scales;
}

ScaledLayer scaled(const FloatLayer& layer, std::vector<double> scales) {
  ScaledLayer result{.weight = std::vector<int>(layer.weight.size()), .scale = std::move(scales)};
  for (std::size_t pair = 0; pair < layer.weight.size(); ++pair) {
    const double exact = layer.weight[pair] * result.scale[pair % layer.n_targets];
    result.weight[pair] =
        static_cast<int>(std::clamp<double>(std::nearbyint(exact), -largest_weight, largest_weight));
  }
  return result;
}

FloatLayer computed(const FloatLayer& layer, const ScaledLayer& integer) {
  FloatLayer result = layer;
  for (std::size_t pair = 0; pair < layer.weight.size(); ++pair)
    result.weight[pair] = static_cast<float>(integer.weight[pair] / integer.scale[pair % layer.n_targets]);
  result.lif.reset_delay = false;  // the chip resets in the step of the spike
  return result;
}

nlohmann::ordered_json population(const FloatLayer& layer, const ScaledLayer& integer,
                                  const std::string& name) {
  std::vector<double> threshold;
  std::vector<double> bias;
  std::vector<double> offset;
  for (std::size_t j = 0; j < layer.n_targets; ++j) {
    threshold.push_back(layer.lif.threshold * integer.scale[j]);
    bias.push_back(layer.bias.empty() ? 0.0 : layer.bias[j]);
    offset.push_back(bias.back() * integer.scale[j]);
  }
  const bool subtracts = layer.lif.reset == sim::Reset::subtract;
  return {{"name", name},
          {"size", layer.n_targets},
          {"neuron_model", "lif"},
          {"params",
           {{"threshold", threshold},
            {"alpha_decay", layer.lif.beta},
            {"i_offset", offset},
            {"v_init", 0.0},
            {"v_reset", 0.0},
            {"reset", subtracts ? "reset_by_subtraction" : "reset_to_v_reset"}}},
          {"loci", {{"threshold", layer.lif.threshold}, {"scale", integer.scale}, {"bias", bias}}}};
}

// Millions of rows: text at once, not a tree of values.
std::string rows_of(const FloatLayer& layer, const ScaledLayer& integer) {
  std::string rows;
  for (std::size_t pair = 0; pair < integer.weight.size(); ++pair) {
    if (integer.weight[pair] == 0) continue;
    const sim::Step field = layer.delay.empty() ? 0 : layer.delay[pair];
    fmt::format_to(std::back_inserter(rows), "{}[{},{},{},{}]", rows.empty() ? "" : ",\n",
                   pair / layer.n_targets, pair % layer.n_targets, integer.weight[pair], field);
  }
  return rows;
}

std::vector<PropertyFidelity> fidelity_of(const FloatNetwork& network, const FloatNetwork& computed) {
  return {{"neuron equation", Fidelity::exact, "as second-hand descriptions of the model lif have it"},
          reset_at_once_fidelity(network),
          {"comparison", Fidelity::approximate, "whether a neuron fires at its threshold is not established"},
          {"leak", Fidelity::exact, ""},
          {"delay", Fidelity::exact, "each layer adds one step"},
          weight_fidelity(network, computed),
          early_bias_fidelity(network)};
}

}  // namespace

TargetDescription spinnaker2_target(sim::Reset reset) {
  TargetDescription target{.name = "spinnaker2", .title = "SpiNNaker2 (py-spinnaker2)", .unverified = true};
  target.model = {.membrane = signed_range(32),
                  .leak_bits = leak_bits,
                  .reset = reset == sim::Reset::zero ? ResetTo::zero : ResetTo::subtract,
                  .input_shift = fraction_bits};
  target.limits.core = spinnaker2_core();
  const Range within = signed_range(31 - fraction_bits);
  target.numbers = {.weight = {-largest_weight, largest_weight},
                    .threshold = {1, within.highest},
                    .threshold_of = Granularity::neuron,
                    .leak = {0, std::int64_t{1} << leak_bits},
                    .leak_of = Granularity::layer,
                    .bias = within,
                    .longest_delay = longest_field};
  return target;
}

TargetExport export_spinnaker2(const FloatNetwork& network, std::span<const LayerScaling> scaling,
                               const ExportFacts& facts, const std::string& name) {
  assert(scaling.empty() || scaling.size() == network.layers.size());
  const TargetDescription target = spinnaker2_target(network.layers.front().lif.reset);
  require_fits(network, target);
  const std::size_t n_layers = network.layers.size() + 1;
  TargetExport result;
  nlohmann::ordered_json populations{
      {{"name", sim::layer_name(0, n_layers)}, {"size", network.n_inputs()}, {"neuron_model", "spike_list"}}};
  std::string projections;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const FloatLayer& layer = network.layers[l];
    const ScaledLayer integer = scaled(layer, scaling.empty() ? largest_scales(layer) : scaling[l].scale);
    const std::string post = sim::layer_name(l + 1, n_layers);
    populations.push_back(population(layer, integer, post));
    projections +=
        fmt::format("{}{{\"pre\": \"{}\", \"post\": \"{}\", \"connections\": [\n{}\n]}}", l == 0 ? "" : ",\n",
                    sim::layer_name(l, n_layers), post, rows_of(layer, integer));
    result.computed.layers.push_back(computed(layer, integer));
  }
  const bool subtracts = network.layers.front().lif.reset == sim::Reset::subtract;
  const nlohmann::ordered_json head{{"format", "loci-spinnaker2"},
                                    {"format_version", spinnaker2_version},
                                    {"unverified", unverified_note(target.title)},
                                    {"loci", facts.version},
                                    {"model", facts.model},
                                    {"seed", facts.seed},
                                    {"configuration", facts.configuration},
                                    {"nir", name + ".nir"},
                                    {"conversion",
                                     {{"dt", facts.step_ms},
                                      {"time_unit", "ms"},
                                      {"reset", subtracts ? "SUBTRACT" : "ZERO"},
                                      {"integrator", "FORWARD"}}},
                                    {"populations", populations}};
  std::string text = head.dump(1);
  text.erase(text.size() - 2);  // the closing brace and the line before it
  text += fmt::format(",\n \"projections\": [\n{}\n]\n}}\n", projections);
  result.files.push_back({.name = name + ".spinnaker2.json", .content = std::move(text)});
  result.fidelity = fidelity_of(network, result.computed);
  return result;
}

}  // namespace loci::backends
