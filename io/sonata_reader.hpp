// SONATA network files, ours and those of other programs, as descriptions of populations and projections.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/file_format.hpp"
#include "sim/circuit/circuit.hpp"

namespace loci::io {

// What files may leave out.
struct SonataDefaults {
  sim::Cell cell;  // model and parameters
  sim::InitialMembrane initial;
  double weight = 1.0;
  double delay_ms = 1.0;
};

struct SonataNodes {
  FileStamp stamp;  // format "sonata-nodes" for a file of another program
  // Ours: as it was. Others: the box around all neurons, its last dimensions dropped where all are at 0.
  sim::Space space;
  std::vector<sim::Population> populations;      // placement: given; masks 1, for weights are signed
  std::vector<std::string> virtual_populations;  // of them: sources of spikes without a membrane
  std::vector<std::string> notes;                // one line for whatever the defaults stood in for
};

// Throws InputError for several groups in a population, numbers that are not finite, several kinds of neuron
// in one population, and data sets that do not fit each other.
SonataNodes read_sonata_nodes(const std::filesystem::path& path, const SonataDefaults& defaults = {});

struct SonataEdges {
  FileStamp stamp;                           // format "sonata-edges" for a file of another program
  std::vector<sim::Projection> projections;  // rule: given; one for each edge population
  std::vector<std::string> notes;
};

// Indices are not needed and not read. `nsyns` synapses of one pair become one with so many times the weight.
// Throws InputError as above, and for edges of a population or of a node that does not exist.
SonataEdges read_sonata_edges(const std::filesystem::path& path, std::span<const sim::Population> populations,
                              const SonataDefaults& defaults = {});

}  // namespace loci::io
