#include "io/circuit_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "io/circuit_reader.hpp"
#include "sim/circuit/names.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

void read_space(CircuitDocument& document, sim::Space& space) {
  std::uint64_t dims = 2;
  document.read("space.dims", dims);
  if (dims > 3)
    throw InputError(document.toml.where("space.dims"), fmt::format("{} dimensions", dims),
                     "use 1, 2 or 3; 0 is no space");
  space.dims = dims;
  document.read("space.lower", space.lower, dims);
  document.read("space.extent", space.extent, dims);
  document.read("space.periodic", space.periodic);
}

std::set<std::string> names_of(const sim::Circuit& circuit) {
  std::set<std::string> names;
  for (const sim::Population& each : circuit.populations) names.insert(each.name);
  return names;
}

void read_run(CircuitDocument& document, CircuitFile& file) {
  document.read("run.duration_ms", file.duration_ms);
  if (const auto engine = document.toml.get<std::string>("run.engine"))
    file.engine = sim::parse_engine_request(*engine, document.toml.where("run.engine"));
  if (file.engine == sim::EngineRequest::clock && document.toml.has("run.engine"))
    document.refuse("run.", {"on_grid"}, "engine = \"clock\"");
  document.read("run.on_grid", file.on_grid);
}

}  // namespace

void CircuitDocument::read(const std::string& key, sim::PerNeuron& value) {
  if (toml.is_array(key))
    value = sim::PerNeuron(toml.require<std::vector<double>>(key));
  else if (const auto one = toml.get<double>(key))
    value = *one;
}

void CircuitDocument::read(const std::string& key, std::array<double, 3>& value, std::size_t dims) {
  const auto given = toml.get<std::vector<double>>(key);
  if (!given) return;
  if (given->size() != dims)
    throw InputError(toml.where(key), fmt::format("{} coordinates in {} dimensions", given->size(), dims),
                     "give one for each dimension");
  std::ranges::copy(*given, value.begin());
}

std::vector<std::string> CircuitDocument::texts(const std::string& key) {
  if (toml.is_array(key)) return toml.require<std::vector<std::string>>(key);
  return {toml.require<std::string>(key)};
}

std::filesystem::path CircuitDocument::file(const std::string& key) {
  return folder / toml.require<std::string>(key);
}

void CircuitDocument::refuse(const std::string& prefix, std::initializer_list<const char*> keys,
                             const std::string& choice) const {
  for (const char* key : keys)
    if (toml.has(prefix + key))
      throw InputError(toml.where(prefix + key), fmt::format("'{}' means nothing with {}", key, choice),
                       "remove it, or choose otherwise");
}

CircuitFile parse_circuit(std::string_view text, const std::string& name,
                          const std::filesystem::path& folder) {
  CircuitDocument document{TomlConfig::parse(text, name), folder};
  CircuitFile file;
  file.text = text;
  sim::Circuit& circuit = file.circuit;
  document.read("circuit.step_ms", circuit.step_ms);
  document.read("circuit.seed", circuit.seed);
  if (document.toml.has_section("space")) read_space(document, circuit.space);
  if (document.toml.has_section("sonata")) read_sonata_populations(document, file);
  const std::set<std::string> in_files = names_of(circuit);
  for (const std::string& population : document.toml.names_in("population"))
    if (!in_files.contains(population))
      circuit.populations.push_back(read_population(document, population, circuit.space));
  if (document.toml.has_section("sonata")) read_sonata_projections(document, file);
  for (std::size_t i = 0; i < document.toml.n_tables("projection"); ++i)
    read_projections(document, fmt::format("projection.{}.", i), circuit);
  for (std::size_t i = 0; i < document.toml.n_tables("input"); ++i)
    read_inputs(document, fmt::format("input.{}.", i), circuit);
  read_record(document, file);
  read_run(document, file);
  document.toml.refuse_unknown();
  return file;
}

CircuitFile load_circuit(const std::filesystem::path& path) {
  const TomlConfig config = TomlConfig::load(path);
  return parse_circuit(config.text(), path.string(), path.parent_path());
}

}  // namespace loci::io
