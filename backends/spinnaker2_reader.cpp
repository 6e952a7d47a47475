#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "backends/json_file.hpp"
#include "backends/nir_network.hpp"
#include "backends/spinnaker2.hpp"
#include "sim/layered_circuit.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

constexpr std::size_t most_neurons = 1 << 20;

class Reader {
 public:
  explicit Reader(std::span<const ExportedFile> files)
      : files_(files),
        file_(read_json_file(files, ".spinnaker2.json", "loci-spinnaker2", spinnaker2_version)) {}

  FloatNetwork read() {
    try {
      return network();
    } catch (const json::exception& error) {
      file_.refuse(fmt::format("something is missing or altered: {}", error.what()));
    }
  }

 private:
  FloatNetwork network() {
    const json& populations = file_.document.at("populations");
    const json& projections = file_.document.at("projections");
    const std::size_t n_layers = populations.size();
    if (n_layers < 2 || projections.size() + 1 != n_layers)
      file_.refuse(
          fmt::format("{} populations and {} projections are no layers", n_layers, projections.size()));
    const FloatNetwork trained = import_nir(files_);
    if (trained.layers.size() + 1 != n_layers) file_.refuse("its layers are not those of the NIR file");
    FloatNetwork network;
    for (std::size_t l = 1; l < n_layers; ++l) {
      const std::string name = sim::layer_name(l, n_layers);
      const json& projection = projections[l - 1];
      if (populations[l].at("name") != name || projection.at("post") != name ||
          populations[l - 1].at("name") != projection.at("pre"))
        file_.refuse(
            fmt::format("population '{}' or the projection to it is missing or not in its place", name));
      network.layers.push_back(layer(populations[l - 1].at("size"), populations[l],
                                     projection.at("connections"), trained.layers[l - 1]));
    }
    return network;
  }

  // What stands in the file beside what follows from the rest of it.
  void require_same(const std::string& what, double found, double expected) const {
    if (found != expected)
      file_.refuse(fmt::format("{} is {}, and the rest of the files gives {}", what, found, expected));
  }

  FloatLayer layer(std::size_t n_sources, const json& population, const json& connections,
                   const FloatLayer& trained) const {
    const std::string name = population.at("name");
    FloatLayer layer{.n_sources = n_sources, .n_targets = population.at("size").get<std::size_t>()};
    if (layer.n_sources != trained.n_sources || layer.n_targets != trained.n_targets ||
        layer.n_targets > most_neurons)
      file_.refuse(fmt::format("population '{}' has another size than in the NIR file", name));
    const std::vector<double> scale = neurons(name, population, trained, layer);
    take_rows(name, connections, scale, layer);
    const Range range = spinnaker2_target().numbers.weight;
    const auto lowest = static_cast<double>(range.lowest);
    const auto highest = static_cast<double>(range.highest);
    for (std::size_t pair = 0; pair < layer.weight.size(); ++pair) {
      const std::size_t j = pair % layer.n_targets;
      const std::string edge = fmt::format("from {} to {} of '{}'", pair / layer.n_targets, j, name);
      require_same("the weight " + edge, std::nearbyint(layer.weight[pair] * scale[j]),
                   std::clamp(std::nearbyint(trained.weight[pair] * scale[j]), lowest, highest));
      if (layer.weight[pair] != 0.0F)
        require_same("the delay " + edge, layer.delay[pair], trained.delay.empty() ? 0 : trained.delay[pair]);
    }
    return layer;
  }

  // Thresholds, decays, biases and resets into `layer`; the scale of each neuron.
  std::vector<double> neurons(const std::string& name, const json& population, const FloatLayer& trained,
                              FloatLayer& layer) const {
    const json& params = population.at("params");
    const json& own = population.at("loci");
    const auto of_each = [&](const json& values, const char* what) {
      auto numbers = values.get<std::vector<double>>();
      if (numbers.size() != layer.n_targets)
        file_.refuse(fmt::format("'{}' has {} numbers of {} for {} neurons", name, numbers.size(), what,
                                 layer.n_targets));
      return numbers;
    };
    auto scale = of_each(own.at("scale"), "scale");
    const auto threshold = of_each(params.at("threshold"), "threshold");
    const auto offset = of_each(params.at("i_offset"), "i_offset");
    layer.bias = of_each(own.at("bias"), "bias");
    const std::string reset = params.at("reset");
    if (population.at("neuron_model") != "lif" ||
        (reset != "reset_by_subtraction" && reset != "reset_to_v_reset"))
      file_.refuse(fmt::format("'{}' has neurons or resets that are not known", name));
    layer.lif = {.beta = params.at("alpha_decay"),
                 .threshold = own.at("threshold"),
                 .reset = reset == "reset_by_subtraction" ? sim::Reset::subtract : sim::Reset::zero,
                 .reset_delay = false};
    for (std::size_t j = 0; j < layer.n_targets; ++j) {
      if (!(scale[j] > 0.0) || !std::isfinite(scale[j]))
        file_.refuse(fmt::format("'{}': scale {} of neuron {} is none", name, scale[j], j));
      require_same(fmt::format("the threshold of neuron {} of '{}'", j, name), threshold[j],
                   layer.lif.threshold * scale[j]);
      require_same(fmt::format("i_offset of neuron {} of '{}'", j, name), offset[j],
                   layer.bias[j] * scale[j]);
      require_same(fmt::format("the bias of neuron {} of '{}'", j, name), layer.bias[j], trained.bias[j]);
    }
    require_same(fmt::format("alpha_decay of '{}'", name), layer.lif.beta, trained.lif.beta);
    require_same(fmt::format("the threshold of '{}'", name), layer.lif.threshold, trained.lif.threshold);
    if (params.at("v_init") != 0.0 || params.at("v_reset") != 0.0)
      file_.refuse(fmt::format("v_init or v_reset of '{}' is not 0", name));
    return scale;
  }

  void take_rows(const std::string& name, const json& connections, const std::vector<double>& scale,
                 FloatLayer& layer) const {
    layer.weight.assign(layer.n_sources * layer.n_targets, 0.0F);
    layer.delay.assign(layer.weight.size(), 0);
    const Range weights = spinnaker2_target().numbers.weight;
    for (std::size_t row = 0; row < connections.size(); ++row) {
      const auto edge = connections[row].get<std::vector<std::int64_t>>();
      const auto within = [](std::int64_t value, std::size_t n) {
        return 0 <= value && value < static_cast<std::int64_t>(n);
      };
      const bool fits =
          edge.size() == 4 && within(edge[0], layer.n_sources) && within(edge[1], layer.n_targets) &&
          weights.contains(edge[2]) && edge[2] != 0 &&
          within(edge[3], static_cast<std::size_t>(spinnaker2_target().numbers.longest_delay) + 1);
      if (!fits)
        file_.refuse(
            fmt::format("row {} of the connections to '{}' is no [pre, post, weight, delay]", row, name));
      const std::size_t pair =
          static_cast<std::size_t>(edge[0]) * layer.n_targets + static_cast<std::size_t>(edge[1]);
      if (layer.weight[pair] != 0.0F)
        file_.refuse(fmt::format("neurons {} and {} of '{}' are joined twice", edge[0], edge[1], name));
      layer.weight[pair] = static_cast<float>(static_cast<double>(edge[2]) / scale[pair % layer.n_targets]);
      layer.delay[pair] = static_cast<sim::Step>(edge[3]);
    }
  }

  std::span<const ExportedFile> files_;
  JsonFile file_;
};

}  // namespace

FloatNetwork import_spinnaker2(std::span<const ExportedFile> files) {
  return Reader(files).read();
}

}  // namespace loci::backends
