// A network in whole numbers whose weights are made from positions instead of stored: what changes by it.
#pragma once

#include <vector>

#include "backends/fidelity.hpp"
#include "backends/float_network.hpp"
#include "backends/position_weights.hpp"
#include "backends/scale_search.hpp"
#include "backends/target.hpp"

namespace loci::backends {

struct GeneratedWeights {
  PositionNetwork positions;  // what makes the weights
  PropertyFidelity weights;   // bits of the grid, and how many weights differ from rounded ones
};

// Puts the weights that positions make at the network's scales in the place of its rounded ones, makes biases
// coarser where they need more than 16 bits, and counts the losses of both again. Each layer has to have one
// scale. Throws what quantise_positions() throws.
GeneratedWeights generate_weights(const sim::NetworkDescription& description,
                                  const sim::Parameters& parameters, const FloatNetwork& trained,
                                  const TargetDescription& target, QuantisedNetwork& network);

// Adds what the weights are made from to what is said of them.
void add_to(std::vector<PropertyFidelity>& properties, const GeneratedWeights& generated);

}  // namespace loci::backends
