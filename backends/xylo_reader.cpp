#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends/json_file.hpp"
#include "backends/xylo.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

constexpr int synaptic_dash = 1;
constexpr double synaptic_gain = 1 << synaptic_dash;
constexpr std::int64_t longest_dash = 15;
constexpr std::size_t most_neurons = 2000;

class Reader {
 public:
  Reader(std::span<const ExportedFile> files, XyloDevice device)
      : file_(read_json_file(files, ".xylo.json", "loci-xylo", xylo_version)), device_(device) {}

  FloatNetwork read() {
    try {
      if (file_.document.at("device") != name_of(device_))
        file_.refuse(fmt::format("it is for device {}, not for {}", file_.document.at("device").dump(),
                                 name_of(device_)));
      return network();
    } catch (const json::exception& error) {
      file_.refuse(fmt::format("something is missing or altered: {}", error.what()));
    }
  }

 private:
  const json& spec(const std::string& name) const { return file_.document.at("specification").at(name); }

  FloatNetwork network() const {
    const auto sizes = file_.document.at("loci_network").at("sizes").get<std::vector<std::size_t>>();
    const auto scale = file_.document.at("loci_network").at("scale").get<std::vector<double>>();
    if (sizes.size() < 3 ||
        std::ranges::any_of(sizes, [](std::size_t n) { return n < 1 || n > most_neurons; }))
      file_.refuse("loci_network has no sizes of layers");
    if (scale.size() != 2 ||
        std::ranges::any_of(scale, [](double s) { return !(s > 0.0) || !std::isfinite(s); }))
      file_.refuse("loci_network has no scales");
    const std::size_t n_hidden = std::accumulate(sizes.begin() + 1, sizes.end() - 1, std::size_t{0});
    require_plain(n_hidden, sizes.back());
    FloatNetwork network;
    std::size_t row = 0;     // of the layer's first source in a matrix
    std::size_t column = 0;  // of its first neuron
    for (std::size_t l = 1; l < sizes.size(); ++l) {
      const bool first = l == 1;
      const bool last = l + 1 == sizes.size();
      const std::string matrix = first ? "weights_in" : last ? "weights_out" : "weights_rec";
      FloatLayer layer{.n_sources = sizes[l - 1], .n_targets = sizes[l]};
      take_neurons(last ? "_out" : "", last ? 0 : column, last ? sizes.back() : n_hidden, scale[last ? 1 : 0],
                   layer);
      take_weights(matrix, row, first || last ? 0 : column, scale[last ? 1 : 0], layer);
      if (!first) row += layer.n_sources;
      column += layer.n_targets;
      network.layers.push_back(std::move(layer));
    }
    require_no_other(network, sizes, n_hidden);
    return network;
  }

  std::vector<std::int64_t> numbers(const std::string& name, std::size_t n, std::int64_t lowest,
                                    std::int64_t highest) const {
    auto values = spec(name).get<std::vector<std::int64_t>>();
    if (values.size() != n) file_.refuse(fmt::format("{} has {} numbers, not {}", name, values.size(), n));
    for (std::size_t i = 0; i < n; ++i)
      if (values[i] < lowest || values[i] > highest)
        file_.refuse(fmt::format("{}[{}]: {} is not within {} to {}", name, i, values[i], lowest, highest));
    return values;
  }

  // A layer has one number of a kind.
  std::int64_t common(const std::string& name, std::size_t first, std::size_t n,
                      const std::vector<std::int64_t>& values) const {
    for (std::size_t i = first; i < first + n; ++i)
      if (values[i] != values[first])
        file_.refuse(fmt::format("{}[{}] is {}, and {} in the neurons of its layer before it", name, i,
                                 values[i], values[first]));
    return values[first];
  }

  void take_neurons(const std::string& end, std::size_t first, std::size_t n, double scale,
                    FloatLayer& layer) const {
    const TargetNumbers limits = xylo_target(device_).numbers;
    const auto threshold = numbers("threshold" + end, n, limits.threshold.lowest, limits.threshold.highest);
    const auto dash = numbers("dash_mem" + end, n, 0, longest_dash);
    const auto bias = numbers("bias" + end, n, limits.bias->lowest, limits.bias->highest);
    layer.lif = {
        .beta =
            1.0 - std::ldexp(1.0, -static_cast<int>(common("dash_mem" + end, first, layer.n_targets, dash))),
        .threshold = static_cast<double>(common("threshold" + end, first, layer.n_targets, threshold)) /
                     (synaptic_gain * scale),
        .reset = sim::Reset::subtract,
        .reset_delay = false};
    for (std::size_t j = first; j < first + layer.n_targets; ++j)
      layer.bias.push_back(static_cast<double>(bias[j]) / (synaptic_gain * scale));
  }

  void take_weights(const std::string& name, std::size_t first_row, std::size_t first_column, double scale,
                    FloatLayer& layer) const {
    const json& matrix = spec(name);
    const Range range = xylo_target(device_).numbers.weight;
    for (std::size_t i = 0; i < layer.n_sources; ++i) {
      const auto row = matrix.at(first_row + i).get<std::vector<std::int64_t>>();
      if (row.size() < first_column + layer.n_targets)
        file_.refuse(fmt::format("row {} of {} is too short", first_row + i, name));
      for (std::size_t j = 0; j < layer.n_targets; ++j) {
        const std::int64_t weight = row[first_column + j];
        if (!range.contains(weight))
          file_.refuse(fmt::format("{}[{}][{}]: {} is not within {} to {}", name, first_row + i,
                                   first_column + j, weight, range.lowest, range.highest));
        layer.weight.push_back(static_cast<float>(static_cast<double>(weight) / scale));
      }
    }
  }

  // Matrices of the right sizes, and no weight but those between layers that follow one another.
  void require_no_other(const FloatNetwork& network, const std::vector<std::size_t>& sizes,
                        std::size_t n_hidden) const {
    const auto require = [&](const std::string& name, std::size_t n_rows, std::size_t n_columns,
                             std::size_t n_edges) {
      const auto matrix = spec(name).get<std::vector<std::vector<std::int64_t>>>();
      std::size_t n = 0;
      for (const auto& row : matrix) {
        if (row.size() != n_columns)
          file_.refuse(fmt::format("{} has a row of {} weights, not {}", name, row.size(), n_columns));
        n += row.size() - static_cast<std::size_t>(std::ranges::count(row, 0));
      }
      if (matrix.size() != n_rows)
        file_.refuse(fmt::format("{} has {} rows, not {}", name, matrix.size(), n_rows));
      if (n != n_edges)
        file_.refuse(
            fmt::format("{} has {} weights between neurons that are not of layers that follow one another",
                        name, n - n_edges));
    };
    const auto edges = [](const FloatLayer& layer) { return count_edges(layer).total; };
    std::size_t recurrent = 0;
    for (std::size_t l = 1; l + 1 < network.layers.size(); ++l) recurrent += edges(network.layers[l]);
    require("weights_in", sizes.front(), sizes[1], edges(network.layers.front()));
    require("weights_rec", n_hidden, n_hidden, recurrent);
    require("weights_out", n_hidden, sizes.back(), edges(network.layers.back()));
  }

  // What loci always writes alike, and computes as if it were.
  void require_plain(std::size_t n_hidden, std::size_t n_outputs) const {
    for (const char* shift : {"weight_shift_in", "weight_shift_rec", "weight_shift_out"})
      if (spec(shift) != 0) file_.refuse(fmt::format("{} is not 0", shift));
    for (const json& alias : spec("aliases"))
      if (!alias.empty()) file_.refuse("neurons have aliases");
    numbers("dash_syn", n_hidden, synaptic_dash, synaptic_dash);
    numbers("dash_syn_out", n_outputs, synaptic_dash, synaptic_dash);
    if (file_.document.at("specification").contains("dash_syn_2"))
      numbers("dash_syn_2", n_hidden, synaptic_dash, synaptic_dash);
  }

  JsonFile file_;
  XyloDevice device_;
};

}  // namespace

FloatNetwork import_xylo(std::span<const ExportedFile> files, XyloDevice device) {
  return Reader(files, device).read();
}

}  // namespace loci::backends
