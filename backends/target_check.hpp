// Whether a target can hold a network in whole numbers, and if not, why.
#pragma once

#include <string>
#include <vector>

#include "backends/integer_network.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// A limit that is broken.
struct Misfit {
  std::string problem;  // which, what the network needs and what the target has
  std::string remedy;
};

// All limits that a network breaks; empty if it fits.
std::vector<Misfit> misfits(const IntegerNetwork& network, const TargetDescription& target);

// Throws InputError that lists all of them.
void refuse(const std::vector<Misfit>& found, const std::string& target);
void require_fits(const IntegerNetwork& network, const TargetDescription& target);

}  // namespace loci::backends
