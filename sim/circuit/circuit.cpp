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

bool Cell::uniform() const {
  const PerNeuron* parameters[] = {&tau_membrane_ms,   &capacitance_pf,    &resting_mv,   &threshold_mv,
                                   &reset_mv,          &refractory_ms,     &current_pa,   &tau_excitatory_ms,
                                   &tau_inhibitory_ms, &tau_adaptation_ms, &adaptation_pa};
  return std::ranges::all_of(parameters, [](const PerNeuron* each) { return each->uniform(); });
}

std::size_t find_population(const Circuit& circuit, const std::string& name, const std::string& where) {
  std::string known;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    if (circuit.populations[p].name == name) return p;
    known += (known.empty() ? "" : ", ") + circuit.populations[p].name;
  }
  throw InputError(where, "there is no population '" + name + "'", "use one of: " + known);
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

Step shortest_delay(const Circuit& circuit, const Projection& rule) {
  const bool given = rule.rule == ConnectionRule::given && !rule.edges.delay_ms.empty();
  const double delay_ms = given ? std::ranges::min(rule.edges.delay_ms) : rule.delay_ms;
  return steps_from_ms(delay_ms, circuit.step_ms, OffGrid::round,
                       "projection '" + rule.source + "' to '" + rule.target + "'");
}

}  // namespace loci::sim
