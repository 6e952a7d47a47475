#include "experiments/measures.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "learning/pruning.hpp"

namespace loci::experiments {
namespace {

using nlohmann::json;

// A way of choosing edges to remove, in words and for the program.
struct Removal {
  std::string name;
  sim::PrunedBy by;
  learning::PruningScope scope;
};

json pruning_curves(const TrainedNetwork& trained, const std::vector<Removal>& removals,
                    const learning::Workers& workers) {
  const auto inputs = learning::mean_inputs(trained.network, trained.parameters, trained.objective,
                                            trained.train, trained.encoder, workers);
  const auto shares = learning::usual_shares();
  json curves;
  for (const auto& [name, by, scope] : removals)
    for (const bool folds : {false, true})
      curves[folds ? name + ", folded" : name] = learning::pruned_accuracies(
          trained.network, trained.parameters, trained.objective, {.by = by, .scope = scope}, shares,
          folds ? std::optional(inputs) : std::nullopt, trained.test, trained.encoder, workers);
  return {{"share", shares}, {"curves", curves}};
}

json pruning(const TrainedNetwork& trained, const learning::Workers& workers) {
  using learning::PruningScope;
  using sim::PrunedBy;
  std::vector<Removal> removals{{"smallest weights, by connection", PrunedBy::weight, PruningScope::layer},
                                {"smallest weights, globally", PrunedBy::weight, PruningScope::global}};
  if (trained.network.spatial())
    removals.push_back({"longest edges, by connection", PrunedBy::length, PruningScope::layer});
  return pruning_curves(trained, removals, workers);
}

json soft_pruning(const TrainedNetwork& trained, const learning::Workers& workers) {
  return pruning_curves(
      trained,
      {{"soft threshold, by connection", sim::PrunedBy::soft_threshold, learning::PruningScope::layer}},
      workers);
}

json layer_coordinates(const TrainedNetwork& trained) {
  json layers = json::array();
  if (!trained.network.spatial() || !trained.network.relaxed()) return layers;
  const std::size_t n_coordinates = trained.network.n_coordinates();
  for (std::size_t l = 0; l < trained.network.n_layers(); ++l) {
    const auto positions = trained.parameters.group("position", l);
    std::vector<double> z;
    for (std::size_t at = n_coordinates - 1; at < positions.size(); at += n_coordinates)
      z.push_back(positions[at]);
    std::ranges::sort(z);
    json quantiles;
    for (const double share : {0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0})
      quantiles.push_back(
          z[static_cast<std::size_t>(std::lround(share * static_cast<double>(z.size() - 1)))]);
    constexpr std::size_t n_bins = 40;
    const double width = (z.back() - z.front()) / n_bins;
    std::vector<double> edges;
    for (std::size_t b = 0; b <= n_bins; ++b) edges.push_back(z.front() + static_cast<double>(b) * width);
    std::vector<std::size_t> counts(n_bins);
    for (const double value : z) {
      const double place = width > 0.0 ? (value - z.front()) / width : 0.0;
      ++counts[std::min(static_cast<std::size_t>(place), n_bins - 1)];
    }
    layers.push_back({{"quantiles", quantiles}, {"edge", edges}, {"count", counts}});
  }
  return layers;
}

// Four digits are more than a picture shows.
double rounded(double value) {
  if (value == 0.0 || !std::isfinite(value)) return 0.0;
  const double scale = std::pow(10.0, 3 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

template <typename Values>
json rows(const Values& values, std::size_t n_columns) {
  json table = json::array();
  for (std::size_t begin = 0; begin < values.size(); begin += n_columns) {
    json& row = table.emplace_back(json::array());
    for (std::size_t column = 0; column < n_columns; ++column) row.push_back(rounded(values[begin + column]));
  }
  return table;
}

json activity(const TrainedNetwork& trained, const learning::Workers& workers) {
  const auto& [network, parameters, objective, encoder, train, test] = trained;
  const auto images = sim::class_means(train);
  json result{{"positions", json::array()}, {"activity", json::array()}};
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    if (trained.network.spatial())
      result["positions"].push_back(rows(parameters.group("position", l), network.n_coordinates()));
    if (l == 0) continue;
    const auto sent = learning::layer_activity(network, parameters, objective, l, images, encoder, workers);
    result["activity"].push_back(rows(sent, network.sizes[l]));
  }
  return result;
}

}  // namespace

json measure(const std::string& name, const TrainedNetwork& trained, const learning::Workers& workers) {
  if (name == "pruning") return pruning(trained, workers);
  if (name == "soft_pruning") return soft_pruning(trained, workers);
  if (name == "layers") return layer_coordinates(trained);
  if (name == "activity") return activity(trained, workers);
  throw std::invalid_argument("no measure of this name: " + name);
}

}  // namespace loci::experiments
