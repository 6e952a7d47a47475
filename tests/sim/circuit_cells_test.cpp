// The neuron models of circuits against closed forms worked out here.
#include <catch2/catch.hpp>

#include "sim/lif.hpp"
#include "sim/random.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

constexpr double step_ms = 0.1;
// A step rounds each of a few terms of up to 100 mV to 1e-14 of them, and errors decay with the membrane:
// 1e-11 is ample for thousands of steps.
constexpr double tolerance_mv = 1e-11;

Input train(std::vector<double> times_ms, std::vector<double> weights) {
  Input input{.target = "A",
              .kind = InputKind::trains,
              .times_ms = std::move(times_ms),
              .weights = std::move(weights)};
  input.neurons.assign(input.times_ms.size(), 0);
  return input;
}

// Membrane after `t` ms from v0 towards `settled`, while a current that decays with tau_s from `current`
// flows.
double lif(double t, double v0, double settled, double tau, double current, double tau_s,
           double capacitance) {
  const double rate = 1 / tau - 1 / tau_s;
  const double response =
      rate == 0.0 ? t * std::exp(-t / tau) : (std::exp(-t / tau_s) - std::exp(-t / tau)) / rate;
  return settled + (v0 - settled) * std::exp(-t / tau) + current / capacitance * response;
}

}  // namespace

TEST_CASE("an integrator follows E + R I (1 - exp(-t / tau)) far above the threshold and never fires") {
  Circuit circuit = one_population(1, CellModel::integrator);
  circuit.populations[0].cell.current_pa = 1000.0;  // R = 20 / 250 GOhm: 80 mV
  const MembraneTrace trace = trace_of(circuit, 200.0);
  REQUIRE(trace.membrane.size() == 2000);
  CHECK(trace.fired.empty());
  for (std::size_t n = 0; n < trace.membrane.size(); ++n) {
    const double t = static_cast<double>(n + 1) * step_ms;
    CHECK(std::abs(trace.membrane[n] - (-70 + 80 * (1 - std::exp(-t / 20)))) <= tolerance_mv);
  }
  CHECK(trace.membrane.back() > 9.0);
}

TEST_CASE(
    "a neuron under constant current fires after the closed form's intervals, refractory times included") {
  const double refractory_ms = GENERATE(0.0, 0.1, 2.0, 7.3);
  Circuit circuit = one_population(1);
  Cell& cell = circuit.populations[0].cell;
  cell.current_pa = 300.0;  // settles at -46 mV
  cell.reset_mv = -65.0;
  cell.refractory_ms = refractory_ms;
  const MembraneTrace trace = trace_of(circuit, 500.0);
  const auto steps_from = [](double mv) {
    return static_cast<Step>(std::ceil(20 * std::log((-46 - mv) / (-46 + 55.0)) / step_ms));
  };
  const Step refractory = static_cast<Step>(std::lround(refractory_ms / step_ms));
  REQUIRE(trace.fired.size() > 10);
  CHECK(trace.fired[0] == steps_from(-70));
  for (std::size_t s = 1; s < trace.fired.size(); ++s)
    CHECK(trace.fired[s] - trace.fired[s - 1] == refractory + steps_from(-65));
  // At the reset from the spike until the refractory time is over, and not a step longer.
  for (Step n = 0; n <= refractory; ++n) CHECK(trace.membrane[trace.fired[0] - 1 + n] == -65.0);
  CHECK(trace.membrane[trace.fired[0] + refractory] > -65.0);
}

TEST_CASE("a delta synapse lifts the membrane by its weight, and nothing while it is refractory") {
  Circuit circuit = one_population(1);
  circuit.populations[0].initial = {.low_mv = -50.0, .high_mv = -50.0};  // fires in the first step
  // Refractory from the end of step 1 to that of step 21: what arrives within is lost.
  circuit.inputs = {train({2.1, 2.2, 4.0}, {3.0, 5.0, -2.0})};
  const MembraneTrace trace = trace_of(circuit, 10.0);
  REQUIRE(trace.fired == std::vector<Step>{1});
  CHECK(trace.membrane[20] == -70.0);
  CHECK(std::abs(trace.membrane[21] - -65.0) <= tolerance_mv);
  CHECK(std::abs(trace.membrane[39] - (-70 + 5 * std::exp(-1.8 / 20) - 2)) <= tolerance_mv);
}

TEST_CASE("excitatory and inhibitory currents decay with time constants of their own") {
  Circuit circuit = one_population(1, CellModel::lif_exp);
  Cell& cell = circuit.populations[0].cell;
  cell.tau_excitatory_ms = 3.0;
  cell.tau_inhibitory_ms = 20.0;  // the membrane's
  const double weight = GENERATE(400.0, -400.0);
  circuit.inputs = {train({1.0}, {weight})};
  const MembraneTrace trace = trace_of(circuit, 60.0);
  CHECK(trace.fired.empty());
  CHECK(trace.membrane[9] == -70.0);
  double most = 0.0;
  for (std::size_t n = 10; n < trace.membrane.size(); ++n) {
    const double t = static_cast<double>(n - 9) * step_ms;
    CHECK(std::abs(trace.membrane[n] - lif(t, -70, -70, 20, weight, weight > 0 ? 3.0 : 20.0, 250)) <=
          tolerance_mv);
    most = std::max(most, std::abs(trace.membrane[n] + 70));
  }
  CHECK(most > 2.0);
}

TEST_CASE("adaptation grows by its jump at a spike, decays, and pulls the membrane down") {
  const double tau_adaptation_ms = GENERATE(100.0, 20.0, 5.0);
  Circuit circuit = one_population(1, CellModel::adaptive_lif);
  Cell& cell = circuit.populations[0].cell;
  cell.tau_adaptation_ms = tau_adaptation_ms;
  cell.adaptation_pa = 80.0;
  circuit.populations[0].initial = {.low_mv = -50.0, .high_mv = -50.0};  // fires in the first step
  const MembraneTrace trace = trace_of(circuit, 300.0);
  REQUIRE(trace.fired == std::vector<Step>{1});
  // Refractory for 20 steps, in which the adaptation decays; then from the reset, which is the rest.
  const double left = 80 * std::exp(-2.0 / tau_adaptation_ms);
  double least = 0.0;
  for (std::size_t n = 21; n < trace.membrane.size(); ++n) {
    const double t = static_cast<double>(n - 20) * step_ms;
    CHECK(std::abs(trace.membrane[n] - lif(t, -70, -70, 20, -left, tau_adaptation_ms, 250)) <= tolerance_mv);
    least = std::min(least, trace.membrane[n] + 70);
  }
  CHECK(least < -0.5);
}

TEST_CASE("adaptation of several spikes adds up, and slows a neuron down to its closed form's interval") {
  Circuit circuit = one_population(1, CellModel::adaptive_lif);
  Cell& cell = circuit.populations[0].cell;
  cell.current_pa = 400.0;
  cell.adaptation_pa = 20.0;
  const auto fired = trace_of(circuit, 3000.0).fired;
  REQUIRE(fired.size() > 20);
  const Step first = fired[1] - fired[0];
  const Step last = fired.back() - fired[fired.size() - 2];
  CHECK(last > first + 10);
  // Settled: w just after a spike is b / (1 - exp(-T / tau_w)); from there the membrane crosses within the
  // last step of the interval T and not before.
  const double interval_ms = last * step_ms;
  const double w = 20.0 / (1 - std::exp(-interval_ms / 100.0));
  const auto membrane = [&](double t) {
    return lif(t, -70, -70 + 32.0, 20, -w * std::exp(-2.0 / 100.0), 100.0, 250);
  };
  CHECK(membrane(interval_ms - 2.0 + step_ms) >= -55.0);
  CHECK(membrane(interval_ms - 2.0 - 2 * step_ms) < -55.0);
}

TEST_CASE("parameters given for each neuron do what the same value for all does") {
  const auto model = GENERATE(CellModel::lif_delta, CellModel::lif_exp, CellModel::adaptive_lif,
                              CellModel::integrator, CellModel::lif_discrete);
  CAPTURE(static_cast<int>(model));
  Circuit uniform = one_population(13, model);
  Cell& cell = uniform.populations[0].cell;
  const bool discrete = model == CellModel::lif_discrete;
  uniform.populations[0].initial =
      discrete ? InitialMembrane{.high_mv = 1.0} : InitialMembrane{.low_mv = -70.0, .high_mv = -56.0};
  cell.current_pa = discrete ? 0.1 : 350.0;
  cell.adaptation_pa = 10.0;
  uniform.space = {.dims = 2};
  uniform.inputs = {
      {.target = "A", .kind = InputKind::poisson, .rate_hz = 500.0, .weight = discrete ? 0.1 : 1.0}};
  Circuit each = uniform;
  Cell& own = each.populations[0].cell;
  for (PerNeuron* parameter : {&own.tau_membrane_ms, &own.capacitance_pf, &own.threshold_mv, &own.reset_mv,
                               &own.refractory_ms, &own.current_pa})
    *parameter = PerNeuron(std::vector<double>(13, (*parameter)[0]));
  const auto fired = spikes_of(uniform, 300.0);
  CHECK(fired == spikes_of(each, 300.0));
  CHECK(fired.empty() == (model == CellModel::integrator));
  for (std::uint32_t neuron = 0; neuron < 13; ++neuron)
    CHECK(trace_of(uniform, 50.0, 0, neuron).membrane == trace_of(each, 50.0, 0, neuron).membrane);
}

TEST_CASE("each neuron of a population with parameters of their own is the neuron with these parameters") {
  const auto model = GENERATE(CellModel::lif_delta, CellModel::lif_exp, CellModel::adaptive_lif);
  Circuit circuit = one_population(11, model);
  circuit.space = {.dims = 2};  // neurons are kept in another order than they are numbered
  Cell& cell = circuit.populations[0].cell;
  const auto spread = [](double low, double high) {
    std::vector<double> values;
    for (int i = 0; i < 11; ++i) values.push_back(low + (high - low) * i / 10);
    return PerNeuron(values);
  };
  cell.tau_membrane_ms = spread(10, 30);
  cell.threshold_mv = spread(-50, -58);
  cell.reset_mv = spread(-75, -65);
  cell.refractory_ms = spread(0, 5);
  cell.current_pa = spread(800, 500);
  cell.tau_adaptation_ms = spread(50, 150);
  cell.adaptation_pa = spread(0, 20);
  const auto all = spikes_of(circuit, 300.0);
  for (std::uint32_t neuron = 0; neuron < 11; ++neuron) {
    Circuit alone = one_population(1, model);
    Cell& one = alone.populations[0].cell;
    for (PerNeuron Cell::*each :
         {&Cell::tau_membrane_ms, &Cell::threshold_mv, &Cell::reset_mv, &Cell::refractory_ms,
          &Cell::current_pa, &Cell::tau_adaptation_ms, &Cell::adaptation_pa})
      one.*each = (cell.*each)[neuron];
    std::vector<Step> steps;
    for (const FiredSpike& spike : all)
      if (spike.neuron == neuron) steps.push_back(spike.step);
    CHECK(steps.size() > 3);
    CHECK(steps == trace_of(alone, 300.0).fired);
  }
}

TEST_CASE("the trained networks' neuron goes through its hand-worked sequence for each reset") {
  struct Case {
    Lif lif;
    std::vector<double> membrane;
    std::vector<Step> fired;
  };
  // beta 0.5, threshold 1; what arrives in steps 1 to 5: 1.5, 0, 0.5, 1, 0. Delayed resets act in the step
  // after.
  const auto bad = GENERATE(values<Case>({
      {{0.5, 1.0, Reset::subtract, true}, {1.5, -0.25, 0.375, 1.1875, -0.40625}, {1, 4}},
      {{0.5, 1.0, Reset::zero, true}, {1.5, 0.0, 0.5, 1.25, 0.0}, {1, 4}},
      {{0.5, 1.0, Reset::none, true}, {1.5, 0.75, 0.875, 1.4375, 0.71875}, {1, 4}},
      {{0.5, 1.0, Reset::subtract, false}, {0.5, 0.25, 0.625, 0.3125, 0.15625}, {1, 4}},
      {{0.5, 1.0, Reset::zero, false}, {0.0, 0.0, 0.5, 0.0, 0.0}, {1, 4}},
  }));
  Circuit circuit = one_population(1, CellModel::lif_discrete);
  circuit.step_ms = 1.0;
  circuit.populations[0].initial = {};
  circuit.populations[0].cell.discrete = bad.lif;
  circuit.inputs = {train({1.0, 3.0, 4.0}, {1.5, 0.5, 1.0})};
  const MembraneTrace trace = trace_of(circuit, 5.0);
  CHECK(trace.membrane == bad.membrane);
  CHECK(trace.fired == bad.fired);
}

TEST_CASE("the trained networks' neuron in a circuit is LifDynamics, step by step, under any input") {
  const auto reset = GENERATE(Reset::subtract, Reset::zero, Reset::none);
  const bool delayed = GENERATE(true, false);
  const Lif description{0.9, 1.0, reset, delayed};
  Circuit circuit = one_population(9, CellModel::lif_discrete);
  circuit.space = {.dims = 1};
  circuit.populations[0].initial = {.low_mv = 0.25, .high_mv = 0.25};
  circuit.populations[0].cell.discrete = description;
  circuit.populations[0].cell.current_pa = 0.03125;
  Input input{.target = "A", .kind = InputKind::trains};
  constexpr Step n_steps = 200;
  for (Step step = 0; step < n_steps; ++step)
    for (std::uint32_t neuron = 0; neuron < 9; ++neuron) {
      input.times_ms.push_back((step + 1) * circuit.step_ms);
      input.neurons.push_back(neuron);
      input.weights.push_back(uniform_from(random_words(3, Stream::test, neuron, step)[0]) - 0.3);
    }
  circuit.inputs = {input};
  const LifDynamics lif(description);
  for (std::uint32_t neuron = 0; neuron < 9; ++neuron) {
    const MembraneTrace trace = trace_of(circuit, n_steps * circuit.step_ms, 0, neuron);
    std::vector<Step> fired;
    double membrane = 0.25;
    for (Step step = 0; step < n_steps; ++step) {
      if (lif.step(0.03125 + input.weights[step * 9 + neuron], membrane)) fired.push_back(step + 1);
      CHECK(trace.membrane[step] == membrane);
    }
    CHECK(fired.size() > 5);
    CHECK(trace.fired == fired);
  }
}

TEST_CASE("a spike of the trained networks' neuron arrives after its delay as a jump of U") {
  Circuit circuit = one_population(2, CellModel::lif_discrete);
  circuit.step_ms = 1.0;
  circuit.populations[0].initial = {};
  circuit.populations[0].cell.discrete = {.beta = 0.5};
  const double delay_ms = GENERATE(1.0, 4.0);
  circuit.projections = {
      {.source = "A", .target = "A", .rule = ConnectionRule::given, .edges = {{0}, {1}, {2.0}, {delay_ms}}}};
  circuit.inputs = {train({1.0}, {1.5})};
  const auto fired = spikes_of(circuit, 10.0);
  REQUIRE(fired.size() >= 2);
  CHECK(fired[0] == FiredSpike{1, 0, 0});
  CHECK(fired[1] == FiredSpike{1 + static_cast<Step>(delay_ms), 0, 1});
}
