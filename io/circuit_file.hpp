// Circuits described in TOML (docs/circuits.md): populations, projections, inputs, and how to run them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/trace_file.hpp"
#include "sim/circuit/circuit.hpp"
#include "sim/circuit/engine_choice.hpp"

namespace loci::io {

// Which neurons of a population show what, from 0 ms on.
struct TraceRequest {
  std::string population;
  std::vector<std::uint64_t> neurons;  // rising
  TraceQuantity quantity = TraceQuantity::membrane_mv;
  double interval_ms = 0.1;

  bool operator==(const TraceRequest&) const = default;
};

struct CircuitFile {
  sim::Circuit circuit;
  double duration_ms = 1000.0;
  sim::EngineRequest engine = sim::EngineRequest::clock;
  bool on_grid = false;  // the event engine's times are whole steps
  bool record_spikes = true;
  double rates_ms = 0.0;             // bins of population rates; 0: none
  std::vector<TraceRequest> traces;  // of one quantity all have one interval
  std::vector<std::string> notes;    // what defaults stood in for in SONATA files
  std::vector<std::filesystem::path> sonata_files;
  std::string text;  // as it was written
};

// Files that the circuit names are looked for beside it. Throw InputError with file, line and column for what
// cannot be understood; what makes no sense is sim::validate()'s to refuse.
CircuitFile load_circuit(const std::filesystem::path& path);
CircuitFile parse_circuit(std::string_view text, const std::string& name,
                          const std::filesystem::path& folder);

}  // namespace loci::io
