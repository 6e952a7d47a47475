// loci simulate and loci info for circuits described in TOML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "cli/console.hpp"
#include "sim/circuit/synapse_table.hpp"

namespace loci::cli {

struct CircuitRunOptions {
  std::string circuit;
  std::string out = "spikes.h5";
  std::string format = "sonata";
  std::string engine;  // empty: the file's
  bool on_grid = false;
  bool off_grid = false;  // neither: as the file says
  std::string precision = "single";
  std::optional<double> duration_ms;  // else the file's
  std::optional<std::uint64_t> seed;
  std::uint64_t n_threads = 1;
  bool procedural = false;
  bool force = false;
  Output output;
};

// By its name: what else there is are models.
bool is_circuit(const std::filesystem::path& path);

// Throws InputError for anything but "single" and "exact".
sim::Precision parse_precision(const std::string& text);

int simulate_circuit(const CircuitRunOptions& options);

// What the circuit will have, without building it.
nlohmann::json circuit_json(const std::string& path);
void print_circuit(const nlohmann::json& json, bool config);

}  // namespace loci::cli
