#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/circuit_reader.hpp"
#include "io/sonata_reader.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

std::vector<std::filesystem::path> files_at(CircuitDocument& document, const std::string& key) {
  std::vector<std::filesystem::path> files;
  for (const std::string& name : document.texts(key)) files.push_back(document.folder / name);
  if (files.empty()) throw InputError(document.toml.where(key), "no file is named", "name at least one");
  return files;
}

// Membranes that neither the file nor its user speaks of start at their rest, which is known last.
constexpr double unsaid = std::numeric_limits<double>::quiet_NaN();

SonataDefaults read_defaults(CircuitDocument& document) {
  sim::Population population;
  population.initial.low_mv = unsaid;
  read_cell(document, "sonata.cell.", population);
  SonataDefaults defaults{.cell = population.cell, .initial = population.initial};
  document.read("sonata.weight", defaults.weight);
  document.read("sonata.delay_ms", defaults.delay_ms);
  return defaults;
}

// The smallest box around both.
sim::Space around(const sim::Space& a, const sim::Space& b) {
  sim::Space both = a;
  both.dims = std::max(a.dims, b.dims);
  for (std::size_t k = 0; k < 3; ++k) {
    both.lower[k] = std::min(a.lower[k], b.lower[k]);
    both.extent[k] = std::max(a.lower[k] + a.extent[k], b.lower[k] + b.extent[k]) - both.lower[k];
  }
  return both;
}

// Coordinates of as many dimensions as the space has: further ones are 0, and none that is not gets lost.
void fit(sim::Population& population, std::size_t dims, std::size_t space_dims, const std::string& where) {
  auto& positions = population.placement.positions;
  std::vector<double> fitted(population.size * space_dims, 0.0);
  for (std::size_t i = 0; i < population.size; ++i)
    for (std::size_t k = 0; k < dims; ++k) {
      const double x = positions[i * dims + k];
      if (k < space_dims)
        fitted[i * space_dims + k] = x;
      else if (x != 0.0)
        throw InputError(where,
                         fmt::format("neuron {} of '{}' has the coordinate {} in dimension {}, and the space "
                                     "has {}",
                                     i, population.name, x, k + 1, space_dims),
                         "give the space more dimensions");
    }
  positions = std::move(fitted);
  // Without space there are no places.
  if (space_dims == 0) population.placement = {};
}

void read_section(CircuitDocument& document, sim::Population& population, bool is_virtual,
                  std::vector<std::string>& notes) {
  const std::string prefix = fmt::format("population.{}.", population.name);
  document.refuse(prefix,
                  {"size", "placement", "placement_dims", "lower", "extent", "centre", "radius", "shape",
                   "jitter", "offset", "positions"},
                  "a population of a SONATA file");
  if (is_virtual && !document.toml.has(prefix + "model")) {
    population.cell.model = sim::CellModel::integrator;
    notes.push_back(
        fmt::format("population '{}': virtual, and without a model it sends no spikes", population.name));
  }
  read_cell(document, prefix, population);
  document.read(prefix + "mask", population.mask);
  if (population.initial.given_mv.empty() && std::isnan(population.initial.low_mv))
    population.initial = at_rest(population.cell, population.size);
}

struct Placed {
  std::filesystem::path path;
  sim::Space space;
};

sim::Space space_of(const std::vector<Placed>& files) {
  sim::Space space = files.front().space;
  for (const Placed& file : files) {
    if (file.space == space) continue;
    if (file.space.periodic || space.periodic)
      throw InputError(file.path.string(), "its space is another than that of the file before, and periodic",
                       "say in [space] which holds");
    space = around(space, file.space);
  }
  return space;
}

}  // namespace

void read_sonata_populations(CircuitDocument& document, CircuitFile& file) {
  const SonataDefaults defaults = read_defaults(document);
  sim::Circuit& circuit = file.circuit;
  std::vector<Placed> files;
  std::vector<std::size_t> file_of;  // by population
  for (const auto& path : files_at(document, "sonata.nodes")) {
    SonataNodes nodes = read_sonata_nodes(path, defaults);
    for (sim::Population& population : nodes.populations) {
      const bool is_virtual = std::ranges::count(nodes.virtual_populations, population.name) > 0;
      read_section(document, population, is_virtual, nodes.notes);
      circuit.populations.push_back(std::move(population));
      file_of.push_back(files.size());
    }
    for (const std::string& note : nodes.notes)
      file.notes.push_back(fmt::format("{}: {}", path.filename().string(), note));
    files.push_back({path, nodes.space});
    file.sonata_files.push_back(path);
  }
  if (!document.toml.has_section("space")) circuit.space = space_of(files);
  for (std::size_t p = 0; p < circuit.populations.size(); ++p)
    fit(circuit.populations[p], files[file_of[p]].space.dims, circuit.space.dims,
        files[file_of[p]].path.string());
}

void read_sonata_projections(CircuitDocument& document, CircuitFile& file) {
  if (!document.toml.has("sonata.edges")) return;
  const SonataDefaults defaults = read_defaults(document);
  for (const auto& path : files_at(document, "sonata.edges")) {
    SonataEdges edges = read_sonata_edges(path, file.circuit.populations, defaults);
    for (const std::string& note : edges.notes)
      file.notes.push_back(fmt::format("{}: {}", path.filename().string(), note));
    for (sim::Projection& projection : edges.projections) {
      if (projection.edges.source.empty())
        file.notes.push_back(fmt::format("{}: no edge from '{}' to '{}'", path.filename().string(),
                                         projection.source, projection.target));
      else
        file.circuit.projections.push_back(std::move(projection));
    }
    file.sonata_files.push_back(path);
  }
}

}  // namespace loci::io
