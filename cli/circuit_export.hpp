// loci export CIRCUIT.toml: description -> edges -> a folder of files that other programs read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/console.hpp"

namespace loci::cli {

struct CircuitExportOptions {
  std::string circuit;
  std::string out;  // empty: after the circuit
  std::string precision = "single";
  std::optional<std::uint64_t> seed;
  std::uint64_t n_threads = 1;
  bool procedural = false;
  bool off_grid = false;
  bool force = false;
  Output output;
};

int export_circuit(const CircuitExportOptions& options);

}  // namespace loci::cli
