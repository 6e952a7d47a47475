#include "backends/distance_delay.hpp"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace loci::backends
