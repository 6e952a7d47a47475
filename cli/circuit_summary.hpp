// What is said of a circuit's run, as JSON and for a person.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "sim/circuit/event.hpp"
#include "sim/circuit/statistics.hpp"

namespace loci::cli {

// Of all neurons, and of each population.
nlohmann::json statistics_json(const sim::Circuit& circuit, const sim::SpikeStatistics& statistics,
                               sim::Step end);
nlohmann::json counts_json(const sim::CircuitEventCounts& counts);

void print_circuit_run(const nlohmann::json& json);

}  // namespace loci::cli
