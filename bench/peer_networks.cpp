#include "bench/peer_networks.hpp"

#include <cmath>
#include <numbers>

#include "sim/error.hpp"

namespace loci::bench {
namespace {

using namespace loci::sim;

void join(Circuit& circuit, const Projection& rule, double excitatory, double inhibitory) {
  for (const auto& source : circuit.populations)
    for (const auto& target : circuit.populations) {
      Projection projection = rule;
      projection.source = source.name;
      projection.target = target.name;
      projection.weight.amplitude = source.name == "E" ? excitatory : inhibitory;
      circuit.projections.push_back(projection);
    }
}

Circuit cuba(std::uint64_t seed) {
  Circuit circuit{.step_ms = 0.1, .seed = seed};
  // C = tau makes R = 1, so that currents are in mV.
  const Cell cell{.model = CellModel::lif_exp,
                  .tau_membrane_ms = 20.0,
                  .capacitance_pf = 20.0,
                  .resting_mv = -49.0,
                  .threshold_mv = -50.0,
                  .reset_mv = -60.0,
                  .refractory_ms = 5.0,
                  .tau_excitatory_ms = 5.0,
                  .tau_inhibitory_ms = 10.0};
  const InitialMembrane initial{.low_mv = -60.0, .high_mv = -50.0};
  circuit.populations = {{.name = "E", .size = 3200, .cell = cell, .initial = initial},
                         {.name = "I", .size = 800, .cell = cell, .initial = initial}};
  join(circuit, {.probability = {.amplitude = 0.02}, .delay_ms = 0.8}, 1.62, -9.0);
  return circuit;
}

Circuit driven(std::uint64_t seed, std::size_t n_excitatory, std::size_t n_inhibitory) {
  Circuit circuit{.step_ms = 0.1, .seed = seed};
  const Cell cell{.model = CellModel::lif_delta,
                  .tau_membrane_ms = 20.0,
                  .capacitance_pf = 20.0,
                  .resting_mv = 0.0,
                  .threshold_mv = 20.0,
                  .reset_mv = 10.0,
                  .refractory_ms = 2.0};
  const InitialMembrane initial{.low_mv = 0.0, .high_mv = 20.0};
  circuit.populations = {{.name = "E", .size = n_excitatory, .cell = cell, .initial = initial},
                         {.name = "I", .size = n_inhibitory, .cell = cell, .initial = initial}};
  for (const char* target : {"E", "I"})
    circuit.inputs.push_back(
        {.target = target, .kind = InputKind::poisson, .rate_hz = 12'000.0, .weight = 0.1});
  return circuit;
}

Circuit brunel(std::uint64_t seed, bool indegree) {
  Circuit circuit = driven(seed, 8000, 2000);
  Projection rule{.probability = {.amplitude = 0.1}, .delay_ms = 1.5};
  if (indegree) rule.rule = ConnectionRule::fixed_indegree;
  join(circuit, rule, 0.1, -0.5);
  if (!indegree) return circuit;
  for (Projection& projection : circuit.projections)
    projection.indegree = projection.source == "E" ? 800 : 200;
  return circuit;
}

Circuit spatial(std::uint64_t seed, std::size_t dims, double size) {
  const auto n = static_cast<double>(std::llround(20'000 * size));
  const auto n_inhibitory = static_cast<std::size_t>(n / 5);
  Circuit circuit = driven(seed, static_cast<std::size_t>(n) - n_inhibitory, n_inhibitory);
  circuit.space = {.dims = dims, .periodic = true};
  const double radius =
      dims == 2 ? std::sqrt(500 / (std::numbers::pi * n)) : std::cbrt(3 * 500 / (4 * std::numbers::pi * n));
  // Delays as long as those of the network of 20,000.
  const double delay_per_radius = dims == 2 ? 20 * 0.08921 : 10 * 0.1814;
  join(circuit,
       {.cutoff = radius,
        .weight = {.shape = KernelShape::inverse_distance,
                   .length = dims == 2 ? radius / 2 : 2 * radius / 3,
                   .floor = radius / 20},
        .delay_ms = 0.5,
        .velocity = radius / delay_per_radius},
       0.1, -0.5);
  return circuit;
}

}  // namespace

sim::Circuit peer_network(const std::string& name, std::uint64_t seed, double size) {
  if (name == "cuba") return cuba(seed);
  if (name == "brunel" || name == "brunel-indegree") return brunel(seed, name != "brunel");
  if (name == "spatial2d") return spatial(seed, 2, size);
  if (name == "spatial3d") return spatial(seed, 3, size);
  throw InputError("--network", "'" + name + "' is not known",
                   "use one of: cuba, brunel, brunel-indegree, spatial2d, spatial3d");
}

}  // namespace loci::bench
