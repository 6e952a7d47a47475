// The parts of a circuit's description, each from its section. Inside io alone.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "io/circuit_file.hpp"
#include "io/toml_config.hpp"
#include "sim/circuit/circuit.hpp"

namespace loci::io {

// A document and the folder in which the files lie that it names.
struct CircuitDocument {
  TomlConfig toml;
  std::filesystem::path folder;

  // One value for all or a list with one for each; `value` where the key is missing.
  void read(const std::string& key, sim::PerNeuron& value);
  void read(const std::string& key, std::array<double, 3>& value, std::size_t dims);
  template <typename T>
  void read(const std::string& key, T& value) {
    value = toml.get_or<T>(key, value);
  }
  // One text or several.
  std::vector<std::string> texts(const std::string& key);
  std::filesystem::path file(const std::string& key);
  // Refuses those of the keys that are there, since they mean nothing with the choice that was made.
  void refuse(const std::string& prefix, std::initializer_list<const char*> keys,
              const std::string& choice) const;
};

// Where a membrane starts that nobody speaks of.
sim::InitialMembrane at_rest(const sim::Cell& cell, std::size_t size);
// Keys of the model, its parameters, and where its membranes start, the rest as the population has them.
// `size` values of initial_mv are one for each neuron.
void read_cell(CircuitDocument& document, const std::string& prefix, sim::Population& population);
sim::Population read_population(CircuitDocument& document, const std::string& name, const sim::Space& space);
// One for each pair of source and target.
void read_projections(CircuitDocument& document, const std::string& prefix, sim::Circuit& circuit);
// One for each target.
void read_inputs(CircuitDocument& document, const std::string& prefix, sim::Circuit& circuit);
// What to record. The circuit's populations are known.
void read_record(CircuitDocument& document, CircuitFile& file);
// The populations of the files of nodes that [sonata] names, with what their sections say otherwise, and the
// space around them.
void read_sonata_populations(CircuitDocument& document, CircuitFile& file);
// The edges of its files of edges. All populations are known.
void read_sonata_projections(CircuitDocument& document, CircuitFile& file);

}  // namespace loci::io
