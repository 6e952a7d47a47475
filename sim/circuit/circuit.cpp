#include "sim/circuit/circuit.hpp"

#include <algorithm>
#include <cmath>

#include "sim/error.hpp"

namespace loci::sim {

double DistanceKernel::operator()(double distance) const {
  switch (shape) {
    case KernelShape::inverse_distance:
      return amplitude * length / std::max(distance, floor);
    case KernelShape::gaussian:
      return amplitude * std::exp(-distance * distance / (2 * length * length));
    case KernelShape::exponential:
      return amplitude * std::exp(-distance / length);
    default:
      return amplitude;
  }
}

std::size_t Circuit::n_neurons() const {
  std::size_t n = 0;
  for (const Population& population : populations) n += population.size;
  return n;
}

Step longest_delay(const Circuit& circuit, const Projection& rule) {
  const std::string where = "projection '" + rule.source + "' to '" + rule.target + "'";
  double distance = 0.0;
  if (std::isfinite(rule.velocity)) {
    for (std::size_t k = 0; k < circuit.space.dims; ++k) {
      const double side = circuit.space.extent[k] * (circuit.space.periodic ? 0.5 : 1.0);
      distance += side * side;
    }
    distance = std::min(std::sqrt(distance), rule.cutoff);
  }
  double delay_ms = rule.delay_ms + distance / rule.velocity;
  for (const double each : rule.edges.delay_ms) delay_ms = std::max(delay_ms, each);
  const Step steps = steps_from_ms(delay_ms, circuit.step_ms, OffGrid::round, where);
  if (steps > 0xFFFF)
    throw InputError(where, "a delay of " + std::to_string(delay_ms) + " ms is more than 65,535 steps",
                     "use a shorter delay, a higher velocity or a longer step");
  return steps;
}

}  // namespace loci::sim
