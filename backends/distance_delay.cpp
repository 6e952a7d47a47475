#include "backends/distance_delay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/error.hpp"

namespace loci::backends {

DistanceDelays delays_from_distances(std::span<const double> distances, double velocity, double step_ms,
                                     sim::Step base, const DelayRange& range) {
  if (!(velocity > 0.0))
    throw InputError("velocity", fmt::format("{} is not a positive velocity", velocity),
                     "choose a velocity above 0");
  DistanceDelays delays;
  delays.steps.reserve(distances.size());
  for (std::size_t i = 0; i < distances.size(); ++i) {
    const sim::Step steps = base + sim::steps_from_ms(distances[i] / velocity, step_ms, sim::OffGrid::round,
                                                      fmt::format("delay of distance {}", i));
    delays.longest_wanted = std::max(delays.longest_wanted, steps);
    if (steps < range.shortest) ++delays.n_lengthened;
    if (steps > range.longest) ++delays.n_cut;
    delays.steps.push_back(std::clamp(steps, range.shortest, range.longest));
  }
  return delays;
}

DelayErrors delay_errors(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                         const sim::GraphOptions& options, const FloatNetwork& trained,
                         std::span<const std::vector<sim::Step>> exported) {
  DelayErrors errors{.shortest = std::numeric_limits<sim::Step>::max()};
  double sum = 0.0;
  const double distance_in_a_step = options.velocity * options.step_ms;
  const auto exact = sim::in_double(network, parameters);
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    const sim::SpatialPairs<double> pairs(network, exact, l);
    const FloatLayer& layer = trained.layers[l];
    for (std::size_t pair = 0; pair < layer.weight.size(); ++pair) {
      if (layer.weight[pair] == 0.0F) continue;
      const double distance = pairs.distance(pair / layer.n_targets, pair % layer.n_targets);
      const sim::Step steps = exported[l].empty() ? 0 : exported[l][pair];
      const double error = std::abs(steps - distance / distance_in_a_step);
      errors.shortest = std::min(errors.shortest, steps);
      errors.longest = std::max(errors.longest, steps);
      errors.largest_error = std::max(errors.largest_error, error);
      sum += error;
      ++errors.n_edges;
    }
  }
  if (errors.n_edges == 0) return {};
  errors.mean_error = sum / static_cast<double>(errors.n_edges);
  return errors;
}

}  // namespace loci::backends
