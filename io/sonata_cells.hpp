// Cells as SONATA's model_template and dynamics_params: one table serves writer and reader.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/circuit/circuit.hpp"

namespace loci::io {

namespace hdf5 {
class Group;
}

// "nest:iaf_psc_delta", or "loci:..." where NEST has no such neuron.
std::string sonata_template(sim::CellModel model);

// Writes a data set (n) of float64 for each parameter that the model reads, and the initial membrane. For the
// discrete neuron also what comes closest to it in continuous time, which is not read back.
void write_dynamics(hdf5::Group& dynamics_params, const sim::Population& population, double step_ms);

// What the group has, whatever the case of its letters (E_L, e_l); the rest as `population` has it.
// Gives the names of those parameters of the population's model that are missing. Throws InputError for
// values that are not finite and for data sets that are not (n).
std::vector<std::string> read_dynamics(const hdf5::Group& dynamics_params, sim::Population& population);

// Of a template; empty for one that loci does not know.
std::optional<sim::CellModel> sonata_model(const std::string& model_template);

}  // namespace loci::io
