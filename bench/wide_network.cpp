#include "bench/wide_network.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

#include "learning/neighbourhood.hpp"
#include "sim/neighbours.hpp"
#include "sim/random.hpp"

namespace loci::bench {
namespace {

constexpr std::size_t n_inputs = 64;
constexpr std::size_t n_classes = 10;
constexpr std::size_t most_pairs = std::size_t{4} << 20;

enum Draw : std::uint32_t { pixel_draw, label_draw, bias_draw, pair_draw };

sim::LabelledImages random_images(std::size_t n_images, std::uint64_t seed) {
  sim::LabelledImages images{
      .name = "random", .height = 8, .width = 8, .n_classes = n_classes, .pixels = {}, .labels = {}};
  for (std::size_t at = 0; at < n_images * n_inputs; ++at)
    images.pixels.push_back(
        static_cast<std::uint8_t>(sim::random_words(seed, sim::Stream::test, at, pixel_draw)[0] >> 24));
  for (std::size_t sample = 0; sample < n_images; ++sample)
    images.labels.push_back(static_cast<std::uint8_t>(
        sim::random_words(seed, sim::Stream::test, sample, label_draw)[0] % n_classes));
  return images;
}

// The distance that this share of the pairs between the wide layers is within.
double quantile_of_distances(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                             double share, std::uint64_t seed) {
  const sim::SpatialPairs<float> pairs(network, parameters, 1);
  const std::size_t n = network.sizes[1];
  std::vector<float> distances;
  if (n * n <= most_pairs) {
    for (std::size_t pair = 0; pair < n * n; ++pair) distances.push_back(pairs.distance(pair / n, pair % n));
  } else {
    std::vector<std::uint64_t> indices(most_pairs);
    std::iota(indices.begin(), indices.end(), std::uint64_t{0});
    std::vector<std::array<std::uint32_t, 4>> words(most_pairs);
    sim::random_words(seed, sim::Stream::test, indices, pair_draw, words);
    for (const auto& word : words) distances.push_back(pairs.distance(word[0] % n, word[1] % n));
  }
  const auto at = static_cast<std::size_t>(share * static_cast<double>(distances.size()));
  const auto quantile = distances.begin() + static_cast<std::ptrdiff_t>(std::min(at, distances.size() - 1));
  std::nth_element(distances.begin(), quantile, distances.end());
  return *quantile;
}

// Currents of the order of one, however many neurons send them.
std::vector<double> scales_for(std::size_t n, double edges) {
  return {1.0, 1.0 / std::sqrt(edges), 1.0 / std::sqrt(static_cast<double>(n))};
}

std::size_t count_edges(const WideNetwork& wide, std::size_t connection) {
  const auto& [network, parameters] = std::tie(wide.network, wide.parameters);
  const std::size_t n_pairs = network.sizes[connection] * network.sizes[connection + 1];
  if (!std::isfinite(network.cutoff)) return n_pairs;
  const double gap = wide.parameters.squared_gap(network, connection);
  const auto radius = static_cast<float>(std::sqrt(std::max(0.0, network.cutoff * network.cutoff - gap)));
  const std::size_t n_coordinates = network.n_coordinates();
  const auto pre = parameters.group("position", connection);
  const sim::CellList cells(parameters.group("position", connection + 1), n_coordinates, radius);
  std::size_t n_edges = 0;
  std::vector<std::uint32_t> found;
  for (std::size_t at = 0; at < pre.size(); at += n_coordinates) {
    cells.near_point(pre.subspan(at, n_coordinates), radius, found);
    n_edges += found.size();
  }
  return n_edges;
}

}  // namespace

WideNetwork make_wide_network(const WideOptions& options) {
  const bool spiking = options.neuron == "snn";
  sim::NetworkDescription network{
      .sizes = {n_inputs, options.n, options.n, n_classes},
      .wiring = options.mode == "dense" ? sim::Wiring::dense : sim::Wiring::spatial,
      .neuron = spiking ? sim::NeuronModel::lif : sim::NeuronModel::relu,
      .dims = 3};
  const auto n = static_cast<double>(options.n);
  const double edges = options.mode == "culled" ? std::min(options.edges, n) : n;
  if (network.spatial()) network.weight_scale = scales_for(options.n, edges);
  const sim::Initialisation initialisation{
      .spread = 3.0 * std::sqrt(n / 2048.0), .gap = options.gap, .seed = options.seed};
  auto parameters = sim::initialise(network, initialisation);
  if (options.mode == "culled")
    network.cutoff = quantile_of_distances(network, parameters, edges / n, options.seed);
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    sim::fill_uniform(parameters.group("bias", l), 0.0F, spiking ? 0.5F : 1.0F, options.seed,
                      sim::Stream::test, bias_draw + static_cast<std::uint32_t>(l) * 16);
  const learning::Objective objective{
      .loss = spiking ? learning::Loss::ce_count : learning::Loss::cross_entropy,
      .n_steps = spiking ? options.steps : 1};
  return {.network = network,
          .initialisation = initialisation,
          .objective = objective,
          .parameters = std::move(parameters),
          .images = random_images(options.batch, options.seed)};
}

void keep_off_the_cutoff(WideNetwork& wide) {
  constexpr double margin = 1e-4;
  auto& network = wide.network;
  if (!std::isfinite(network.cutoff)) return;
  const double lower = network.cutoff * (1 - margin);
  const double upper = network.cutoff * (1 + margin);
  std::vector<double> distances{lower, upper};
  const auto exact = sim::in_double(network, wide.parameters);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const sim::SpatialPairs<double> pairs(network, exact, l);
    for (std::size_t i = 0; i < network.sizes[l]; ++i)
      for (std::size_t j = 0; j < network.sizes[l + 1]; ++j)
        if (const double distance = pairs.distance(i, j); distance > lower && distance < upper)
          distances.push_back(distance);
  }
  std::ranges::sort(distances);
  std::size_t widest = 1;
  for (std::size_t at = 1; at < distances.size(); ++at)
    if (distances[at] - distances[at - 1] > distances[widest] - distances[widest - 1]) widest = at;
  network.cutoff = (distances[widest] + distances[widest - 1]) / 2;
}

std::vector<PairCount> count_pairs(const WideNetwork& wide) {
  const auto& network = wide.network;
  const bool culled = std::isfinite(network.cutoff);
  std::vector<learning::PanelLayout> panels;
  for (const std::size_t size : network.sizes)
    panels.emplace_back(size, culled ? learning::narrow_panel : learning::wide_panel);
  learning::Neighbourhood neighbourhood(network, panels);
  neighbourhood.update(wide.parameters, learning::Workers(1));
  std::vector<PairCount> counts(network.n_connections());
  for (std::size_t l = 0; l < counts.size(); ++l) {
    counts[l].edges = count_edges(wide, l);
    for (std::size_t p = 0; p < panels[l + 1].size(); ++p)
      for (const std::uint32_t q : neighbourhood.near_pre(l, p))
        counts[l].made += panels[l][q].width * panels[l + 1][p].width;
  }
  return counts;
}

}  // namespace loci::bench
