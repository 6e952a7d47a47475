// Which engine runs a circuit, and the run.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/circuit_outputs.hpp"
#include "cli/console.hpp"
#include "io/circuit_file.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/event.hpp"
#include "sim/circuit/statistics.hpp"

namespace loci::cli {

struct EngineRequest {
  sim::EngineRequest engine = sim::EngineRequest::clock;
  bool on_grid = false;  // of the event engine
  sim::ConnectivityOptions edges;
};

struct EnginePlan {
  bool event = false;
  bool on_grid = true;
  std::string reason;  // where the program chose: why
  double events_per_neuron_step = 0.0;
  std::unique_ptr<sim::Connectivity> connectivity;

  const char* name() const { return event ? "event" : "clock"; }
};

// Builds the edges as the engine needs them; to choose, it may run a pilot on the clock engine.
EnginePlan plan_engine(const io::CircuitFile& file, const EngineRequest& request, const Output& output);

// Runs the circuit to its end; gives what the event engine counted. The engine's constructor throws for what
// it cannot simulate before the outputs are opened.
std::optional<sim::CircuitEventCounts> run_circuit(const io::CircuitFile& file, const EnginePlan& plan,
                                                   CircuitOutputs& outputs, const std::string& configuration,
                                                   sim::SpikeStatistics& statistics, const Output& output);

}  // namespace loci::cli
