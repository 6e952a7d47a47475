#include <fmt/format.h>

#include <algorithm>

#include "io/circuit_reader.hpp"
#include "io/hdf5.hpp"
#include "io/number_table.hpp"
#include "sim/circuit/names.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

using sim::Cell;
using sim::CellModel;
using sim::PlacementKind;

struct CellKey {
  const char* name;
  sim::PerNeuron Cell::*parameter;
  std::vector<CellModel> models;
};

const std::vector<CellKey>& cell_keys() {
  using M = CellModel;
  static const std::vector<M> all{M::lif_delta, M::lif_exp, M::adaptive_lif, M::integrator};
  static const std::vector<M> spiking{M::lif_delta, M::lif_exp, M::adaptive_lif};
  static const std::vector<M> currents{M::lif_exp, M::adaptive_lif};
  static const std::vector<CellKey> keys{
      {"tau_membrane_ms", &Cell::tau_membrane_ms, all},
      {"capacitance_pf", &Cell::capacitance_pf, all},
      {"resting_mv", &Cell::resting_mv, all},
      {"threshold_mv", &Cell::threshold_mv, spiking},
      {"reset_mv", &Cell::reset_mv, spiking},
      {"refractory_ms", &Cell::refractory_ms, spiking},
      {"tau_excitatory_ms", &Cell::tau_excitatory_ms, currents},
      {"tau_inhibitory_ms", &Cell::tau_inhibitory_ms, currents},
      {"tau_adaptation_ms", &Cell::tau_adaptation_ms, {M::adaptive_lif}},
      {"adaptation_pa", &Cell::adaptation_pa, {M::adaptive_lif}},
  };
  return keys;
}

void read_parameters(CircuitDocument& document, const std::string& prefix, Cell& cell) {
  const auto model = document.toml.get_or<std::string>(prefix + "model", std::string(name_of(cell.model)));
  cell.model = sim::parse_cell_model(model, document.toml.where(prefix + "model"));
  const std::string choice = fmt::format("model = \"{}\"", model);
  for (const CellKey& key : cell_keys()) {
    if (std::ranges::count(key.models, cell.model) > 0)
      document.read(prefix + key.name, cell.*key.parameter);
    else
      document.refuse(prefix, {key.name}, choice);
  }
  document.read(prefix + "current_pa", cell.current_pa);
  if (cell.model != CellModel::lif_discrete) {
    document.refuse(prefix, {"beta", "threshold", "reset", "reset_delay"}, choice);
    return;
  }
  document.read(prefix + "beta", cell.discrete.beta);
  document.read(prefix + "threshold", cell.discrete.threshold);
  if (const auto reset = document.toml.get<std::string>(prefix + "reset"))
    cell.discrete.reset = sim::parse_reset(*reset, document.toml.where(prefix + "reset"));
  document.read(prefix + "reset_delay", cell.discrete.reset_delay);
}

void read_initial(CircuitDocument& document, const std::string& key, std::size_t size,
                  sim::InitialMembrane& initial) {
  sim::PerNeuron value(std::vector<double>{});
  document.read(key, value);
  if (!document.toml.has(key)) return;
  const auto values = value.values();
  if (values.size() == size && size > 1)
    initial = {.given_mv = {values.begin(), values.end()}};
  else if (values.size() == 1 || values.size() == 2)
    initial = {.low_mv = values.front(), .high_mv = values.back(), .given_mv = {}};
  else
    throw InputError(document.toml.where(key), fmt::format("{} values for {} neurons", values.size(), size),
                     "give one value, the lowest and the highest, or one for each neuron");
}

// (n, dims), row-major: a CSV file with columns x, y, z, or a data set as "file.h5:/path".
std::vector<double> read_positions(CircuitDocument& document, const std::string& key, std::size_t dims) {
  const std::string named = document.toml.require<std::string>(key);
  const std::size_t colon = named.rfind(':');
  if (colon != std::string::npos && hdf5::is_hdf5(document.folder / named.substr(0, colon))) {
    const auto file = hdf5::File::open(document.folder / named.substr(0, colon));
    const auto dataset = file.dataset(named.substr(colon + 1));
    const auto shape = dataset.shape();
    if (shape.size() != 2 || shape[1] != dims)
      throw InputError(dataset.where(), fmt::format("it is no array of {} coordinates for each neuron", dims),
                       "give it the shape (neurons, dimensions)");
    return dataset.read<double>();
  }
  const NumberTable table = read_number_table(document.folder / named);
  const std::vector<std::string> axes{"x", "y", "z"};
  table.refuse_unknown({axes.begin(), axes.begin() + static_cast<std::ptrdiff_t>(dims)});
  std::vector<double> positions(table.n_rows() * dims);
  for (std::size_t k = 0; k < dims; ++k)
    for (std::size_t i = 0; i < table.n_rows(); ++i) positions[i * dims + k] = table.at(axes[k])[i];
  return positions;
}

void read_box(CircuitDocument& document, const std::string& prefix, const sim::Space& space,
              sim::Placement& placement) {
  std::uint64_t dims = 0;
  document.read(prefix + "placement_dims", dims);
  if (dims > space.dims)
    throw InputError(document.toml.where(prefix + "placement_dims"),
                     fmt::format("{} dimensions in a space of {}", dims, space.dims),
                     "use no more than the space has");
  placement.dims = dims;
  const std::size_t used = dims == 0 ? space.dims : dims;
  if (document.toml.has(prefix + "lower") != document.toml.has(prefix + "extent"))
    throw InputError(document.toml.where(prefix + (document.toml.has(prefix + "lower") ? "lower" : "extent")),
                     "a box has a lower corner and an extent", "give both, or none for the whole space");
  document.read(prefix + "lower", placement.lower, used);
  document.read(prefix + "extent", placement.extent, used);
}

sim::Placement read_placement(CircuitDocument& document, const std::string& prefix, const sim::Space& space) {
  sim::Placement placement;
  const std::string kind = document.toml.get_or<std::string>(prefix + "placement", "box");
  placement.kind = sim::parse_placement_kind(kind, document.toml.where(prefix + "placement"));
  const std::string choice = fmt::format("placement = \"{}\"", kind);
  const bool grid = placement.kind == PlacementKind::grid;
  if (grid || placement.kind == PlacementKind::box)
    read_box(document, prefix, space, placement);
  else
    document.refuse(prefix, {"placement_dims", "lower", "extent"}, choice);
  if (grid) {
    const auto shape = document.toml.require<std::vector<std::uint64_t>>(prefix + "shape");
    const std::size_t dims = placement.dims == 0 ? space.dims : placement.dims;
    if (shape.size() != dims)
      throw InputError(document.toml.where(prefix + "shape"),
                       fmt::format("{} numbers in {} dimensions", shape.size(), dims),
                       "give one for each dimension");
    std::ranges::copy(shape, placement.shape.begin());
    document.read(prefix + "jitter", placement.jitter);
  } else {
    document.refuse(prefix, {"shape", "jitter"}, choice);
  }
  if (placement.kind == PlacementKind::disc || placement.kind == PlacementKind::sphere ||
      placement.kind == PlacementKind::ball) {
    for (std::size_t k = 0; k < space.dims; ++k) placement.centre[k] = space.lower[k] + 0.5 * space.extent[k];
    document.read(prefix + "centre", placement.centre, placement.kind == PlacementKind::disc ? 2 : 3);
    document.read(prefix + "radius", placement.radius);
  } else {
    document.refuse(prefix, {"centre", "radius"}, choice);
  }
  if (placement.kind == PlacementKind::given)
    placement.positions = read_positions(document, prefix + "positions", space.dims);
  else
    document.refuse(prefix, {"positions"}, choice);
  document.read(prefix + "offset", placement.offset);
  return placement;
}

}  // namespace

sim::InitialMembrane at_rest(const sim::Cell& cell, std::size_t size) {
  const auto resting = cell.resting_mv.values();
  if (cell.model == CellModel::lif_discrete || resting.empty()) return {};
  if (resting.size() == size && size > 1) return {.given_mv = {resting.begin(), resting.end()}};
  return {.low_mv = resting.front(), .high_mv = resting.front(), .given_mv = {}};
}

void read_cell(CircuitDocument& document, const std::string& prefix, sim::Population& population) {
  read_parameters(document, prefix, population.cell);
  read_initial(document, prefix + "initial_mv", population.size, population.initial);
}

sim::Population read_population(CircuitDocument& document, const std::string& name, const sim::Space& space) {
  const std::string prefix = "population." + name + ".";
  sim::Population population;
  population.name = name;
  population.size = document.toml.require<std::uint64_t>(prefix + "size");
  read_parameters(document, prefix, population.cell);
  population.initial = at_rest(population.cell, population.size);
  read_initial(document, prefix + "initial_mv", population.size, population.initial);
  document.read(prefix + "mask", population.mask);
  population.placement = read_placement(document, prefix, space);
  return population;
}

}  // namespace loci::io
