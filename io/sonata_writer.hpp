// Circuits as SONATA network files: nodes with positions and parameters, edges with weights, delays and
// indices (docs/formats.md).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "io/file_format.hpp"

namespace loci::sim {
struct Circuit;
class Connectivity;
}  // namespace loci::sim

namespace loci::io {

inline constexpr int sonata_format_version = 1;

// Further attributes of a population's nodes: (n) each, by name.
using SonataColumns = std::map<std::string, std::vector<float>>;

struct SonataNodeOptions {
  bool double_positions = false;           // float64 instead of float32
  std::span<const SonataColumns> columns;  // one for each population, or none
};

struct SonataEdgeOptions {
  std::size_t ranges_at_once = std::size_t{1} << 22;  // of the index held in memory, 16 bytes each
  bool double_weights = false;                        // float64 instead of float32; likewise
  bool double_delays = false;
};

// Each writes its file and, beside it, the table of types (sonata_types_path), all or nothing for each. Nodes
// are numbered within their population as in the circuit. Throw InputError for names that HDF5 cannot hold
// and where the files cannot be written.
void write_sonata_nodes(const std::filesystem::path& path, const sim::Circuit& circuit,
                        const sim::Connectivity& connectivity, const Provenance& provenance,
                        const SonataNodeOptions& options = {});
// One edge population for each projection: "<source>_to_<target>", the second such "<source>_to_<target>_2".
// Edges by source, then target, then delay and weight. Memory does not grow with the number of edges. Throws
// InputError for a weight that float32, where that is the type, cannot hold. Delays are those of the
// connectivity: whole steps, or off the grid as they are.
void write_sonata_edges(const std::filesystem::path& path, const sim::Circuit& circuit,
                        const sim::Connectivity& connectivity, const Provenance& provenance,
                        const SonataEdgeOptions& options = {});

}  // namespace loci::io
