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

}  // namespace loci::sim
