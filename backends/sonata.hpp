// What SONATA files keep of a trained network. They are written by io/layered_sonata.hpp.
#pragma once

#include <vector>

#include "backends/fidelity.hpp"

namespace loci::backends {

std::vector<PropertyFidelity> sonata_fidelity();

}  // namespace loci::backends
