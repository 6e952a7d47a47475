// Trained layered networks as a folder of SONATA files, which loci runs as a circuit.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/file_format.hpp"
#include "sim/encoder.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::io {

struct LayeredExport {
  std::filesystem::path folder;
  std::size_t n_steps = 25;                  // that each layer runs
  const sim::SpikeTrains* sample = nullptr;  // what drives the input in circuit.toml; nothing if null
};

// The files that an export writes, by name.
std::vector<std::string> layered_export_files();

// sim::layered_circuit() as export_circuit() writes it. Neurons of more than three dimensions have all their
// coordinates as further attributes, position_0 and so on. Throws InputError as both do.
void export_layered(const LayeredExport& target, const sim::NetworkDescription& network,
                    const sim::Parameters& parameters, const sim::SpatialGraph& graph,
                    const Provenance& provenance);

}  // namespace loci::io
