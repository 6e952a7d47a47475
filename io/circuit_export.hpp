// A circuit as a folder of files that other programs read, and loci reads back as the same circuit.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/circuit_file.hpp"
#include "io/file_format.hpp"
#include "io/sonata_writer.hpp"

namespace loci::sim {
class Connectivity;
}

namespace loci::io {

struct CircuitExport {
  std::filesystem::path folder;
  bool double_weights = false;         // float64; else float32
  std::vector<SonataColumns> columns;  // further attributes of nodes, by population; may be empty
};

// The files that an export of this circuit writes, by name.
std::vector<std::string> exported_files(const CircuitFile& file);

// nodes.h5 and edges.h5 with their tables of types (SONATA), circuit_config.json, which names them to other
// programs, and circuit.toml, which does so to loci and has the inputs, the run and what is recorded. All or
// nothing: files of these names are replaced once all new ones are complete. Positions are float64, and so
// are delays off the grid: nothing that an engine reads is rounded, but weights to float32 unless told
// otherwise. Throws InputError where the folder cannot be written, and as write_sonata_nodes() and
// write_sonata_edges() do.
void export_circuit(const CircuitExport& target, const CircuitFile& file,
                    const sim::Connectivity& connectivity, const Provenance& provenance);

// What circuit.toml says beside the network itself: step and seed, inputs, run and record, as TOML.
std::string circuit_text(const CircuitFile& file);

}  // namespace loci::io
