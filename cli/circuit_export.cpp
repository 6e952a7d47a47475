#include "cli/circuit_export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/circuit_run.hpp"
#include "cli/machine_memory.hpp"
#include "io/circuit_export.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

void require_free(const std::filesystem::path& folder, const io::CircuitFile& file,
                  const CircuitExportOptions& options) {
  if (std::filesystem::exists(folder) && !std::filesystem::is_directory(folder))
    throw InputError(folder.string(), "this is a file", "name a folder with --out");
  std::vector<std::filesystem::path> inputs = file.sonata_files;
  inputs.emplace_back(options.circuit);
  std::error_code ignored;
  for (const std::string& name : io::exported_files(file)) {
    const auto path = folder / name;
    for (const auto& input : inputs)
      if (std::filesystem::equivalent(path, input, ignored))
        throw InputError(path.string(), "the circuit is read from this file", "name another with --out");
    if (!options.force && std::filesystem::exists(path))
      throw InputError(path.string(), "the file exists",
                       "replace it with --force or name another folder with --out");
  }
}

// What has to be known to run it as it was.
std::vector<std::string> notes_of(const io::CircuitFile& file, const CircuitExportOptions& options,
                                  bool off_grid) {
  std::vector<std::string> notes = file.notes;
  if (!off_grid && file.engine != sim::EngineRequest::clock && !file.on_grid)
    notes.emplace_back("delays are rounded to steps; --off-grid keeps them as they are");
  if (options.precision == "exact") notes.emplace_back("run it with --precision exact, too");
  return notes;
}

}  // namespace

int export_circuit(const CircuitExportOptions& options) {
  const sim::Precision precision = parse_precision(options.precision);
  io::CircuitFile file = io::load_circuit(options.circuit);
  if (options.seed) file.circuit.seed = *options.seed;
  const std::filesystem::path folder =
      options.out.empty() ? std::filesystem::path(options.circuit).stem().string() : options.out;
  require_free(folder, file, options);
  const bool off_grid = options.off_grid || (file.engine == sim::EngineRequest::event && !file.on_grid);
  const sim::Connectivity connectivity(file.circuit, {.precision = precision,
                                                      .procedural = options.procedural,
                                                      .n_threads = options.n_threads,
                                                      .off_grid = off_grid,
                                                      .memory_bytes = available_memory_bytes()});
  io::export_circuit({.folder = folder, .double_weights = precision == sim::Precision::exact}, file,
                     connectivity, {.seed = file.circuit.seed, .configuration = file.text});
  std::vector<std::string> written;
  for (const std::string& name : io::exported_files(file)) written.push_back((folder / name).string());
  const nlohmann::json json{{"circuit", options.circuit},
                            {"neurons", file.circuit.n_neurons()},
                            {"synapses", connectivity.n_edges()},
                            {"precision", options.precision},
                            {"on_grid", !off_grid},
                            {"seed", file.circuit.seed},
                            {"notes", notes_of(file, options, off_grid)},
                            {"written", written}};
  if (options.output.json) {
    print_json(json);
    return 0;
  }
  fmt::print("{}: {} neurons, {} synapses\n", options.circuit, file.circuit.n_neurons(),
             json["synapses"].get<std::size_t>());
  for (const auto& note : json["notes"]) fmt::print("  note: {}\n", note.get<std::string>());
  fmt::print("  written: {}\n", fmt::join(written, ", "));
  return 0;
}

}  // namespace loci::cli
