// Placements compared by the messages they cause, and the best of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/core_placement.hpp"

namespace loci::backends {

// Neurons move to other cores, or swap places with a neuron there, as long as messages become fewer (after
// Kernighan and Lin 1970, each pair kept only where it pays at once). Never worse, and within the capacity if
// the given placement is.
CorePlacement refined(const CoreNetwork& network, const CoreCapacity& capacity,
                      const CorePlacement& placement, int most_passes = 8);

struct PlacementTrial {
  std::string name;
  std::string refusal;  // why it could not be; empty: it could
  std::uint32_t n_cores = 0;
  CoreTraffic traffic;
};

struct PlacementReport {
  CorePlacement best;  // fewest messages, then fewest cores
  std::size_t best_trial = 0;
  std::vector<PlacementTrial> trials;  // every method that applies, then the best of them, refined
};

// Throws InputError where no method finds a placement.
PlacementReport best_placement(const CoreNetwork& network, const CoreCapacity& capacity,
                               std::uint64_t seed = 1);
// A line for each trial, messages beside those of the random placement, the best one marked.
std::string table_of(const PlacementReport& report);

}  // namespace loci::backends
