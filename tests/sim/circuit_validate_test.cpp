// What makes no circuit, each refused by the name of what it is about.
#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "sim/circuit/size.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/error.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci;
using namespace loci::sim;
using Catch::Contains;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();
const double infinity = std::numeric_limits<double>::infinity();

// Two populations in a square, joined by distance, each kind of input.
Circuit good() {
  Circuit circuit;
  circuit.space = {.dims = 2};
  circuit.populations = {{.name = "E",
                          .size = 20,
                          .cell = {.model = CellModel::adaptive_lif},
                          .initial = {.low_mv = -70, .high_mv = -60}},
                         {.name = "I", .size = 10}};
  circuit.projections = {{.source = "E", .target = "I", .cutoff = 0.5}};
  circuit.inputs = {
      {.target = "E", .kind = InputKind::poisson, .rate_hz = 100.0, .weight = 1.0},
      {.target = "E", .kind = InputKind::regular, .weight = 1.0, .start_ms = 1.0, .interval_ms = 10.0},
      {.target = "I", .kind = InputKind::trains, .weight = 1.0, .times_ms = {1.0}, .neurons = {3}},
      {.target = "I", .kind = InputKind::current, .current_times_ms = {0.0, 5.0}, .currents_pa = {1.0, 2.0}}};
  return circuit;
}

using Change = std::function<void(Circuit&)>;

struct Refused {
  Change change;
  const char* where;
  const char* problem;
};

// Both where descriptions are looked at and where circuits are made ready.
void check_refused(const Refused& bad) {
  Circuit circuit = good();
  bad.change(circuit);
  INFO(bad.where << ": " << bad.problem);
  try {
    validate(circuit);
    FAIL("it passed");
  } catch (const InputError& error) {
    CHECK_THAT(error.where(), Contains(bad.where));
    CHECK_THAT(error.problem(), Contains(bad.problem));
    CHECK_FALSE(error.remedy().empty());
  }
  CHECK_THROWS_AS(Connectivity(circuit, {}), InputError);
}

void check_refused(const std::vector<Refused>& all) {
  for (const Refused& bad : all) check_refused(bad);
}

// Sets a field of the first population's cell.
Change cell(PerNeuron Cell::*parameter, const PerNeuron& value) {
  return [=](Circuit& c) { c.populations[0].cell.*parameter = value; };
}
template <typename Field, typename Value>
Change rule(Field Projection::*field, const Value& value) {
  return [=](Circuit& c) { c.projections[0].*field = value; };
}
template <typename Field, typename Value>
Change input(std::size_t index, Field Input::*field, const Value& value) {
  return [=](Circuit& c) { c.inputs[index].*field = value; };
}

}  // namespace

TEST_CASE("a circuit with nothing wrong in it passes") {
  CHECK_NOTHROW(validate(good()));
  CHECK_NOTHROW(Connectivity(good(), {}));
}

TEST_CASE("a time step, a space or names that make no sense are refused") {
  check_refused(std::vector<Refused>{
      {[](Circuit& c) { c.step_ms = 0.0; }, "circuit", "a step of 0 ms"},
      {[](Circuit& c) { c.step_ms = -0.1; }, "circuit", "a step of -0.1 ms"},
      {[](Circuit& c) { c.step_ms = not_a_number; }, "circuit", "a step of nan ms"},
      {[](Circuit& c) { c.populations.clear(); }, "circuit", "no population"},
      {[](Circuit& c) { c.space.dims = 4; }, "space", "4 dimensions"},
      {[](Circuit& c) { c.space.extent[1] = 0.0; }, "space", "an extent of 0"},
      {[](Circuit& c) { c.space.extent[0] = infinity; }, "space", "an extent of inf"},
      {[](Circuit& c) { c.populations[1].name = "E"; }, "population 'E'", "two of this name"},
      {[](Circuit& c) { c.populations[1].name = ""; }, "population", "no name"},
      {[](Circuit& c) { c.projections[0].source = "X"; }, "projection 'X' to 'I'", "no population 'X'"},
      {[](Circuit& c) { c.projections[0].target = "X"; }, "projection 'E' to 'X'", "no population 'X'"},
      {[](Circuit& c) { c.inputs[0].target = "X"; }, "input to 'X'", "no population 'X'"},
  });
}

TEST_CASE("parameters of neurons that make no sense are refused, with the neuron where they differ") {
  std::vector<double> one_bad(20, 5.0);
  one_bad[7] = -5.0;
  check_refused(std::vector<Refused>{
      {[](Circuit& c) { c.populations[0].size = 0; }, "population 'E'", "no neurons"},
      {[](Circuit& c) { c.populations[0].size = 20'000'000; }, "population 'E'", "20000000 neurons"},
      {cell(&Cell::tau_membrane_ms, 0.0), "population 'E'", "tau_membrane_ms is 0"},
      {cell(&Cell::tau_membrane_ms, -20.0), "population 'E'", "tau_membrane_ms is -20"},
      {cell(&Cell::tau_membrane_ms, PerNeuron(one_bad)), "population 'E'",
       "tau_membrane_ms of neuron 7 is -5"},
      {cell(&Cell::tau_membrane_ms, PerNeuron({1.0, 2.0})), "population 'E'", "2 values for 20 neurons"},
      {cell(&Cell::capacitance_pf, 0.0), "population 'E'", "capacitance_pf is 0"},
      {cell(&Cell::tau_excitatory_ms, 0.0), "population 'E'", "tau_excitatory_ms is 0"},
      {cell(&Cell::tau_inhibitory_ms, -1.0), "population 'E'", "tau_inhibitory_ms is -1"},
      {cell(&Cell::tau_adaptation_ms, 0.0), "population 'E'", "tau_adaptation_ms is 0"},
      {cell(&Cell::resting_mv, not_a_number), "population 'E'", "resting_mv is nan"},
      {cell(&Cell::current_pa, infinity), "population 'E'", "current_pa is inf"},
      {cell(&Cell::refractory_ms, -1.0), "population 'E'", "refractory_ms is -1"},
      {cell(&Cell::threshold_mv, -70.0), "population 'E'", "threshold_mv is -70, not above reset_mv, -70"},
      {cell(&Cell::reset_mv, -50.0), "population 'E'", "threshold_mv is -55, not above reset_mv, -50"},
      {[](Circuit& c) {
         c.populations[0].mask = PerNeuron({1.0, -1.0});
       },
       "population 'E'", "mask has 2 values"},
      {[](Circuit& c) { c.populations[0].initial.given_mv = {-60.0}; }, "population 'E'",
       "initial_mv has 1 values"},
      {[](Circuit& c) { c.populations[0].initial.low_mv = -50; }, "population 'E'",
       "initial_mv goes from -50 to -60"},
      {[](Circuit& c) {
         c.populations[0].cell = {.model = CellModel::lif_discrete, .discrete = {.beta = 1.5}};
       },
       "population 'E'", "beta is 1.5"},
      {[](Circuit& c) {
         c.populations[0].cell = {.model = CellModel::lif_discrete, .discrete = {.threshold = 0}};
       },
       "population 'E'", "threshold is 0"},
  });
}

TEST_CASE("placements that make no sense are refused") {
  Circuit circuit = good();
  circuit.populations[0].placement = {.kind = PlacementKind::disc, .radius = -1.0};
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("population 'E'") && Contains("radius is -1"));
  circuit.populations[0].placement = {.kind = PlacementKind::ball};
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("3 dimensions, the space 2"));
  circuit.populations[0].placement = {.kind = PlacementKind::disc, .centre = {0.9, 0.5, 0.0}, .radius = 0.5};
  CHECK_THROWS_WITH(Connectivity(circuit, {}),
                    Contains("population 'E'") && Contains("lies outside the box"));
  circuit.populations[0].placement = {.kind = PlacementKind::grid, .shape = {4, 4, 1}};
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("16 places for 20 neurons"));
  circuit.populations[0].placement = {.kind = PlacementKind::grid, .shape = {4, 5, 1}, .jitter = 0.7};
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("jitter"));
  circuit.populations[0].placement = {.kind = PlacementKind::given, .positions = {0.1, 0.2}};
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("2 coordinates were given for 20 neurons"));
  circuit.space.dims = 0;
  CHECK_THROWS_WITH(validate(circuit),
                    Contains("population 'E'") && Contains("placed where there is no space"));
}

TEST_CASE("connection rules that make no sense are refused") {
  using K = KernelShape;
  const auto edges = [](EdgeList list) {
    return [=](Circuit& c) {
      c.projections[0].rule = ConnectionRule::given;
      c.projections[0].edges = list;
    };
  };
  const auto drawn = [](std::size_t indegree, bool multapses) {
    return [=](Circuit& c) {
      c.projections[0].rule = ConnectionRule::fixed_indegree;
      c.projections[0].indegree = indegree;
      c.projections[0].multapses = multapses;
    };
  };
  const char* where = "projection 'E' to 'I'";
  check_refused(std::vector<Refused>{
      {rule(&Projection::delay_ms, 0.05), where, "a delay of 0.05 ms is below one step of 0.1 ms"},
      {rule(&Projection::delay_ms, -1.0), where, "a delay of -1 ms"},
      {rule(&Projection::delay_ms, not_a_number), where, "a delay of nan ms"},
      {rule(&Projection::cutoff, 0.0), where, "a cutoff of 0"},
      {rule(&Projection::cutoff, -1.0), where, "a cutoff of -1"},
      {rule(&Projection::velocity, 0.0), where, "a velocity of 0"},
      {rule(&Projection::probability, DistanceKernel{.amplitude = 1.5}), where,
       "a probability of 1.5 lies outside [0, 1]"},
      {rule(&Projection::probability, DistanceKernel{.amplitude = -0.1}), where, "a probability of -0.1"},
      {rule(&Projection::probability, DistanceKernel{.shape = K::gaussian, .amplitude = 1.1}), where,
       "a probability of 1.1"},
      {rule(&Projection::probability, DistanceKernel{K::inverse_distance, 0.5, 0.2, 0.05}), where,
       "a probability of 2 lies"},
      {rule(&Projection::weight, DistanceKernel{.amplitude = not_a_number}), where, "weight is nan"},
      {rule(&Projection::weight, DistanceKernel{.shape = K::inverse_distance}), where,
       "the floor of weight is 0"},
      {rule(&Projection::weight, DistanceKernel{.shape = K::gaussian, .length = 0.0}), where,
       "the length of weight is 0"},
      {[](Circuit& c) { c.space.dims = 0; }, where, "it has a cutoff, and there is no space"},
      {[](Circuit& c) {
         c.space.dims = 0;
         c.projections[0].cutoff = infinity;
         c.projections[0].velocity = 1.0;
       },
       where, "it has a velocity"},
      {[](Circuit& c) {
         c.space.dims = 0;
         c.projections[0].cutoff = infinity;
         c.projections[0].weight.shape = K::gaussian;
       },
       where, "weight depends on a distance"},
      {rule(&Projection::rule, ConnectionRule::one_to_one), where,
       "20 neurons cannot be joined one to one with 10"},
      {drawn(21, false), where, "an indegree of 21 from 20 possible sources"},
      {edges({{0, 20}, {0, 0}, {1, 1}, {1, 1}}), "'I', edge 1", "no neuron 20 among the 20 of 'E'"},
      {edges({{0}, {10}, {1}, {1}}), "'I', edge 0", "no neuron 10 among the 10 of 'I'"},
      {edges({{0}, {1}, {1}, {0.04}}), "'I', edge 0", "a delay of 0.04 ms"},
      {edges({{0}, {1}, {not_a_number}, {1}}), "'I', edge 0", "its weight is nan"},
      {edges({{0, 1}, {1}, {1}, {1}}), where, "2 sources, 1 targets"},
  });
  Circuit alone = good();
  alone.projections[0] = {.source = "E",
                          .target = "E",
                          .rule = ConnectionRule::fixed_indegree,
                          .indegree = 20,
                          .multapses = false};
  CHECK_THROWS_WITH(validate(alone), Contains("an indegree of 20 from 19 possible sources"));
  alone.projections[0].autapses = true;
  CHECK_NOTHROW(validate(alone));
}

TEST_CASE("a rule that gives no edge is refused, stored and procedural") {
  Circuit circuit = good();
  circuit.projections[0].cutoff = 1e-6;
  for (const bool procedural : {false, true})
    CHECK_THROWS_WITH(Connectivity(circuit, {.procedural = procedural}), Contains("projection 'E' to 'I'") &&
                                                                             Contains("there is no edge") &&
                                                                             Contains("widen the cutoff"));
  circuit.projections[0].cutoff = 0.5;
  circuit.projections[0].delay_ms = 7000.0;
  CHECK_THROWS_WITH(Connectivity(circuit, {}), Contains("more than 65,535 steps"));
}

TEST_CASE("inputs that make no sense are refused") {
  const char* poisson = "input to 'E'";
  const char* trains = "input to 'I'";
  check_refused(std::vector<Refused>{
      {input(0, &Input::rate_hz, PerNeuron(-1.0)), poisson, "a rate of -1 Hz"},
      {input(0, &Input::rate_hz, PerNeuron(not_a_number)), poisson, "a rate of nan Hz"},
      {input(0, &Input::rate_hz, PerNeuron({1.0, 2.0, 3.0})), poisson, "rate_hz has 3 values for 20 neurons"},
      {input(0, &Input::rate_hz, PerNeuron(2e6)), poisson, "200 spikes a step"},
      {input(0, &Input::weight, not_a_number), poisson, "its weight is nan"},
      {input(0, &Input::start_ms, -1.0), poisson, "it lasts from -1"},
      {input(0, &Input::stop_ms, -1.0), poisson, "to -1 ms"},
      {input(1, &Input::interval_ms, 0.0), poisson, "an interval of 0 ms"},
      {input(1, &Input::start_ms, 0.0), poisson, "a spike at 0 ms is not after the first step"},
      {input(2, &Input::neurons, std::vector<std::uint32_t>{10}), "input to 'I', spike 0",
       "no neuron 10 among the 10"},
      {input(2, &Input::neurons, std::vector<std::uint32_t>{}), trains, "1 times, 0 neurons"},
      {input(2, &Input::weights, std::vector<double>{1.0, 2.0}), trains, "2 weights"},
      {input(2, &Input::times_ms, std::vector<double>{0.0}), "input to 'I', spike 0", "a spike at 0 ms"},
      {input(3, &Input::currents_pa, std::vector<double>{1.0}), trains, "2 times for 1 currents"},
      {input(3, &Input::currents_pa, std::vector<double>{1.0, not_a_number}), trains, "nan pA from 5 ms"},
      {input(3, &Input::current_times_ms, std::vector<double>{5.0, 0.0}), trains, "order of their times"},
  });
}

TEST_CASE("more memory than there is is refused before any edge is made, with how much is needed") {
  Circuit circuit;
  circuit.populations = {{.name = "E", .size = 1'000'000}};
  circuit.projections = {{.source = "E", .target = "E", .probability = {.amplitude = 0.5}}};
  circuit.populations[0].mask = PerNeuron(std::vector<double>(1'000'000, 1.0));
  // 5e11 edges of 2 + 4 bytes are 2794 GiB, and a row's segment is one of half a million edges.
  CHECK_THROWS_WITH(Connectivity(circuit, {.memory_bytes = 8.0 * 0x1p30}),
                    Contains("5e+11 synapses") && Contains(" 2794 GiB") && Contains("there are 8.00 GiB") &&
                        Contains("procedural"));
  CHECK_NOTHROW(Connectivity(circuit, {.procedural = true, .memory_bytes = 8.0 * 0x1p30}));
}

TEST_CASE("the expected edges and bytes are near those that come to be") {
  Circuit circuit = good();
  circuit.populations[0].size = 3000;
  circuit.populations[1].size = 1000;
  circuit.projections = {
      {.source = "E",
       .target = "I",
       .cutoff = 0.1,
       .weight = {KernelShape::inverse_distance, 1.0, 0.1, 0.01},
       .velocity = 0.1},
      {.source = "E",
       .target = "E",
       .cutoff = 0.3,
       .probability = {.shape = KernelShape::gaussian, .amplitude = 0.5, .length = 0.1}},
      {.source = "I", .target = "E", .probability = {.amplitude = 0.02}},
      {.source = "I", .target = "I", .rule = ConnectionRule::fixed_indegree, .indegree = 40},
      {.source = "I", .target = "I", .rule = ConnectionRule::one_to_one}};
  circuit.inputs.clear();
  const CircuitSize size = expected_size(circuit, {});
  const Connectivity connectivity(circuit, {});
  REQUIRE(size.edges.size() == 5);
  for (std::size_t p = 0; p < 5; ++p) {
    // Rows of 256 sources, each with a spread of at most its mean (edge of the box and chance): the mean of
    // all is known to 1 / sqrt(256) = 6 %, five of which are 31 %; lists are exact.
    CAPTURE(p);
    const auto n = static_cast<double>(connectivity.projections()[p].n_edges());
    REQUIRE(n > 0);
    CHECK(std::abs(size.edges[p] - n) <= (p >= 3 ? 0.0 : 0.31 * n));
  }
  CHECK(size.synapse_bytes == Approx(static_cast<double>(connectivity.bytes())).epsilon(0.31));
}
