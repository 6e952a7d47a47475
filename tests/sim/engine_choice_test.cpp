// The choice of an engine: estimates worked out by hand, and what forces it.
#include "sim/circuit/engine_choice.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;
using Catch::Contains;

namespace {

double input_events(const Circuit& circuit, double duration_ms) {
  return input_events_per_neuron_step(circuit, duration_ms);
}

Circuit driven(std::size_t size, Input input) {
  Circuit circuit = one_population(size);
  input.target = "A";
  circuit.inputs = {std::move(input)};
  return circuit;
}

const auto no_pilot = []() -> double { throw std::logic_error("there was no need for a pilot"); };

}  // namespace

TEST_CASE("input is counted by neuron and step, a spike as four events") {
  // 10 neurons, 100 ms in steps of 0.1 ms: 10,000 neuron-steps.
  CHECK(input_events(driven(10, {.kind = InputKind::poisson, .rate_hz = 50.0}), 100) == Approx(4 * 0.005));
  CHECK(input_events(driven(2, {.kind = InputKind::poisson, .rate_hz = PerNeuron({10.0, 30.0})}), 100) ==
        Approx(4 * 0.002));
  CHECK(input_events(
            driven(10, {.kind = InputKind::poisson, .rate_hz = 50.0, .start_ms = 80.0, .stop_ms = 200.0}),
            100) == Approx(4 * 0.001));
  // At 5, 25, 45, 65 and 85 ms, each to all ten.
  CHECK(input_events(driven(10, {.kind = InputKind::regular, .start_ms = 5.0, .interval_ms = 20.0}), 100) ==
        Approx(4 * 50 / 1e4));
  CHECK(input_events(driven(10, {.kind = InputKind::trains, .times_ms = {1, 2, 150}, .neurons = {0, 1, 2}}),
                     100) == Approx(4 * 2 / 1e4));
  CHECK(input_events(
            driven(10, {.kind = InputKind::current, .current_times_ms = {0, 7}, .currents_pa = {1, 2}}),
            100) == Approx(4 * 20 / 1e4));
  CHECK(input_events(one_population(10), 100) == 0.0);
}

TEST_CASE("a pilot counts spikes and where they go, from the first input on") {
  // Ten neurons, all joined: a spike of one reaches nine. It is told to fire at 500 and at 550 ms.
  Circuit circuit = driven(
      10, {.kind = InputKind::trains, .weight = 100.0, .times_ms = {500, 550, 900}, .neurons = {3, 3, 3}});
  circuit.projections.push_back({.source = "A", .target = "A", .weight = {.amplitude = 0.1}});
  const Connectivity connectivity(circuit, {});
  // 100 ms from the first input on: two spikes, each four events and nine more, in 10 x 1000 neuron-steps.
  CHECK(recurrent_events_per_neuron_step(circuit, connectivity, 2000.0) == Approx(2 * 13 / 1e4));
  // To the end of the run where that is earlier: one spike in 10 x 200.
  CHECK(recurrent_events_per_neuron_step(circuit, connectivity, 520.0) == Approx(13 / 2e3));
  // Input that comes after the run is none.
  CHECK(recurrent_events_per_neuron_step(circuit, connectivity, 50.0) == 0.0);
  const Connectivity three(circuit, {.n_threads = 3});
  CHECK(recurrent_events_per_neuron_step(circuit, three, 2000.0) ==
        recurrent_events_per_neuron_step(circuit, connectivity, 2000.0));
}

TEST_CASE("fewer events than the limit are for the event engine, others for the clock") {
  const Circuit quiet = one_population(10);
  const auto just_below = [] { return 0.99 * event_engine_limit; };
  const auto at_limit = [] { return event_engine_limit; };
  const auto chosen = choose_engine(quiet, 100.0, just_below);
  CHECK(chosen.event);
  CHECK(chosen.events_per_neuron_step == Approx(0.99 * event_engine_limit));
  CHECK_THAT(chosen.reason, Contains("0.015 events a neuron and step, fewer than 0.015"));
  CHECK_FALSE(choose_engine(quiet, 100.0, at_limit).event);
  const auto clock =
      choose_engine(driven(10, {.kind = InputKind::poisson, .rate_hz = 50.0}), 100.0, no_pilot);
  CHECK_FALSE(clock.event);
  CHECK_THAT(clock.reason,
             Contains("0.02 events a neuron and step from outside alone, not fewer than 0.015"));
}

TEST_CASE("what one engine cannot run is for the other, without a pilot") {
  Circuit circuit = one_population(10, CellModel::lif_discrete);
  CHECK_THAT(event_engine_obstacle(circuit), Contains("population 'A'"));
  CHECK_FALSE(choose_engine(circuit, 100.0, no_pilot).event);
  circuit = one_population(10);
  CHECK(event_engine_obstacle(circuit).empty());
  circuit.projections.push_back({.source = "A", .target = "A", .delay_ms = 0.02});
  const auto choice = choose_engine(circuit, 100.0, no_pilot);
  CHECK(choice.event);
  CHECK_THAT(choice.reason, Contains("the clock engine cannot run it") && Contains("0.02 ms"));
  circuit.projections[0].delay_ms = 0.0;
  CHECK_THROWS_WITH(choose_engine(circuit, 100.0, no_pilot), Contains("above 0 ms"));
}
