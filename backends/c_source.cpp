#include "backends/c_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>

#include "backends/c_tables.hpp"
#include "backends/native.hpp"
#include "backends/text_template.hpp"

namespace loci::backends {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// An expression for a neuron's number, and the table it needs where neurons differ.
struct PerNeuron {
  std::string expression;
  std::string table;
  std::size_t bytes = 0;
};

// Zeros that all values end with in binary are not stored.
PerNeuron per_neuron(std::string_view name, std::size_t layer, std::span<const std::int32_t> values) {
  if (std::ranges::all_of(values, [&](auto value) { return value == values.front(); }))
    return {fmt::format("{}", values.front()), "", 0};
  int shift = 31;
  for (const std::int32_t value : values)
    if (value != 0) shift = std::min(shift, std::countr_zero(static_cast<std::uint32_t>(value)));
  std::vector<std::int32_t> stored(values.begin(), values.end());
  for (std::int32_t& value : stored) value >>= shift;
  const std::string table = fmt::format("{}_{}", name, layer);
  const CType type = type_of(std::span<const std::int32_t>(stored), true);
  const std::string factor = shift == 0 ? "" : fmt::format(" * (int32_t){}", std::int64_t{1} << shift);
  return {table + "[j]" + factor, c_table(type, table, std::span<const std::int32_t>(stored)),
          stored.size() * type.bytes};
}

struct Row {
  CStorage storage = CStorage::dense;
  std::string tables;
  std::string code;
  std::size_t bytes = 0;
};

Row dense_row(const IntegerConnection& connection, std::size_t layer) {
  const std::span<const std::int16_t> weight(connection.weight);
  const CType type = type_of(weight, true);
  return {CStorage::dense, c_table(type, fmt::format("weight_{}", layer), weight),
          filled(template_text("c/row_dense.c.in"), {{"weight_type", std::string(type.name)},
                                                     {"l", std::to_string(layer)},
                                                     {"n", std::to_string(connection.n_targets)}}),
          weight.size() * type.bytes};
}

// Compressed rows: where each source's edges begin, their targets and their weights.
Row sparse_row(const IntegerConnection& connection, std::size_t layer) {
  std::vector<std::uint32_t> begin{0};
  std::vector<std::uint16_t> target;
  std::vector<std::int16_t> weight;
  for (std::size_t i = 0; i < connection.n_sources; ++i) {
    for (std::size_t j = 0; j < connection.n_targets; ++j) {
      const std::int16_t value = connection.weight[i * connection.n_targets + j];
      if (value == 0) continue;
      target.push_back(static_cast<std::uint16_t>(j));
      weight.push_back(value);
    }
    begin.push_back(static_cast<std::uint32_t>(weight.size()));
  }
  if (weight.empty()) {  // C has no empty arrays
    target.push_back(0);
    weight.push_back(0);
  }
  Row row{CStorage::sparse};
  const auto add = [&](std::string_view name, auto values, bool is_signed) {
    const CType type = type_of(values, is_signed);
    row.tables += c_table(type, fmt::format("{}_{}", name, layer), values);
    row.bytes += values.size() * type.bytes;
  };
  add("begin_of", std::span<const std::uint32_t>(begin), false);
  add("target", std::span<const std::uint16_t>(target), false);
  add("weight", std::span<const std::int16_t>(weight), true);
  row.code = filled(template_text("c/row_sparse.c.in"), {{"l", std::to_string(layer)}});
  return row;
}

CType position_type(const PositionNetwork& positions) {
  std::int16_t lowest = -1;
  std::int16_t highest = 0;
  for (const auto& layer : positions.position)
    for (const std::int16_t coordinate : layer) {
      lowest = std::min(lowest, coordinate);
      highest = std::max(highest, coordinate);
    }
  return narrowest_type(lowest, highest);
}

Row position_row(const PositionNetwork& positions, std::size_t layer) {
  const PositionConnection& rule = positions.connections[layer];
  const std::span<const std::int16_t> mask(rule.mask);
  const std::span<const std::uint32_t> centre(rule.centre);
  const CType mask_type = type_of(mask, true);
  Row row{CStorage::positions, c_table(mask_type, fmt::format("mask_{}", layer), mask)};
  row.bytes = mask.size() * mask_type.bytes;
  if (!centre.empty()) {
    const CType type = type_of(centre, false);
    row.tables += c_table(type, fmt::format("centre_{}", layer), centre);
    row.bytes += centre.size() * type.bytes;
  }
  std::string edge;
  if (rule.farthest != std::numeric_limits<std::uint32_t>::max())
    edge += fmt::format("    if (squared > {}u) continue;\n", rule.farthest);
  if (rule.least != 0)
    edge +=
        fmt::format("    if ((uint64_t)(mask < 0 ? -mask : mask) * inverse < {}u) continue;\n", rule.least);
  row.code = filled(
      template_text("c/row_positions.c.in"),
      {{"position_type", std::string(position_type(positions).name)},
       {"l", std::to_string(layer)},
       {"next", std::to_string(layer + 1)},
       {"n", std::to_string(positions.size(layer + 1))},
       {"n_coordinates", std::to_string(positions.n_coordinates)},
       {"mask", rule.least == 0 ? "" : fmt::format("  const int32_t mask = mask_{}[source];\n", layer)},
       {"multiplier", std::to_string(rule.multiplier)},
       {"distance_shift", std::to_string(rule.distance_shift)},
       {"base", std::to_string(rule.base)},
       {"centre", centre.empty() ? "0" : fmt::format("centre_{}[source]", layer)},
       {"shift", std::to_string(rule.shift)},
       {"limit", std::to_string(rule.limit)},
       {"edge", edge}});
  return row;
}

Row row_of(const IntegerNetwork& network, const CSourceOptions& options, std::size_t layer) {
  if (options.positions != nullptr) return position_row(*options.positions, layer);
  const IntegerConnection& connection = network.layers[layer].incoming;
  Row dense = dense_row(connection, layer);
  const auto n_zero = std::ranges::count(connection.weight, 0);
  if (2 * static_cast<std::size_t>(n_zero) < connection.weight.size()) return dense;
  Row sparse = sparse_row(connection, layer);
  return sparse.bytes < dense.bytes ? sparse : dense;
}

std::string reset_lines(const IntegerLayer& layer, std::size_t l, const std::string& threshold,
                        ResetTime when) {
  if (layer.model.reset_time != when) return "";
  const bool now = when == ResetTime::at_once;
  const std::string reset = layer.model.reset == ResetTo::zero
                                ? "v = 0;"
                                : fmt::format("v = kept(v - {}, {}, {});", threshold,
                                              layer.model.membrane.lowest, layer.model.membrane.highest);
  if (now) return "      " + reset + "\n";
  return fmt::format("    if ((net->fired_{}[j / 8] >> (j % 8)) & 1) {}\n", l, reset);
}

struct LayerText {
  std::string text;
  std::size_t bytes = 0;
  CStorage storage = CStorage::dense;
};

LayerText layer_text(const IntegerNetwork& network, const CSourceOptions& options, const std::string& name,
                     std::size_t l) {
  const IntegerLayer& layer = network.layers[l];
  const IntegerParameters& parameters = layer.parameters;
  const Row row = row_of(network, options, l);
  const PerNeuron leak = per_neuron("leak", l, parameters.leak);
  const PerNeuron threshold = per_neuron("threshold", l, parameters.threshold);
  const bool biased = std::ranges::any_of(parameters.bias, [](auto bias) { return bias != 0; });
  const PerNeuron bias = biased ? per_neuron("bias", l, parameters.bias) : PerNeuron{};
  std::string code = row.code;
  code.pop_back();  // its last new line
  return {filled(template_text("c/layer.c.in"),
                 {{"name", name},
                  {"l", std::to_string(l)},
                  {"n_sources", std::to_string(layer.incoming.n_sources)},
                  {"n", std::to_string(layer.size())},
                  {"tables", row.tables + leak.table + threshold.table + bias.table},
                  {"row", code},
                  {"leak", leak.expression},
                  {"threshold", threshold.expression},
                  {"bias", biased ? " + " + bias.expression : ""},
                  {"current", l == 0 && options.pixel_shift ? " + net->current[j]" : ""},
                  {"reset_next", reset_lines(layer, l, threshold.expression, ResetTime::next_update)},
                  {"reset_now", reset_lines(layer, l, threshold.expression, ResetTime::at_once)},
                  {"lowest", std::to_string(layer.model.membrane.lowest)},
                  {"highest", std::to_string(layer.model.membrane.highest)}}),
          row.bytes + leak.bytes + threshold.bytes + bias.bytes, row.storage};
}

std::size_t bitset_bytes(std::size_t n) {
  return (n + 7) / 8;
}

std::size_t state_bytes(const IntegerNetwork& network, const CSourceOptions& options) {
  std::size_t words = network.layers.back().size() + (options.pixel_shift ? network.layers[0].size() : 0);
  std::size_t bytes = 0;
  for (const IntegerLayer& layer : network.layers) {
    words += layer.size();
    bytes += bitset_bytes(layer.size());
  }
  return 4 * words + (bytes + 3) / 4 * 4;
}

// Numbers of the state, wide ones first, so that nothing is lost between them.
std::string members(const IntegerNetwork& network, const CSourceOptions& options) {
  std::string text;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    text += fmt::format("  int32_t membrane_{}[{}];\n", l, network.layers[l].size());
  if (options.pixel_shift) text += fmt::format("  int32_t current[{}];\n", network.layers[0].size());
  text += fmt::format("  uint32_t count[{}]; /* spikes of each output since the reset */\n",
                      network.layers.back().size());
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    text += fmt::format("  uint8_t fired_{}[{}];\n", l, bitset_bytes(network.layers[l].size()));
  text.pop_back();
  return text;
}

std::string cases(const IntegerNetwork& network, auto&& result) {
  std::string text;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    text += fmt::format("    case {}: return {};\n", l, result(l));
  text.pop_back();
  return text;
}

std::string position_tables(const PositionNetwork& positions, std::size_t& bytes) {
  const CType type = position_type(positions);
  std::string text;
  for (std::size_t l = 0; l < positions.position.size(); ++l) {
    text +=
        c_table(type, fmt::format("position_{}", l), std::span<const std::int16_t>(positions.position[l]));
    bytes += positions.position[l].size() * type.bytes;
  }
  return filled(template_text("c/positions.c.in"),
                {{"position_type", std::string(type.name)},
                 {"n_coordinates", std::to_string(positions.n_coordinates)},
                 {"positions", text}});
}

std::string facts_text(const ExportFacts& facts) {
  return comment(fmt::format("Made by loci {} from {}, seed {}; one step is {} ms.", facts.version,
                             facts.model, facts.seed, facts.step_ms),
                 " * ");
}

void require_same_weights(const IntegerNetwork& network, const PositionNetwork& positions) {
  if (positions.connections.size() != network.layers.size())
    throw std::invalid_argument("positions and integer network differ in layers");
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    if (generated_connection(positions, l).weight != network.layers[l].incoming.weight)
      throw std::invalid_argument(
          fmt::format("weights of connection {} are not those that its positions give", l));
}

// All of NAME.c that depends on sizes, and what is counted on the way.
struct Body {
  std::string shared;
  std::string layers;
  CSize size;
};

Body body_of(const IntegerNetwork& network, const CSourceOptions& options, const std::string& name) {
  require_native(network);
  for (const IntegerLayer& layer : network.layers)
    if (layer.size() > 0xFFFF || layer.incoming.n_sources > 0xFFFF)
      throw std::invalid_argument("a layer has more neurons than 16 bits count");
  if (options.pixel_shift) require_pixels_fit(network, *options.pixel_shift);
  Body body;
  if (options.positions != nullptr) {
    require_same_weights(network, *options.positions);
    body.shared += position_tables(*options.positions, body.size.flash_bytes);
  }
  if (network.layers.size() > 1) body.shared += template_text("c/later_layers.c.in");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    LayerText layer = layer_text(network, options, name, l);
    body.layers += layer.text;
    body.size.flash_bytes += layer.bytes;
    body.size.storage.push_back(layer.storage);
  }
  body.size.ram_bytes = state_bytes(network, options);
  return body;
}

Values common_values(const IntegerNetwork& network, const ExportFacts& facts, const CSourceOptions& options,
                     const std::string& name) {
  std::string upper = name;
  for (char& c : upper)
    if ('a' <= c && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  std::string title = std::to_string(network.n_inputs());
  for (const IntegerLayer& layer : network.layers) title += fmt::format("-{}", layer.size());
  return {{"name", name},
          {"NAME", upper},
          {"version", std::to_string(c_source_version)},
          {"title", title + " spiking network in whole numbers"},
          {"facts", facts_text(facts)},
          {"n_inputs", std::to_string(network.n_inputs())},
          {"n_layers", std::to_string(network.layers.size())},
          {"n_outputs", std::to_string(network.layers.back().size())},
          {"n_first", std::to_string(network.layers.front().size())},
          {"last", std::to_string(network.layers.size() - 1)},
          {"leak_bits", std::to_string(native_leak_bits)},
          {"leak_one", std::to_string(1 << native_leak_bits)},
          {"pixel_shift", std::to_string(options.pixel_shift.value_or(0))}};
}

std::string header_text(const IntegerNetwork& network, const CSourceOptions& options, const CSize& size,
                        Values values) {
  values["members"] = members(network, options);
  values["flash_bytes"] = std::to_string(size.flash_bytes);
  values["ram_bytes"] = std::to_string(size.ram_bytes);
  values["input_functions"] = options.pixel_shift ? filled(template_text("c/pixels.h.in"), values) : "";
  return filled(template_text("c/net.h.in"), values);
}

std::string source_text(const IntegerNetwork& network, const ExportFacts& facts,
                        const CSourceOptions& options, const Body& body, Values values) {
  std::string later;
  for (std::size_t l = 1; l < network.layers.size(); ++l)
    later += fmt::format(
        "  begin_{0}(net);\n  add_rows(net->fired_{1}, {2}, add_row_{0}, net->membrane_{0});\n"
        "  end_{0}(net);\n",
        l, l - 1, network.layers[l - 1].size());
  values["shared"] = body.shared;
  values["layers"] = body.layers;
  values["later_layers"] = later;
  values["input_functions"] = options.pixel_shift ? filled(template_text("c/pixels.c.in"), values) : "";
  values["fired_cases"] = cases(network, [](std::size_t l) { return fmt::format("net->fired_{}", l); });
  values["membrane_cases"] = cases(network, [](std::size_t l) { return fmt::format("net->membrane_{}", l); });
  values["size_cases"] = cases(network, [&](std::size_t l) { return network.layers[l].size(); });
  values["configuration"] = facts.configuration.empty()
                                ? ""
                                : "\n/* The configuration of the run that trained it:\n *\n * " +
                                      comment(facts.configuration, " * ") + "\n */";
  return filled(template_text("c/net.c.in"), values);
}

std::string main_text(const CSourceOptions& options, Values values) {
  values["sample_format"] =
      options.pixel_shift
          ? "A sample is its pixels, 0 to 255, separated by blanks."
          : "A sample is, for each step, how many inputs spike and which, separated by blanks.";
  values["read_sample"] =
      filled(template_text(options.pixel_shift ? "c/main_pixels.c.in" : "c/main_spikes.c.in"), values);
  return filled(template_text("c/main.c.in"), values);
}

}  // namespace

CSize c_size(const IntegerNetwork& network, const CSourceOptions& options) {
  return body_of(network, options, identifier(options.name)).size;
}

std::vector<MemoryUse> c_memory(const IntegerNetwork& network, const CSourceOptions& options) {
  const CSize size = c_size(network, options);
  std::string stored;
  for (const CStorage storage : size.storage)
    stored += fmt::format("{}{}", stored.empty() ? "" : ", ",
                          storage == CStorage::dense    ? "all weights"
                          : storage == CStorage::sparse ? "edges"
                                                        : "positions");
  return {{"flash", size.flash_bytes,
           fmt::format("constant tables, connections as {}; code is about 2 KB more", stored)},
          {"RAM", size.ram_bytes, "the state"}};
}

std::vector<ExportedFile> c_source(const IntegerNetwork& network, const ExportFacts& facts,
                                   const CSourceOptions& options) {
  const std::string name = identifier(options.name);
  const Body body = body_of(network, options, name);
  const Values values = common_values(network, facts, options, name);
  return {{name + ".h", header_text(network, options, body.size, values)},
          {name + ".c", source_text(network, facts, options, body, values)},
          {name + "_main.c", main_text(options, values)}};
}

}  // namespace loci::backends
