// Whether a target can hold a network: every limit that is broken, with how far off and what would help.
#pragma once

#include <string>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/quantiser.hpp"
#include "backends/target.hpp"

namespace loci::backends {

struct BrokenLimit {
  std::string limit;    // what is limited, and where: "fan-in, layer 1"
  std::string allowed;  // by the target
  std::string needed;   // by the network
  std::string excess;   // how far off
  std::string remedy;   // what would help
};

// All of them; none where the network fits. Numbers that are not finite come first, and alone.
std::vector<BrokenLimit> broken_limits(const FloatNetwork& network, const TargetDescription& target,
                                       Drive drive = Drive::spikes);

// A table, a line each, without a line break at the end.
std::string limits_table(const std::vector<BrokenLimit>& broken);

// Throws InputError with the table of all that is broken, if anything is.
void require_fits(const FloatNetwork& network, const TargetDescription& target, Drive drive = Drive::spikes);

// The leak's factor or, where the target leaks linearly, nothing that depends on beta alone: nearest to
// beta * 2^leak_bits, for a target that leaks multiplicatively.
std::int64_t leak_factor(double beta, const IntegerModel& model);

}  // namespace loci::backends
