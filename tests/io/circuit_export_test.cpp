// The part of a circuit that SONATA has no place for, written as TOML and read back.
#include "io/circuit_export.hpp"

#include <catch2/catch.hpp>

using namespace loci;
using sim::InputKind;

TEST_CASE("inputs, run and record come back from the text of an export") {
  io::CircuitFile file;
  sim::Circuit& circuit = file.circuit;
  circuit.step_ms = 0.25;
  circuit.seed = 77;
  const std::string odd = "a \"b\"\\\t";  // a name that TOML has to escape
  circuit.populations = {{.name = "e", .size = 3, .initial = {.low_mv = -70, .high_mv = -70}}};
  circuit.inputs = {
      {.target = "e",
       .kind = InputKind::poisson,
       .rate_hz = sim::PerNeuron({0.1, 1e-7, 1e20}),
       .weight = 1.0 / 3},
      {.target = "e",
       .kind = InputKind::poisson,
       .rate_hz = 5.0,
       .weight = -2,
       .start_ms = 3,
       .stop_ms = 8.25},
      {.target = "e", .kind = InputKind::regular, .weight = 4, .start_ms = 0.5, .interval_ms = 0.75},
      {.target = "e", .kind = InputKind::trains, .weight = 0.1, .times_ms = {1, 2.5}, .neurons = {2, 0}},
      {.target = odd, .kind = InputKind::trains, .times_ms = {1}, .neurons = {1}, .weights = {-0.7}},
      {.target = "e",
       .kind = InputKind::current,
       .stop_ms = 30,
       .current_times_ms = {0, 10},
       .currents_pa = {12.5, -1e300}}};
  file.duration_ms = 12.25;
  file.engine = sim::EngineRequest::automatic;
  file.on_grid = true;
  file.record_spikes = false;
  file.rates_ms = 0.7;
  file.traces = {{"e", {0, 2}, io::TraceQuantity::membrane_mv, 0.5}};

  const auto again =
      io::parse_circuit("[population.e]\nsize = 3\n" + io::circuit_text(file), "net.toml", ".");
  CHECK(again.circuit == circuit);
  CHECK(again.duration_ms == file.duration_ms);
  CHECK(again.engine == file.engine);
  CHECK(again.on_grid);
  CHECK_FALSE(again.record_spikes);
  CHECK(again.rates_ms == 0.7);
  CHECK(again.traces == file.traces);
}
