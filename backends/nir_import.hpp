// NIR graphs as networks that train, run and export here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/nir_export.hpp"
#include "backends/nir_graph.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"

namespace loci::backends {

// What NIR does not say. Not given: what the file's metadata say, or else steps of 1e-4 s in s, forward Euler
// and resets to v_reset.
struct NirImportOptions {
  std::optional<double> dt;              // of a step, in the file's unit of time
  std::optional<std::string> time_unit;  // "s", "ms" or "us"
  std::optional<NirIntegrator> integrator;
  std::optional<sim::Reset> reset;
  bool ignore_delays = false;
};

struct NirImport {
  sim::NetworkDescription network;  // dense, of spiking layers
  sim::Parameters parameters;
  double dt = 0.0;
  std::string time_unit;
  std::vector<std::string> notes;  // what was taken for granted, changed or left out, a sentence each
};

// Weights are (in, out), as networks here have them. A file that nir_of() wrote gives the same spikes as the
// network it was made from. Throws InputError at `where` for what layers here cannot hold (nir_chain.hpp,
// nir_neurons.hpp) and for weights beyond single precision.
NirImport network_of(const NirGraph& graph, const NirImportOptions& options, const std::string& where);

}  // namespace loci::backends
