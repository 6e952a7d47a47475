// Which rounding fits given parameters: scales of weights, step of positions.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/parameters.hpp"

namespace loci::sim {

// The scale of each connection, S = n / threshold of the layer after it (n for rate networks), which keeps
// thresholds whole: of the n on a ladder from 1 to 2^(bits + 7) whose rungs are a sixteenth apart, the one
// with the least sum of |difference|^1.5 between connection_weights() rounded to so many bits and as they
// are; or the power of two with the least, if that is not a quarter more. Of spiking networks weights count
// as within twice the threshold: one spike over more than that fires the neuron however much it is. Positions
// and masks count as the network rounds them.
std::vector<double> fitted_scales(const NetworkDescription& network, const Parameters& parameters,
                                  std::size_t bits);

// The smallest power of two with which so many bits reach every coordinate.
double fitted_step(const Parameters& parameters, std::size_t bits);

}  // namespace loci::sim
