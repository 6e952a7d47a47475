#include "io/sonata_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_cells.hpp"
#include "io/sonata_layout.hpp"
#include "io/sonata_writer.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

using Columns = std::array<std::vector<double>, 3>;  // x, y and z of one population; empty: all 0

std::size_t count_nodes(const hdf5::Group& population) {
  for (const char* name : {"node_type_id", "node_id", "node_group_id"})
    if (population.exists(name)) return population.dataset(name).checked_length(sizeof(std::uint64_t));
  throw InputError(population.where(), "it has no node_type_id, so that its size is not known",
                   "use a complete file of the SONATA layout");
}

// Edges name nodes by their row.
void require_rows(const hdf5::Group& population, std::size_t n) {
  if (!population.exists("node_id")) return;
  const hdf5::Dataset dataset = population.dataset("node_id");
  const auto ids = dataset.read<std::uint64_t>({n});
  for (std::size_t i = 0; i < n; ++i)
    if (ids[i] != i)
      throw InputError(dataset.where(), fmt::format("row {} is node {}", i, ids[i]),
                       "rewrite the population in the order of its ids, from 0 on");
}

// The one text that all nodes have, directly or by number of the library's. Empty without that attribute.
std::string read_common_text(const hdf5::Group& group, const std::string& name, std::size_t n) {
  if (!group.exists(name)) return "";
  const hdf5::Dataset dataset = group.dataset(name);
  std::vector<std::string> texts;
  if (!group.exists("@library/" + name)) {
    texts = dataset.read_strings();
  } else {
    const auto library = group.dataset("@library/" + name).read_strings();
    for (const std::uint64_t at : dataset.read<std::uint64_t>({n})) {
      if (at >= library.size())
        throw InputError(dataset.where(), fmt::format("it names text {} of {}", at, library.size()),
                         "use another copy of the file");
      texts.push_back(library[at]);
    }
  }
  const auto other = std::ranges::find_if(texts, [&](const std::string& t) { return t != texts.front(); });
  if (other != texts.end())
    throw InputError(dataset.where(), fmt::format("it is both '{}' and '{}'", texts.front(), *other),
                     "split the population: all its neurons have one model");
  return texts.empty() ? "" : texts.front();
}

void require_finite(const std::vector<double>& values, const hdf5::Dataset& dataset, std::size_t width = 1) {
  const auto bad = std::ranges::find_if(values, [](double value) { return !std::isfinite(value); });
  if (bad != values.end())
    throw InputError(
        dataset.where(),
        fmt::format("it is {} for node {}", *bad, static_cast<std::size_t>(bad - values.begin()) / width),
        "give a finite coordinate for every node");
}

// x, y, z, or `positions` (n, 3) as older files of BMTK have it.
Columns read_positions(const hdf5::Group& group, std::size_t n) {
  Columns columns;
  if (group.exists("positions")) {
    const hdf5::Dataset dataset = group.dataset("positions");
    const auto rows = dataset.read<double>({n, 3});
    require_finite(rows, dataset, 3);
    for (std::size_t i = 0; i < rows.size(); ++i) columns[i % 3].push_back(rows[i]);
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string name(1, "xyz"[k]);
    if (!group.exists(name)) continue;
    const hdf5::Dataset dataset = group.dataset(name);
    columns[k] = dataset.read<double>({n});
    require_finite(columns[k], dataset);
  }
  return columns;
}

void read_cell(const hdf5::Group& group, sim::Population& population, SonataNodes& nodes) {
  const auto note = [&](const std::string& text) {
    nodes.notes.push_back(fmt::format("population '{}': {}", population.name, text));
  };
  if (read_common_text(group, "model_type", population.size) == "virtual") {
    nodes.virtual_populations.push_back(population.name);
    return;
  }
  const std::string model_template = read_common_text(group, "model_template", population.size);
  const auto model = sonata_model(model_template);
  if (model) population.cell.model = *model;
  if (!model && !model_template.empty())
    note(fmt::format("loci has no model '{}': taken as {}", model_template,
                     sonata_template(population.cell.model)));
  if (!group.exists("dynamics_params")) return note("no dynamics_params: the default cell");
  const auto missing = read_dynamics(group.group("dynamics_params"), population);
  if (!missing.empty()) note(fmt::format("no {}: the default", fmt::join(missing, ", ")));
}

Columns read_population(const hdf5::Group& group, const std::string& name, const SonataDefaults& defaults,
                        SonataNodes& nodes) {
  sim::Population& population = nodes.populations.emplace_back();
  population.name = name;
  population.size = count_nodes(group);
  population.cell = defaults.cell;
  population.initial = defaults.initial;
  population.placement.kind = sim::PlacementKind::given;
  if (population.size == 0)
    throw InputError(group.where(), "it has no node", "remove the population from the file");
  require_rows(group, population.size);
  const auto attributes = sonata_group(group, "node", population.size);
  if (!attributes) {
    nodes.notes.push_back(fmt::format("population '{}': no attributes: the default cell at 0", name));
    return {};
  }
  read_cell(*attributes, population, nodes);
  return read_positions(*attributes, population.size);
}

std::optional<sim::Space> read_space(const hdf5::File& file) {
  if (!file.exists("loci")) return std::nullopt;
  const hdf5::Group loci = file.group("loci");
  sim::Space space;
  space.dims = loci.read_attribute<std::uint64_t>("dims");
  space.periodic = loci.read_attribute<std::uint8_t>("periodic") != 0;
  const auto lower = loci.read_attribute_array<double>("lower");
  const auto extent = loci.read_attribute_array<double>("extent");
  if (space.dims > 3 || lower.size() != 3 || extent.size() != 3)
    throw InputError(loci.where(), "its space is none", "use another copy of the file");
  std::ranges::copy(lower, space.lower.begin());
  std::ranges::copy(extent, space.extent.begin());
  return space;
}

sim::Space space_around(const std::vector<Columns>& all) {
  sim::Space space;
  for (std::size_t k = 0; k < 3; ++k) {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    bool used = false;
    for (const Columns& columns : all) {
      for (const double x : columns[k]) {
        low = std::min(low, x);
        high = std::max(high, x);
        used = used || x != 0.0;
      }
      if (columns[k].empty()) {  // without coordinates: at 0
        low = std::min(low, 0.0);
        high = std::max(high, 0.0);
      }
    }
    if (used) space.dims = k + 1;
    space.lower[k] = low;
    space.extent[k] = high > low ? high - low : 1.0;
  }
  return space;
}

// The nearest coordinate within the box, where both are the same number at the file's single precision.
double within(const sim::Space& space, std::size_t k, double x) {
  double high = space.lower[k] + space.extent[k];
  while (high - space.lower[k] > space.extent[k]) high = std::nextafter(high, space.lower[k]);
  const double inside = std::clamp(x, space.lower[k], high);
  return static_cast<float>(inside) == static_cast<float>(x) ? inside : x;
}

void place(const sim::Space& space, const Columns& columns, sim::Population& population) {
  for (std::size_t i = 0; i < population.size; ++i)
    for (std::size_t k = 0; k < space.dims; ++k)
      population.placement.positions.push_back(within(space, k, columns[k].empty() ? 0.0 : columns[k][i]));
}

}  // namespace

SonataNodes read_sonata_nodes(const std::filesystem::path& path, const SonataDefaults& defaults) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  require_sonata(file, "nodes");
  SonataNodes nodes;
  const bool ours = file.has_attribute("format");
  nodes.stamp =
      ours ? read_stamp(file, nodes_format, sonata_format_version) : FileStamp{.format = "sonata-nodes"};
  const hdf5::Group group = file.group("nodes");
  std::vector<Columns> positions;
  for (const std::string& name : sonata_populations(file, "nodes", "populations"))
    positions.push_back(read_population(group.group(name), name, defaults, nodes));
  nodes.space = (ours ? read_space(file) : std::nullopt).value_or(space_around(positions));
  for (std::size_t p = 0; p < nodes.populations.size(); ++p)
    place(nodes.space, positions[p], nodes.populations[p]);
  return nodes;
}

}  // namespace loci::io
