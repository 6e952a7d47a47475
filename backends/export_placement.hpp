// Where the neurons of an export go on a target of several cores: chosen on calibration samples, measured on
// others, beside other placements.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/core_placement.hpp"
#include "backends/exported_file.hpp"

namespace loci::backends {

enum class PlacementBy {
  best,       // whichever causes the fewest messages
  positions,  // the best of the methods that go by learned positions, refined
  layers,     // as neurons are numbered
  random,
};
std::string_view name_of(PlacementBy by);
// Throws InputError at `where` for another name.
PlacementBy parse_placement(const std::string& text, const std::string& where);

struct PlacedBy {
  PlacementBy by = PlacementBy::layers;  // not best
  std::string method;                    // in full: "bisection by layer, refined"
  std::string refusal;                   // why it could not be; empty: it could
  CorePlacement placement;
  CoreTraffic traffic;
};

// What the fullest core holds, of each kind for itself.
struct CoreLoad {
  std::size_t neurons = 0;
  std::size_t input_axons = 0;
  std::size_t output_axons = 0;
  std::size_t synapse_bits = 0;
};

struct ExportPlacement {
  CoreCapacity core;
  std::vector<PlacedBy> tried;  // by positions, where there are any; by layers; random
  std::size_t chosen = 0;       // of them
  CoreLoad fullest;
  std::size_t n_samples = 0;  // that traffic is of

  const PlacedBy& choice() const { return tried[chosen]; }
};

// The placement that is asked for; for best, the one of fewest messages, then of fewest cores, then by
// layers. Throws InputError where it cannot be, and for positions that a network does not have.
ExportPlacement place_for_export(const CoreNetwork& network, const CoreCapacity& core, PlacementBy by,
                                 std::uint64_t seed = 1);
// Counts messages anew, with other numbers of spikes. network: the same but for these.
void measure(ExportPlacement& placement, const CoreNetwork& network, std::size_t n_samples);

inline constexpr const char* placement_name = "placement.csv";
// layer, index and core of each neuron but the input, a line each below a line of headings. Layers count from
// 1, indices and cores from 0.
ExportedFile placement_file(const ExportPlacement& placement, const CoreNetwork& network);

// For certificates; lines end with a line break.
std::string placement_text(const ExportPlacement& placement);
nlohmann::json placement_json(const ExportPlacement& placement);

}  // namespace loci::backends
