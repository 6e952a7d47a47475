// Refuses circuits that make no sense, before anything is built from them.
#pragma once

#include "sim/circuit/circuit.hpp"

namespace loci::sim {

// More Poisson spikes than this in one step are beyond what a count in a byte holds: from here on more than
// 255 occur with a probability above 2^-32.
inline constexpr double most_poisson_mean = 160.0;

// Throws InputError that names the population, projection or input, the parameter with its value, and what to
// do. off_grid: for the event engine, delays and times of spikes need not reach a step.
void validate(const Circuit& circuit, bool off_grid = false);

}  // namespace loci::sim
