// Circuits described in TOML (docs/circuits.md): populations, projections, inputs, and how to run them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "sim/circuit/circuit.hpp"

namespace loci::io {

struct CircuitFile {
  sim::Circuit circuit;
  double duration_ms = 1000.0;
  bool record_spikes = true;
  std::string text;  // as it was written
};

// Files that the circuit names are looked for beside it. Throw InputError with file, line and column for what
// cannot be understood; what makes no sense is sim::validate()'s to refuse.
CircuitFile load_circuit(const std::filesystem::path& path);
CircuitFile parse_circuit(std::string_view text, const std::string& name,
                          const std::filesystem::path& folder);

}  // namespace loci::io
