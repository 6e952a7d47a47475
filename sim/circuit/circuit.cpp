#include "sim/circuit/circuit.hpp"

#include <cmath>

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

}  // namespace loci::sim
