#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "backends/loihi.hpp"
#include "backends/netx.hpp"
#include "sim/error.hpp"

namespace loci::backends {

namespace {

constexpr std::int32_t unit = 1 << loihi_shift;

sim::DataArray text(const std::string& value) {
  return {.values = std::vector<std::string>{value}, .shape = {}};
}

sim::DataArray whole(std::int64_t value) {
  return {.values = std::vector<std::int64_t>{value}, .shape = {}};
}

sim::DataArray shape_of(std::size_t n) {
  return {.values = std::vector<std::int64_t>{static_cast<std::int64_t>(n)}, .shape = {1}};
}

sim::DataArray floats(std::vector<float> values, std::vector<std::size_t> shape) {
  return {.values = std::move(values), .shape = std::move(shape)};
}

// One layer's part of the file, or why there is none.
class LayerWriter {
 public:
  LayerWriter(const IntegerLayer& layer, std::size_t number)
      : layer_(layer), where_(fmt::format("layer {} for Loihi", number)) {}

  sim::DataGroup group() const {
    const IntegerConnection& incoming = layer_.incoming;
    sim::DataGroup result;
    result.groups["neuron"] = neuron();
    result.arrays["type"] = text("dense");
    result.arrays["shape"] = shape_of(incoming.n_targets);
    result.arrays["inFeatures"] = whole(static_cast<std::int64_t>(incoming.n_sources));
    result.arrays["outFeatures"] = whole(static_cast<std::int64_t>(incoming.n_targets));
    result.arrays["weight"] = weight();
    const std::vector<float> biases = bias();
    if (std::ranges::any_of(biases, [](float value) { return value != 0; }))
      result.arrays["bias"] = floats(biases, {biases.size()});
    const std::vector<float> delays = delay();
    if (std::ranges::any_of(delays, [](float value) { return value != 0; }))
      result.arrays["delay"] = floats(delays, {delays.size()});
    return result;
  }

 private:
  void require(bool fits, const std::string& what, const std::string& remedy) const {
    if (!fits) throw InputError(where_, what, remedy);
  }

  std::int32_t common(const std::vector<std::int32_t>& values, const char* what) const {
    require(std::ranges::adjacent_find(values, std::not_equal_to{}) == values.end(),
            fmt::format("its neurons differ in their {}", what), "a netx layer has one for all");
    return values.front();
  }

  std::int32_t in_units(std::int32_t value, const Range& range, const char* what) const {
    require(value % unit == 0, fmt::format("a {} of {} is no multiple of {}", what, value, unit),
            "quantise the network for Loihi");
    require(range.contains(value / unit), fmt::format("a {} is {} in units of weights", what, value / unit),
            fmt::format("Loihi takes {} to {}", range.lowest, range.highest));
    return value / unit;
  }

  sim::DataGroup neuron() const {
    const IntegerModel& model = layer_.model;
    require(!layer_.parameters.threshold.empty(), "it has no neurons", "leave the layer out");
    const std::int64_t du = model.current ? loihi_decay_range.highest - model.current->factor : -1;
    require(loihi_decay_range.contains(du) && model == loihi_model(static_cast<std::int32_t>(du)),
            "its neurons do not compute as Loihi's do", "quantise the network for Loihi");
    const std::int32_t dv = (1 << model.leak_bits) - common(layer_.parameters.leak, "leak");
    require(loihi_decay_range.contains(dv), fmt::format("a membrane loses {} 4096ths a step", dv),
            "Loihi takes 0 to 4095");
    const std::int32_t threshold = common(layer_.parameters.threshold, "threshold");
    sim::DataGroup result;
    result.arrays["type"] = text("CUBA");
    result.arrays["iDecay"] = whole(du + 1);
    result.arrays["vDecay"] = whole(dv);
    result.arrays["vThMant"] = whole(in_units(threshold, loihi_threshold_range, "threshold"));
    result.arrays["refDelay"] = whole(1);
    return result;
  }

  // (targets, sources)
  sim::DataArray weight() const {
    const IntegerConnection& incoming = layer_.incoming;
    require_netx_weights(incoming.weight, where_);
    require(incoming.exponent == 0, fmt::format("its weights count 2^{} times", incoming.exponent),
            "netx has weights without exponents: scale them");
    std::vector<float> values(incoming.weight.size());
    for (std::size_t source = 0; source < incoming.n_sources; ++source)
      for (std::size_t target = 0; target < incoming.n_targets; ++target)
        values[target * incoming.n_sources + source] = incoming.weight[source * incoming.n_targets + target];
    return floats(std::move(values), {incoming.n_targets, incoming.n_sources});
  }

  std::vector<float> bias() const {
    std::vector<float> values;
    for (const std::int32_t value : layer_.parameters.bias)
      values.push_back(static_cast<float>(in_units(value, loihi_bias_range, "bias")));
    return values;
  }

  // One for each neuron or for each source, as the edges have it; empty: none.
  std::vector<float> delay() const {
    const IntegerConnection& incoming = layer_.incoming;
    if (incoming.delay.empty()) return {};
    const std::size_t n = incoming.n_targets;
    if (const auto by_target = delays_by(n, [n](std::size_t pair) { return pair % n; })) return *by_target;
    const auto by_source = delays_by(incoming.n_sources, [n](std::size_t pair) { return pair / n; });
    require(by_source.has_value(), "its delays are neither one for each neuron nor one for each source",
            "a netx file has no delays of single synapses: give those into a neuron, or from one, one delay");
    require(incoming.n_sources != n, "it has a delay for each source and as many neurons as sources",
            "netx takes these for delays of the neurons: change the layer's size by one, or its delays");
    return *by_source;
  }

  // The one delay of each group's edges, or nothing if they differ.
  template <typename GroupOf>
  std::optional<std::vector<float>> delays_by(std::size_t n_groups, GroupOf group_of) const {
    const IntegerConnection& incoming = layer_.incoming;
    std::vector<float> delays(n_groups, -1.0F);
    for (std::size_t pair = 0; pair < incoming.weight.size(); ++pair) {
      if (incoming.weight[pair] == 0) continue;
      require(incoming.delay[pair] <= loihi_longest_delay,
              fmt::format("a delay is {} steps long", incoming.delay[pair]),
              fmt::format("netx takes up to {}", loihi_longest_delay));
      float& delay = delays[group_of(pair)];
      if (delay >= 0.0F && delay != static_cast<float>(incoming.delay[pair])) return std::nullopt;
      delay = static_cast<float>(incoming.delay[pair]);
    }
    for (float& delay : delays) delay = std::max(delay, 0.0F);  // without edges
    return delays;
  }

  const IntegerLayer& layer_;
  std::string where_;
};

}  // namespace

void require_netx_weights(std::span<const std::int16_t> weights, const std::string& where) {
  const auto require = [&](bool fits, const std::string& what, const char* remedy) {
    if (!fits) throw InputError(where, what, remedy);
  };
  const auto [least, most] = std::ranges::minmax_element(weights);
  require(least != weights.end() && (*least != 0 || *most != 0), "all its weights are 0",
          "netx cannot read such a layer: scale the weights up or prune less");
  if (*least >= 0 || *most < 0) {
    require(-255 <= *least && *most <= 255,
            fmt::format("weights of one sign go from {} to {}", *least, *most), "Loihi takes up to 255");
    return;
  }
  require(-256 <= *least && *most <= 254,
          fmt::format("weights of both signs go from {} to {}", *least, *most), "Loihi takes -256 to 254");
  const bool all_even = std::ranges::all_of(weights, [](int weight) { return weight % 2 == 0; });
  require(all_even || (-128 <= *least && *most <= 127),
          fmt::format("weights of both signs go from {} to {}, and some are odd", *least, *most),
          "Loihi has 8 bits for them: make all even, or stay within -128 to 127");
}

sim::DataGroup netx_file(const IntegerNetwork& network, const ExportFacts& facts,
                         std::span<const sim::DataArray> positions) {
  validate(network);
  if (network.order != SpikeOrder::summed)
    throw InputError("export to Loihi", "the network takes spikes one by one", "quantise it for Loihi");
  if (!positions.empty() && positions.size() != network.layers.size() + 1)
    throw std::invalid_argument("positions for a netx file are not one array a layer");
  sim::DataGroup root;
  sim::DataGroup& layers = root.groups["layer"];
  sim::DataGroup& input = layers.groups["0"];
  input.arrays["type"] = text("input");
  input.arrays["shape"] = shape_of(network.n_inputs());
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    layers.groups[std::to_string(l + 1)] = LayerWriter(network.layers[l], l + 1).group();
  root.attributes["loci_version"] = text(facts.version);
  root.attributes["loci_model"] = text(facts.model);
  root.attributes["loci_configuration"] = text(facts.configuration);
  root.attributes["loci_seed"] = {.values = std::vector<std::uint64_t>{facts.seed}, .shape = {}};
  root.attributes["loci_step_ms"] = {.values = std::vector<double>{facts.step_ms}, .shape = {}};
  for (std::size_t l = 0; l < positions.size(); ++l)
    root.groups["positions"].arrays[std::to_string(l)] = positions[l];
  return root;
}

}  // namespace loci::backends
