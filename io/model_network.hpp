// The network description as the group /network of a model file.
#pragma once

#include "io/hdf5.hpp"
#include "sim/network.hpp"

namespace loci::io {

void write_network(hdf5::Group& root, const sim::NetworkDescription& network);
// Throws InputError for a group that is incomplete or describes no network.
sim::NetworkDescription read_network(const hdf5::Group& root);

}  // namespace loci::io
