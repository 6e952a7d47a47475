#include "backends/c_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "backends/c_source.hpp"
#include "backends/generated_code.hpp"
#include "backends/native.hpp"
#include "backends/rtl_files.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::int64_t most_neurons = 0xFFFF;
constexpr double largest_squared = 4294967295.0;  // distance, in 32 bits

std::string stem_of(std::span<const ExportedFile> files) {
  constexpr std::string_view end = "_main.c";
  for (const ExportedFile& file : files)
    if (file.name.ends_with(end)) return file.name.substr(0, file.name.size() - end.size());
  throw InputError("*_main.c", "is missing beside the other files",
                   "put it there, or write all of them again");
}

class Reader {
 public:
  explicit Reader(std::span<const ExportedFile> files)
      : files_(files),
        name_(stem_of(files)),
        header_(name_ + ".h", text_of(files, name_ + ".h")),
        source_(name_ + ".c", text_of(files, name_ + ".c")) {}

  CExport read() {
    require_format(name_ + ".h", header_.text(), "loci-c", c_source_version);
    tables_ = c_tables_of(source_);
    CExport result{.name = name_};
    if (source_.has("static uint32_t squared_distance(")) result.positions = read_coordinates();
    auto n_sources = static_cast<std::size_t>(
        header_.whole(header_.between("_N_INPUTS ", "u"), "N_INPUTS", 1, most_neurons));
    const auto n_layers =
        static_cast<std::size_t>(header_.whole(header_.between("_N_LAYERS ", "u"), "N_LAYERS", 1, 1000));
    for (std::size_t l = 0; l < n_layers; ++l) {
      result.network.layers.push_back(read_layer(l, n_sources, result.positions));
      n_sources = result.network.layers.back().size();
    }
    if (source_.has("net->current[k] = sum"))
      result.pixel_shift =
          static_cast<int>(source_.whole(source_.between("sum >= 0 ? sum >> ", " :"), "sum >>", 0, 30));
    if (result.positions) take_weights(result);
    require_generated(result);
    return result;
  }

 private:
  const std::vector<std::int64_t>& table(const std::string& name, std::size_t n, std::int64_t lowest,
                                         std::int64_t highest) const {
    const auto found = tables_.find(name);
    if (found == tables_.end()) source_.refuse(fmt::format("table {} is missing", name));
    if (found->second.size() != n)
      source_.refuse(fmt::format("table {} has {} numbers, not {}", name, found->second.size(), n));
    for (std::size_t i = 0; i < n; ++i)
      if (found->second[i] < lowest || found->second[i] > highest)
        source_.refuse(
            fmt::format("{}[{}]: {} is not within {} to {}", name, i, found->second[i], lowest, highest));
    return found->second;
  }

  template <typename To>
  std::vector<To> numbers(const std::string& name, std::size_t n) const {
    const auto& values = table(name, n, std::numeric_limits<To>::min(), std::numeric_limits<To>::max());
    return {values.begin(), values.end()};
  }

  // "5", "leak_0[j]" or "bias_0[j] * (int32_t)4"
  std::vector<std::int32_t> per_neuron(std::string_view text, std::size_t n) const {
    constexpr std::string_view times = " * (int32_t)";
    const std::size_t bracket = text.find("[j]");
    if (bracket == std::string_view::npos)
      return std::vector<std::int32_t>(
          n, static_cast<std::int32_t>(source_.whole(text, "a neuron's number", INT32_MIN, INT32_MAX)));
    std::int64_t factor = 1;
    if (const std::size_t at = text.find(times); at != std::string_view::npos)
      factor = source_.whole(text.substr(at + times.size()), "(int32_t)", 1, std::int64_t{1} << 31);
    const std::string name(text.substr(0, bracket));
    std::vector<std::int32_t> result;
    for (const std::int64_t value : table(name, n, INT32_MIN / factor, INT32_MAX / factor))
      result.push_back(static_cast<std::int32_t>(value * factor));
    return result;
  }

  IntegerLayer read_layer(std::size_t l, std::size_t n_sources, std::optional<PositionNetwork>& positions) {
    const std::string membrane = fmt::format("membrane_{}[", l);
    const auto n =
        static_cast<std::size_t>(header_.whole(header_.between(membrane, "]"), membrane, 1, most_neurons));
    const GeneratedText begin = source_.part(fmt::format("static void begin_{}(", l), "\n}\n");
    const GeneratedText end = source_.part(fmt::format("static void end_{}(", l), "\n}\n");
    IntegerLayer layer;
    layer.model = model_of(l, begin, end);
    layer.parameters.leak =
        per_neuron(begin.between(fmt::format("leaked(net->membrane_{}[j], ", l), ");"), n);
    layer.parameters.threshold = per_neuron(end.between("if (v > ", ") {"), n);
    constexpr std::string_view current = " + net->current[j]";
    std::string_view added = begin.between(fmt::format("net->membrane_{}[j] = v", l), ";");
    if (added.ends_with(current)) added.remove_suffix(current.size());
    if (added.starts_with(" + ")) layer.parameters.bias = per_neuron(added.substr(3), n);
    layer.incoming = {.n_sources = n_sources, .n_targets = n};
    const GeneratedText row = source_.part(fmt::format("static void add_row_{}(", l), "\n}\n");
    if (positions)
      positions->connections.push_back(read_rule(l, n_sources, row));
    else
      layer.incoming.weight = read_weights(l, n_sources, n, row);
    return layer;
  }

  IntegerModel model_of(std::size_t l, const GeneratedText& begin, const GeneratedText& end) const {
    const std::string_view range = end.between(fmt::format("kept(net->membrane_{}[j], ", l), ");");
    const std::size_t comma = std::min(range.find(", "), range.size());
    IntegerModel model;
    model.membrane = {
        source_.whole(range.substr(0, comma), "a membrane's lowest", INT32_MIN, -1),
        source_.whole(range.substr(std::min(comma + 2, range.size())), "a membrane's highest", 1, INT32_MAX)};
    model.leak_bits = native_leak_bits;
    const bool later = begin.has(") & 1) v = ");
    model.reset_time = later ? ResetTime::next_update : ResetTime::at_once;
    model.reset =
        (later ? begin.has(") & 1) v = 0;") : end.has("      v = 0;")) ? ResetTo::zero : ResetTo::subtract;
    return model;
  }

  std::vector<std::int16_t> read_weights(std::size_t l, std::size_t n_sources, std::size_t n,
                                         const GeneratedText& row) const {
    if (!row.has(fmt::format("begin_of_{}[source]", l)))
      return numbers<std::int16_t>(fmt::format("weight_{}", l), n_sources * n);
    const auto begin = numbers<std::uint32_t>(fmt::format("begin_of_{}", l), n_sources + 1);
    const std::size_t stored = std::max<std::size_t>(1, begin.back());  // C has no empty arrays
    const auto& target = table(fmt::format("target_{}", l), stored, 0, static_cast<std::int64_t>(n) - 1);
    const auto weight = numbers<std::int16_t>(fmt::format("weight_{}", l), stored);
    std::vector<std::int16_t> dense(n_sources * n);
    for (std::size_t i = 0; i < n_sources; ++i) {
      if (begin[i] > begin[i + 1] || begin[i + 1] > begin.back())
        source_.refuse(fmt::format("begin_of_{}[{}]: rows do not follow one another", l, i + 1));
      for (std::size_t at = begin[i]; at < begin[i + 1]; ++at)
        dense[i * n + static_cast<std::size_t>(target[at])] = weight[at];
    }
    return dense;
  }

  PositionNetwork read_coordinates() const {
    PositionNetwork positions;
    const GeneratedText distance = source_.part("static uint32_t squared_distance(", "\n}\n");
    positions.n_coordinates =
        static_cast<std::size_t>(distance.whole(distance.between("k < ", ";"), "k <", 1, 1000));
    for (std::size_t l = 0; tables_.contains(fmt::format("position_{}", l)); ++l) {
      const std::string name = fmt::format("position_{}", l);
      positions.position.push_back(numbers<std::int16_t>(name, tables_.at(name).size()));
      if (positions.position.back().size() % positions.n_coordinates != 0)
        source_.refuse(fmt::format("table {} has {} numbers, which are not {} for each neuron", name,
                                   positions.position.back().size(), positions.n_coordinates));
    }
    return positions;
  }

  PositionConnection read_rule(std::size_t l, std::size_t n_sources, const GeneratedText& row) const {
    PositionConnection rule;
    rule.mask = numbers<std::int16_t>(fmt::format("mask_{}", l), n_sources);
    const std::string times = fmt::format("(int32_t)mask_{}[source] * ", l);
    rule.multiplier =
        static_cast<std::uint16_t>(row.whole(row.between(times, ";"), "multiplier", 1, UINT16_MAX));
    const GeneratedText squared = row.part("squared_distance(p, q) << ", ";");
    rule.distance_shift =
        static_cast<int>(squared.whole(squared.between("<< ", ")"), "distance shift", 0, 31));
    rule.base =
        static_cast<std::uint32_t>(squared.whole(squared.between(") + ", "u"), "base", 0, UINT32_MAX));
    if (row.has("if (squared > "))
      rule.farthest = static_cast<std::uint32_t>(
          row.whole(row.between("if (squared > ", "u)"), "squared >", 0, UINT32_MAX));
    if (row.has("* inverse < "))
      rule.least = static_cast<std::uint64_t>(row.whole(row.between("* inverse < ", "u)"), "inverse <", 0));
    // "CENTRE), SHIFT, LIMITu"
    const GeneratedText scaled = row.part("((int64_t)inverse - ", ");\n");
    if (scaled.has(fmt::format("centre_{}[source]", l)))
      rule.centre = numbers<std::uint32_t>(fmt::format("centre_{}", l), n_sources);
    const std::string_view last = scaled.between("), ", "u");
    const std::size_t comma = std::min(last.find(", "), last.size());
    rule.shift = static_cast<int>(scaled.whole(last.substr(0, comma), "shift", 1, 62));
    rule.limit = static_cast<std::int32_t>(
        scaled.whole(last.substr(std::min(comma + 2, last.size())), "limit", 1, INT16_MAX));
    return rule;
  }

  // Distances below 2^32, as the rule needs them.
  void require_distances(const PositionNetwork& positions) const {
    std::int64_t lowest = INT16_MAX;
    std::int64_t highest = INT16_MIN;
    for (const auto& layer : positions.position)
      for (const std::int16_t coordinate : layer) {
        lowest = std::min<std::int64_t>(lowest, coordinate);
        highest = std::max<std::int64_t>(highest, coordinate);
      }
    const auto farthest = static_cast<double>(highest - lowest) * static_cast<double>(highest - lowest) *
                          static_cast<double>(positions.n_coordinates);
    for (const PositionConnection& rule : positions.connections)
      if (std::ldexp(farthest, rule.distance_shift) + rule.base > largest_squared)
        source_.refuse("positions are so far apart that a squared distance has more than 32 bits");
  }

  void take_weights(CExport& result) const {
    const PositionNetwork& positions = *result.positions;
    if (positions.position.size() != result.network.layers.size() + 1)
      source_.refuse(fmt::format("there are positions of {} layers, and {} layers", positions.position.size(),
                                 result.network.layers.size() + 1));
    for (std::size_t l = 0; l < result.network.layers.size(); ++l)
      if (positions.size(l) != result.network.layers[l].incoming.n_sources ||
          positions.size(l + 1) != result.network.layers[l].size())
        source_.refuse(
            fmt::format("table position_{} or position_{} is not one of its layer's neurons", l, l + 1));
    require_distances(positions);
    result.network = with_generated_weights(std::move(result.network), positions);
  }

  void require_generated(const CExport& result) const {
    std::vector<ExportedFile> expected;
    try {
      expected = c_source(result.network, {},
                          {.name = name_,
                           .pixel_shift = result.pixel_shift,
                           .positions = result.positions ? &*result.positions : nullptr});
    } catch (const std::invalid_argument& error) {
      source_.refuse(fmt::format("its numbers make no network: {}", error.what()));
    }
    for (const ExportedFile& file : expected)
      require_same_code(file.name, text_of(files_, file.name), std::get<std::string>(file.content),
                        CommentStyle::slashes);
  }

  std::span<const ExportedFile> files_;
  std::string name_;
  GeneratedText header_;
  GeneratedText source_;
  CTables tables_;
};

}  // namespace

CExport import_c(std::span<const ExportedFile> files) {
  return Reader(files).read();
}

}  // namespace loci::backends
