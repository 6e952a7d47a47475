#include "io/sonata_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <vector>

#include "io/hdf5.hpp"
#include "sim/names.hpp"

namespace loci::io {
namespace {

using sim::Cell;
using sim::CellModel;
using sim::PerNeuron;

constexpr NameTable<CellModel, 5> templates{{{CellModel::lif_delta, "nest:iaf_psc_delta"},
                                             {CellModel::lif_exp, "nest:iaf_psc_exp"},
                                             {CellModel::adaptive_lif, "loci:adaptive_lif"},
                                             {CellModel::lif_discrete, "loci:lif_discrete"},
                                             {CellModel::integrator, "loci:integrator"}}};

// Which models read a parameter, as bits.
constexpr unsigned bit(CellModel model) {
  return 1U << static_cast<unsigned>(model);
}
constexpr unsigned adaptive = bit(CellModel::adaptive_lif);
constexpr unsigned with_currents = adaptive | bit(CellModel::lif_exp);
constexpr unsigned firing = with_currents | bit(CellModel::lif_delta);
constexpr unsigned continuous = firing | bit(CellModel::integrator);

struct Parameter {
  const char* name;  // NEST's, in small letters; ms, pF, mV, pA
  PerNeuron Cell::*member;
  unsigned models;
};
const std::array<Parameter, 11> parameters{{{"tau_m", &Cell::tau_membrane_ms, continuous},
                                            {"c_m", &Cell::capacitance_pf, continuous},
                                            {"e_l", &Cell::resting_mv, continuous},
                                            {"i_e", &Cell::current_pa, continuous},
                                            {"v_th", &Cell::threshold_mv, firing},
                                            {"v_reset", &Cell::reset_mv, firing},
                                            {"t_ref", &Cell::refractory_ms, firing},
                                            {"tau_syn_ex", &Cell::tau_excitatory_ms, with_currents},
                                            {"tau_syn_in", &Cell::tau_inhibitory_ms, with_currents},
                                            {"tau_w", &Cell::tau_adaptation_ms, adaptive},
                                            {"b", &Cell::adaptation_pa, adaptive}}};

void write_values(hdf5::Group& group, const std::string& name, const PerNeuron& values, std::size_t n) {
  std::vector<double> column(n);
  for (std::size_t i = 0; i < n; ++i) column[i] = values[i];
  group.write<double>(name, column, {n}, {.chunk_rows = 65'536, .deflate_level = 1});
}

void write_initial(hdf5::Group& group, const sim::Population& population) {
  const sim::InitialMembrane& initial = population.initial;
  if (!initial.given_mv.empty()) {
    write_values(group, "v_init", PerNeuron(initial.given_mv), population.size);
    return;
  }
  write_values(group, "v_init_low", initial.low_mv, population.size);
  write_values(group, "v_init_high", initial.high_mv, population.size);
}

std::optional<std::vector<double>> read_values(const hdf5::Group& group, const std::string& name,
                                               std::size_t n) {
  for (const std::string& stored : group.names()) {
    std::string small = stored;
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (small != name) continue;
    const hdf5::Dataset dataset = group.dataset(stored);
    auto values = dataset.read<double>({n});
    const auto bad = std::ranges::find_if(values, [](double value) { return !std::isfinite(value); });
    if (bad != values.end())
      throw InputError(dataset.where(), fmt::format("it is {} for node {}", *bad, bad - values.begin()),
                       "give a finite value for every node");
    return values;
  }
  return std::nullopt;
}

PerNeuron shortest(std::vector<double> values) {
  const bool uniform =
      !values.empty() && std::ranges::all_of(values, [&](double value) { return value == values.front(); });
  return uniform ? PerNeuron(values.front()) : PerNeuron(std::move(values));
}

void read_initial(const hdf5::Group& group, sim::Population& population) {
  const auto low = read_values(group, "v_init_low", population.size);
  const auto high = read_values(group, "v_init_high", population.size);
  if (low && high && !low->empty())
    population.initial = {.low_mv = low->front(), .high_mv = high->front(), .given_mv = {}};
  for (const char* name : {"v_init", "v_m"})  // V_m: as NEST calls its membrane
    if (auto given = read_values(group, name, population.size)) {
      population.initial.given_mv = std::move(*given);
      return;
    }
}

// For programs that know no discrete neuron: a membrane that decays as much in a step. A reset by subtraction
// has no value that the membrane is reset to.
void write_continuous(hdf5::Group& group, const sim::Lif& lif, std::size_t n, double step_ms) {
  if (lif.beta > 0.0 && lif.beta < 1.0) write_values(group, "tau_m", -step_ms / std::log(lif.beta), n);
  write_values(group, "e_l", 0.0, n);
  write_values(group, "v_th", lif.threshold, n);
  if (lif.reset == sim::Reset::zero) write_values(group, "v_reset", 0.0, n);
}

void write_discrete(hdf5::Group& group, const sim::Population& population, double step_ms) {
  const sim::Lif& lif = population.cell.discrete;
  write_continuous(group, lif, population.size, step_ms);
  if (population.cell.current_pa != PerNeuron(0.0))
    write_values(group, "i_e", population.cell.current_pa, population.size);
  write_values(group, "beta", lif.beta, population.size);
  write_values(group, "threshold", lif.threshold, population.size);
  group.write_attribute("reset", std::string(sim::name_of(lif.reset)));
  group.write_attribute("reset_delay", std::uint8_t{lif.reset_delay});
}

void read_discrete(const hdf5::Group& group, sim::Population& population) {
  sim::Lif& lif = population.cell.discrete;
  const auto read = [&](const char* name, double& to) {
    const auto values = read_values(group, name, population.size);
    if (!values || values->empty()) return;
    if (!shortest(*values).uniform())
      throw InputError(group.where(), fmt::format("{} differs from node to node", name),
                       "split the population: a discrete neuron has one for all");
    to = values->front();
  };
  if (auto current = read_values(group, "i_e", population.size))
    population.cell.current_pa = shortest(std::move(*current));
  read("beta", lif.beta);
  read("threshold", lif.threshold);
  if (group.has_attribute("reset"))
    lif.reset = sim::parse_reset(group.read_string_attribute("reset"), group.where());
  if (group.has_attribute("reset_delay"))
    lif.reset_delay = group.read_attribute<std::uint8_t>("reset_delay") != 0;
}

}  // namespace

std::string sonata_template(CellModel model) {
  return std::string(find_name(templates, model));
}

void write_dynamics(hdf5::Group& dynamics_params, const sim::Population& population, double step_ms) {
  const Cell& cell = population.cell;
  for (const Parameter& each : parameters)
    if ((each.models & bit(cell.model)) != 0)
      write_values(dynamics_params, each.name, cell.*each.member, population.size);
  if (cell.model == CellModel::lif_discrete) write_discrete(dynamics_params, population, step_ms);
  write_initial(dynamics_params, population);
}

std::optional<CellModel> sonata_model(const std::string& model_template) {
  for (const auto& [model, name] : templates)
    if (name == model_template) return model;
  return std::nullopt;
}

std::vector<std::string> read_dynamics(const hdf5::Group& dynamics_params, sim::Population& population) {
  if (population.cell.model == CellModel::lif_discrete) {
    read_discrete(dynamics_params, population);
    read_initial(dynamics_params, population);
    return {};
  }
  std::vector<std::string> missing;
  for (const Parameter& each : parameters) {
    auto values = read_values(dynamics_params, each.name, population.size);
    if (values)
      population.cell.*each.member = shortest(std::move(*values));
    else if ((each.models & bit(population.cell.model)) != 0)
      missing.emplace_back(each.name);
  }
  read_initial(dynamics_params, population);
  return missing;
}

}  // namespace loci::io
