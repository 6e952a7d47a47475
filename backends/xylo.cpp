#include "backends/xylo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::backends {
namespace {

using Json = nlohmann::ordered_json;

constexpr double largest_weight = 127.0;
constexpr double largest_threshold = 32767.0;
constexpr int longest_dash = 15;
constexpr int leak_bits = 15;
constexpr int synaptic_dash = 1;
// What a spike delivers in all, beside its weight: 1 + 1/2 + 1/4 + ...
constexpr double synaptic_gain = 1 << synaptic_dash;

constexpr NameTable<XyloDevice, 3> devices{
    {{XyloDevice::audio2, "audio2"}, {XyloDevice::audio3, "audio3"}, {XyloDevice::imu, "imu"}}};

struct DeviceLimits {
  std::size_t inputs, hidden, outputs;
  std::size_t fan_out;      // of a hidden neuron
  std::size_t with_input;   // hidden neurons that inputs reach
  std::size_t with_output;  // that reach outputs
  std::size_t synaptic_states;
};

DeviceLimits limits_of(XyloDevice device) {
  if (device == XyloDevice::audio2) return {16, 1000, 8, 64, 1000, 1000, 2};
  if (device == XyloDevice::audio3) return {16, 992, 32, 1024, 128, 128, 2};
  return {16, 496, 16, 512, 128, 128, 1};
}

std::size_t n_hidden(const FloatNetwork& network) {
  std::size_t n = 0;
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) n += network.layers[l].n_targets;
  return n;
}

// The input first.
std::vector<std::size_t> sizes_of(const FloatNetwork& network) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const FloatLayer& layer : network.layers) sizes.push_back(layer.n_targets);
  return sizes;
}

// v <- v - v / 2^dash is a leak by 1 - 2^-dash.
int dash_of(double beta) {
  return static_cast<int>(std::clamp(std::nearbyint(-std::log2(1.0 - beta)), 0.0, double{longest_dash}));
}

double bias_of(const FloatLayer& layer, std::size_t neuron) {
  return layer.bias.empty() ? 0.0 : layer.bias[neuron];
}

// What takes the largest weight or bias of some layers to 127, or less where a threshold would not fit.
double scale_of(std::span<const FloatLayer> layers) {
  double largest = 0.0;
  double threshold = 0.0;
  for (const FloatLayer& layer : layers) {
    for (const float w : layer.weight) largest = std::max(largest, std::abs(static_cast<double>(w)));
    for (const double b : layer.bias) largest = std::max(largest, synaptic_gain * std::abs(b));
    threshold = std::max(threshold, synaptic_gain * layer.lif.threshold);
  }
  const double by_weight = largest > 0.0 ? largest_weight / largest : 1.0;
  return std::min(by_weight, largest_threshold / threshold);
}

// The arrays of some neurons: hidden ones, or the outputs.
struct Neurons {
  std::vector<int> threshold, bias, dash_mem;

  void add(const FloatLayer& layer, double scale) {
    for (std::size_t j = 0; j < layer.n_targets; ++j) {
      const double units = synaptic_gain * scale;
      threshold.push_back(std::max(1, static_cast<int>(std::nearbyint(layer.lif.threshold * units))));
      bias.push_back(static_cast<int>(std::nearbyint(bias_of(layer, j) * units)));
      dash_mem.push_back(dash_of(layer.lif.beta));
    }
  }
};

using Matrix = std::vector<std::vector<int>>;

Matrix zeros(std::size_t n_rows, std::size_t n_columns) {
  return Matrix(n_rows, std::vector<int>(n_columns, 0));
}

void put(const FloatLayer& layer, double scale, Matrix& matrix, std::size_t first_row,
         std::size_t first_column) {
  for (std::size_t i = 0; i < layer.n_sources; ++i)
    for (std::size_t j = 0; j < layer.n_targets; ++j)
      matrix[first_row + i][first_column + j] =
          static_cast<int>(std::nearbyint(layer.weight[i * layer.n_targets + j] * scale));
}

FloatLayer computed(const FloatLayer& layer, double scale) {
  FloatLayer result = layer;
  for (float& w : result.weight) w = static_cast<float>(std::nearbyint(w * scale) / scale);
  Neurons neurons;
  neurons.add(layer, scale);
  for (std::size_t j = 0; j < result.bias.size(); ++j)
    result.bias[j] = neurons.bias[j] / (synaptic_gain * scale);
  result.lif.threshold = neurons.threshold.front() / (synaptic_gain * scale);
  result.lif.beta = 1.0 - std::ldexp(1.0, -neurons.dash_mem.front());
  result.lif.reset = sim::Reset::subtract;
  result.lif.reset_delay = false;  // in the step of the spike
  return result;
}

Json specification(const FloatNetwork& network, XyloDevice device, double scale, double output_scale) {
  const std::size_t hidden = n_hidden(network);
  const FloatLayer& first = network.layers.front();
  const FloatLayer& last = network.layers.back();
  Matrix in = zeros(first.n_sources, first.n_targets);
  Matrix recurrent = zeros(hidden, hidden);
  Matrix out = zeros(hidden, last.n_targets);
  Neurons neurons;
  Neurons outputs;
  std::size_t row = 0;  // of the first source
  for (std::size_t l = 0; l + 1 < network.layers.size(); ++l) {
    const FloatLayer& layer = network.layers[l];
    if (l == 0) {
      put(layer, scale, in, 0, 0);
    } else {
      put(layer, scale, recurrent, row, row + layer.n_sources);
      row += layer.n_sources;
    }
    neurons.add(layer, scale);
  }
  put(last, output_scale, out, row, 0);
  outputs.add(last, output_scale);
  Json spec{{"weights_in", in},
            {"weights_rec", recurrent},
            {"weights_out", out},
            {"threshold", neurons.threshold},
            {"threshold_out", outputs.threshold},
            {"dash_mem", neurons.dash_mem},
            {"dash_mem_out", outputs.dash_mem},
            {"dash_syn", std::vector<int>(hidden, synaptic_dash)}};
  if (limits_of(device).synaptic_states > 1) spec["dash_syn_2"] = std::vector<int>(hidden, synaptic_dash);
  spec["dash_syn_out"] = std::vector<int>(last.n_targets, synaptic_dash);
  spec["bias"] = neurons.bias;
  spec["bias_out"] = outputs.bias;
  for (const char* shift : {"weight_shift_in", "weight_shift_rec", "weight_shift_out"}) spec[shift] = 0;
  spec["aliases"] = std::vector<std::vector<int>>(hidden);
  return spec;
}

std::vector<PropertyFidelity> fidelity_of(const FloatNetwork& network, const FloatNetwork& computed) {
  std::string leak = "by shifting, with a tail that falls by 1 a step; beta";
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    leak += fmt::format("{} {} is {}", l == 0 ? "" : ",", network.layers[l].lif.beta,
                        computed.layers[l].lif.beta);
  const bool zero = std::ranges::any_of(
      network.layers, [](const FloatLayer& layer) { return layer.lif.reset == sim::Reset::zero; });
  PropertyFidelity reset = reset_at_once_fidelity(network);
  if (zero)
    reset = {"reset", Fidelity::not_representable, "to zero; the chip subtracts the threshold instead"};
  return {
      {"neuron equation", Fidelity::approximate,
       "each neuron has a synaptic current, which halves at each step; thresholds are twice as large for it"},
      reset,
      {"comparison", Fidelity::approximate,
       "a hidden neuron may fire up to 31 spikes in a step, one for each multiple of its threshold"},
      {"leak", Fidelity::approximate, leak},
      {"input", Fidelity::approximate, "at most 15 spikes of an input in a step"},
      weight_fidelity(network, computed),
      early_bias_fidelity(network, "rounded")};
}

}  // namespace

std::string_view name_of(XyloDevice device) {
  return find_name(devices, device);
}
XyloDevice parse_xylo_device(std::string_view text, const std::string& where) {
  return find_value(devices, text, where);
}

TargetDescription xylo_target(XyloDevice device) {
  const DeviceLimits device_limits = limits_of(device);
  TargetDescription target{
      .name = "xylo", .title = fmt::format("Xylo {}", name_of(device)), .unverified = true};
  target.model = {.membrane = signed_range(16),
                  .leak_bits = leak_bits,
                  .comparison = Comparison::greater_equal,
                  .reset = ResetTo::subtract};
  target.limits.inputs = device_limits.inputs;
  target.limits.outputs = device_limits.outputs;
  target.numbers = {.weight = signed_range(8),
                    .threshold = {1, static_cast<std::int64_t>(largest_threshold)},
                    .threshold_of = Granularity::neuron,
                    .leak = {0, (std::int64_t{1} << leak_bits) - 1},
                    .leak_of = Granularity::neuron,
                    .bias = signed_range(8)};
  return target;
}

std::vector<BrokenLimit> broken_xylo_limits(const FloatNetwork& network, XyloDevice device) {
  std::vector<BrokenLimit> broken = broken_limits(network, xylo_target(device));
  const DeviceLimits limits = limits_of(device);
  const auto at_most = [&](const std::string& limit, std::size_t allowed, std::size_t needed,
                           const std::string& remedy) {
    if (needed > allowed)
      broken.push_back({limit, fmt::format("{}", allowed), fmt::format("{}", needed),
                        fmt::format("{} too many", needed - allowed), remedy});
  };
  if (network.layers.size() < 2) {
    broken.push_back(
        {"hidden layers", "at least 1", "0", "1 missing", "train with hidden neurons (--hidden)"});
    return broken;
  }
  const std::string fewer = "train with fewer hidden neurons (--hidden)";
  at_most("hidden neurons", limits.hidden, n_hidden(network), fewer);
  at_most("hidden neurons that inputs reach", limits.with_input, network.layers.front().n_targets, fewer);
  at_most("hidden neurons that reach outputs", limits.with_output, network.layers.back().n_sources, fewer);
  for (std::size_t l = 1; l < network.layers.size(); ++l)
    at_most(fmt::format("fan-out, layer {}", l), limits.fan_out, count_edges(network.layers[l]).fan_out,
            "prune the network, or use fewer neurons in the next layer");
  return broken;
}

TargetExport export_xylo(const FloatNetwork& network, XyloDevice device, const ExportFacts& facts,
                         const std::string& name) {
  const TargetDescription target = xylo_target(device);
  const auto broken = broken_xylo_limits(network, device);
  if (!broken.empty())
    throw InputError("target xylo",
                     fmt::format("{} cannot hold this network\n{}", target.title, limits_table(broken)),
                     "mend every line of the table, or choose another target (loci export --list-targets)");
  const std::span layers(network.layers);
  const double scale = scale_of(layers.first(layers.size() - 1));
  const double output_scale = scale_of(layers.last(1));
  TargetExport result;
  for (std::size_t l = 0; l < layers.size(); ++l)
    result.computed.layers.push_back(computed(layers[l], l + 1 < layers.size() ? scale : output_scale));
  const Json file{{"format", "loci-xylo"},
                  {"format_version", xylo_version},
                  {"unverified", unverified_note(target.title)},
                  {"loci", facts.version},
                  {"model", facts.model},
                  {"seed", facts.seed},
                  {"configuration", facts.configuration},
                  {"device", name_of(device)},
                  {"dt", facts.step_ms / 1000.0},
                  {"specification", specification(network, device, scale, output_scale)},
                  {"loci_network", {{"sizes", sizes_of(network)}, {"scale", {scale, output_scale}}}}};
  result.files.push_back({.name = name + ".xylo.json", .content = file.dump() + "\n"});
  result.fidelity = fidelity_of(network, result.computed);
  return result;
}

}  // namespace loci::backends
