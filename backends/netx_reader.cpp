#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "backends/loihi.hpp"
#include "backends/netx.hpp"
#include "sim/error.hpp"

namespace loci::backends {

namespace {

// A group of the file, and how errors call it.
class Place {
 public:
  Place(const sim::DataGroup& group, std::string where) : group_(group), where_(std::move(where)) {}

  const std::string& where() const { return where_; }
  [[noreturn]] void refuse(const std::string& what, const std::string& remedy) const {
    throw InputError(where_, what, remedy);
  }
  void require(bool fits, const std::string& what, const std::string& remedy) const {
    if (!fits) refuse(what, remedy);
  }

  bool has(const std::string& name) const { return group_.arrays.contains(name); }
  std::size_t n_groups() const { return group_.groups.size(); }

  Place group(const std::string& name) const {
    const auto found = group_.groups.find(name);
    if (found == group_.groups.end()) refuse("there is no group '" + name + "'", "is it a netx file?");
    return {found->second, where_ + "/" + name};
  }

  const sim::DataArray& array(const std::string& name) const {
    const auto found = group_.arrays.find(name);
    if (found == group_.arrays.end()) refuse("there is no '" + name + "'", "is it a netx file?");
    return found->second;
  }

  std::string text(const std::string& name) const {
    const auto* values = std::get_if<std::vector<std::string>>(&array(name).values);
    if (values == nullptr || values->size() != 1) refuse("'" + name + "' is no text", "is it a netx file?");
    // Fixed-length text may be padded with zero bytes.
    return values->front().substr(0, values->front().find('\0'));
  }

  std::vector<std::int64_t> wholes(const std::string& name) const {
    return std::visit([&](const auto& values) { return wholes_of(values, name); }, array(name).values);
  }

  std::int32_t whole(const std::string& name, const Range& range) const {
    const std::vector<std::int64_t> values = wholes(name);
    require(values.size() == 1, fmt::format("'{}' has {} values", name, values.size()), "there must be one");
    require_within(values.front(), name, range);
    return static_cast<std::int32_t>(values.front());
  }

  // As many as `n`, each in the range.
  template <typename To>
  std::vector<To> wholes(const std::string& name, std::size_t n, const Range& range) const {
    const std::vector<std::int64_t> values = wholes(name);
    require(values.size() == n, fmt::format("'{}' has {} values", name, values.size()),
            fmt::format("the layer needs {}", n));
    for (const std::int64_t value : values) require_within(value, name, range);
    return std::vector<To>(values.begin(), values.end());
  }

 private:
  template <typename Values>
  std::vector<std::int64_t> wholes_of(const Values& values, const std::string& name) const {
    using Value = typename Values::value_type;
    std::vector<std::int64_t> result;
    if constexpr (std::is_arithmetic_v<Value>) {
      result.reserve(values.size());
      for (const Value value : values) {
        if constexpr (std::is_floating_point_v<Value>)
          require(value == std::trunc(value) && std::abs(value) <= Value{0x1p31},
                  fmt::format("'{}' has the value {}", name, value), "Loihi computes in whole numbers");
        result.push_back(static_cast<std::int64_t>(value));
      }
    } else {
      refuse("'" + name + "' has text for numbers", "is it a netx file?");
    }
    return result;
  }

  void require_within(std::int64_t value, const std::string& name, const Range& range) const {
    require(range.contains(value), fmt::format("'{}' has the value {}", name, value),
            fmt::format("Loihi takes {} to {}", range.lowest, range.highest));
  }

  const sim::DataGroup& group_;
  std::string where_;
};

// (targets, sources) in files, (sources, targets) in networks.
std::vector<std::int16_t> read_weights(const Place& place, std::size_t n_targets, std::size_t n_sources) {
  const auto stored =
      place.wholes<std::int16_t>("weight", n_targets * n_sources, Range{-256, 255, Overflow::saturate});
  require_netx_weights(stored, place.where());
  std::vector<std::int16_t> weights(stored.size());
  for (std::size_t target = 0; target < n_targets; ++target)
    for (std::size_t source = 0; source < n_sources; ++source)
      weights[source * n_targets + target] = stored[target * n_sources + source];
  return weights;
}

std::vector<std::uint8_t> read_delays(const Place& place, std::size_t n_targets, std::size_t n_sources) {
  if (!place.has("delay")) return {};
  const Range range{0, loihi_longest_delay, Overflow::saturate};
  const std::size_t n = place.wholes("delay").size();
  place.require(n == 1 || n == n_targets || n == n_sources, fmt::format("'delay' has {} values", n),
                "there must be one, one for each neuron or one for each source");
  const auto stored = place.wholes<std::uint8_t>("delay", n, range);
  std::vector<std::uint8_t> delays(n_targets * n_sources, stored.front());
  if (n > 1)
    for (std::size_t pair = 0; pair < delays.size(); ++pair)
      delays[pair] = stored[n == n_targets ? pair % n_targets : pair / n_targets];
  return delays;
}

IntegerLayer read_layer(const Place& place, std::size_t n_sources) {
  const std::string type = place.text("type");
  place.require(type == "dense", "a layer of the type '" + type + "'", "only dense layers can be read");
  const Place neuron = place.group("neuron");
  const std::string model = neuron.text("type");
  neuron.require(model == "CUBA" || model == "LOIHI", "neurons of the type '" + model + "'",
                 "only CUBA neurons can be read");
  const auto n_targets =
      static_cast<std::size_t>(place.whole("shape", Range{1, 1 << 24, Overflow::saturate}));
  LoihiNeurons settings{.du = neuron.whole("iDecay", Range{1, 4096, Overflow::saturate}) - 1,
                        .dv = neuron.whole("vDecay", loihi_decay_range),
                        .vth = neuron.whole("vThMant", loihi_threshold_range)};
  if (place.has("bias")) settings.bias_mant = place.wholes<std::int32_t>("bias", n_targets, loihi_bias_range);
  return {.incoming = {.n_sources = n_sources,
                       .n_targets = n_targets,
                       .weight = read_weights(place, n_targets, n_sources),
                       .delay = read_delays(place, n_targets, n_sources)},
          .model = loihi_model(settings.du),
          .parameters = loihi_parameters(settings, n_targets, neuron.where())};
}

// Of the input layer, which may have several axes.
std::size_t product(const Place& place, const std::vector<std::int64_t>& axes) {
  std::size_t n = 1;
  for (const std::int64_t axis : axes) {
    place.require(1 <= axis && axis <= 1 << 24 && n <= 1 << 24, "'shape' is not positive or too large",
                  "is it a netx file?");
    n *= static_cast<std::size_t>(axis);
  }
  return n;
}

// Files may begin with a dense layer at once.
std::size_t inputs_of_dense(const Place& place) {
  const std::vector<std::size_t>& shape = place.array("weight").shape;
  place.require(shape.size() == 2, "'weight' has not two axes", "it must be (neurons, inputs)");
  return shape[1];
}

}  // namespace

IntegerNetwork read_netx(const sim::DataGroup& root, const std::string& where) {
  const Place layers = Place(root, where).group("layer");
  layers.require(layers.n_groups() > 0, "there are no layers", "is it a netx file?");
  IntegerNetwork network{.layer_latency = 1};
  const Place first = layers.group("0");
  const bool has_input = first.text("type") == "input";
  std::size_t n_sources = has_input ? product(first, first.wholes("shape")) : inputs_of_dense(first);
  for (std::size_t l = has_input ? 1 : 0; l < layers.n_groups(); ++l) {
    network.layers.push_back(read_layer(layers.group(std::to_string(l)), n_sources));
    n_sources = network.layers.back().size();
  }
  layers.require(!network.layers.empty(), "there are no layers but the input", "is it a netx file?");
  validate(network);
  return network;
}

}  // namespace loci::backends
