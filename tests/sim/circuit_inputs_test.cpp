// What drives circuits from outside: Poisson counts by their moments, trains and currents by closed forms.
#include <catch2/catch.hpp>
#include <numeric>
#include <stdexcept>

#include "sim/circuit/poisson.hpp"
#include "sim/circuit/validate.hpp"
#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

constexpr std::size_t n_neurons = 1000;
constexpr Step n_steps = 400;

// counts[step][place]
std::vector<std::vector<double>> draw(std::vector<double> means, std::span<const std::uint32_t> neurons = {},
                                      std::size_t n = n_neurons) {
  PoissonDrive drive(11, 2, means, n, neurons, 1.0);
  std::vector<std::vector<double>> counts;
  for (Step step = 0; step < n_steps; ++step) {
    counts.emplace_back((n + 7) / 8 * 8);
    if (step % PoissonDrive::steps_per_block == 0) drive.draw(step / PoissonDrive::steps_per_block, 0, n);
    drive.add(step, 0, n, counts.back().data());
    counts.back().resize(n);
  }
  return counts;
}

// An integrator that forgets nothing within the test: its membrane counts weights.
Circuit counter(std::size_t size) {
  Circuit circuit = one_population(size, CellModel::integrator);
  circuit.populations[0].cell.tau_membrane_ms = 1e15;
  circuit.populations[0].cell.capacitance_pf = 1e15;  // 1 pA lifts it by 1e-15 mV a ms
  circuit.populations[0].cell.resting_mv = 0.0;
  circuit.populations[0].initial = {};
  return circuit;
}

// In which steps a counter's membrane rose, and by how much.
std::vector<std::pair<Step, double>> rises(const Circuit& circuit, double duration_ms,
                                           std::uint32_t neuron = 0) {
  const auto membrane = trace_of(circuit, duration_ms, 0, neuron).membrane;
  std::vector<std::pair<Step, double>> result;
  double before = 0.0;
  for (std::size_t n = 0; n < membrane.size(); ++n) {
    if (std::abs(membrane[n] - before) > 1e-6)
      result.emplace_back(static_cast<Step>(n + 1), std::round((membrane[n] - before) * 1e6) / 1e6);
    before = membrane[n];
  }
  return result;
}

}  // namespace

TEST_CASE("Poisson counts have the mean and the variance of their distribution, in time and over neurons") {
  const double mean = GENERATE(0.02, 1.2, 30.0, most_poisson_mean);
  const bool uniform = GENERATE(true, false);
  CAPTURE(mean, uniform);
  const auto counts = draw(std::vector<double>(uniform ? 1 : n_neurons, mean));
  double sum = 0.0;
  double squares = 0.0;
  double in_time = 0.0;
  double beside = 0.0;
  std::vector<double> of_neuron(n_neurons);
  for (std::size_t t = 0; t < n_steps; ++t)
    for (std::size_t i = 0; i < n_neurons; ++i) {
      const double deviation = counts[t][i] - mean;
      sum += deviation;
      squares += deviation * deviation;
      in_time += t > 0 ? deviation * (counts[t - 1][i] - mean) : 0.0;
      beside += i > 0 ? deviation * (counts[t][i - 1] - mean) : 0.0;
      of_neuron[i] += counts[t][i];
    }
  // Five standard deviations of each: of a mean sqrt(m / n), of a variance sqrt((m + 2 m^2) / n), of a
  // product of independent deviations m / sqrt(n).
  constexpr double n = n_neurons * n_steps;
  CHECK(std::abs(sum / n) <= 5 * std::sqrt(mean / n));
  CHECK(std::abs(squares / n - mean) <= 5 * std::sqrt((mean + 2 * mean * mean) / n));
  CHECK(std::abs(in_time / n) <= 5 * mean / std::sqrt(n));
  CHECK(std::abs(beside / n) <= 5 * mean / std::sqrt(n));
  // A neuron's whole count is Poisson of mean M = n_steps m: the sum over neurons of (count - M)^2 / M is
  // n_neurons with variance n_neurons (2 + 1 / M).
  const double expected = n_steps * mean;
  double chi_squared = 0.0;
  for (const double count : of_neuron) chi_squared += (count - expected) * (count - expected) / expected;
  CHECK(std::abs(chi_squared - n_neurons) <= 5 * std::sqrt(n_neurons * (2 + 1 / expected)));
}

TEST_CASE("one rate for all and the same rate for each give the same counts, wherever neurons are kept") {
  const double mean = GENERATE(0.0, 0.5, 12.0);
  const auto counts = draw({mean});
  CHECK(counts == draw(std::vector<double>(n_neurons, mean)));
  std::vector<std::uint32_t> backwards(n_neurons);
  std::iota(backwards.rbegin(), backwards.rend(), 0U);
  const auto turned = draw({mean}, backwards);
  const auto turned_each = draw(std::vector<double>(n_neurons, mean), backwards);
  for (std::size_t t = 0; t < n_steps; ++t) {
    REQUIRE(std::equal(counts[t].begin(), counts[t].end(), turned[t].rbegin()));
    REQUIRE(turned[t] == turned_each[t]);
  }
}

TEST_CASE("each neuron has the rate given for it") {
  std::vector<double> means(n_neurons);
  for (std::size_t i = 0; i < n_neurons; ++i) means[i] = i % 2 == 0 ? 0.0 : 0.01 * static_cast<double>(i);
  const auto counts = draw(means);
  for (std::size_t i = 0; i < n_neurons; ++i) {
    double sum = 0.0;
    for (const auto& row : counts) sum += row[i];
    // Of 500 sums beyond 5.5 deviations hardly one in 50,000 runs, and this is one run.
    CHECK(std::abs(sum - n_steps * means[i]) <= 5.5 * std::sqrt(n_steps * means[i]) + 1e-9);
  }
}

TEST_CASE("a Poisson drive acts in the steps from its start to its stop, the first ones included") {
  Circuit circuit = counter(1);
  // Of 50 spikes a step none ever misses.
  circuit.inputs = {{.target = "A", .rate_hz = 500'000.0, .weight = 1.0, .start_ms = 0.5, .stop_ms = 1.3}};
  const auto risen = rises(circuit, 3.0);
  std::vector<Step> steps;
  for (const auto& [step, rise] : risen) steps.push_back(step);
  CHECK(steps == std::vector<Step>{6, 7, 8, 9, 10, 11, 12, 13});
}

TEST_CASE("Poisson input gives the same spikes on one, two and three threads") {
  Circuit circuit = one_population(500);
  circuit.inputs = {{.target = "A", .rate_hz = 8000.0, .weight = 1.5, .start_ms = 1.1},
                    {.target = "A", .rate_hz = PerNeuron(std::vector<double>(500, 2000.0)), .weight = -0.5}};
  const auto one = spikes_of(circuit, 100.0);
  REQUIRE(one.size() > 1000);
  for (const std::size_t n_threads : {2, 3})
    CHECK(spikes_of(circuit, 100.0, {.n_threads = n_threads}) == one);
  circuit.seed = 2;
  CHECK(spikes_of(circuit, 100.0) != one);
}

TEST_CASE("two Poisson inputs of one rate are independent of each other") {
  PoissonDrive a(1, 0, std::vector<double>{1.0}, n_neurons, {}, 1.0);
  PoissonDrive b(1, 1, std::vector<double>{1.0}, n_neurons, {}, 1.0);
  std::vector<double> of_a(n_neurons);
  std::vector<double> of_b(n_neurons);
  a.draw(0, 0, n_neurons);
  b.draw(0, 0, n_neurons);
  a.add(0, 0, n_neurons, of_a.data());
  b.add(0, 0, n_neurons, of_b.data());
  double product = 0.0;
  for (std::size_t i = 0; i < n_neurons; ++i) product += (of_a[i] - 1) * (of_b[i] - 1);
  CHECK(std::abs(product / n_neurons) <= 5 / std::sqrt(n_neurons));
}

TEST_CASE(
    "regular trains reach all neurons at their start and every interval after, to their stop or for ever") {
  Circuit circuit = counter(3);
  circuit.inputs = {{.target = "A",
                     .kind = InputKind::regular,
                     .weight = 2.0,
                     .start_ms = 0.7,
                     .stop_ms = 2.0,
                     .interval_ms = 0.55}};
  // 0.7, 1.25 and 1.8 ms; 1.25 lies between steps and is rounded up, 2.35 comes after the stop.
  const std::vector<std::pair<Step, double>> expected{{7, 2.0}, {13, 2.0}, {18, 2.0}};
  for (const std::uint32_t neuron : {0U, 2U}) {
    const auto risen = rises(circuit, 5.0, neuron);
    REQUIRE(risen.size() == 3);
    CHECK(risen[0] == expected[0]);
    CHECK((risen[1].first == 12 || risen[1].first == 13));
    CHECK(risen[2] == expected[2]);
  }
  circuit.inputs[0].stop_ms = std::numeric_limits<double>::infinity();
  circuit.inputs[0].interval_ms = 10.0;
  const auto risen = rises(circuit, 1000.0);
  REQUIRE(risen.size() == 100);
  CHECK(risen[99] == std::pair<Step, double>(9907, 2.0));
}

TEST_CASE("given trains reach their neuron at their time, with their weight, within the input's time") {
  Circuit circuit = counter(2);
  circuit.inputs = {{.target = "A",
                     .kind = InputKind::trains,
                     .start_ms = 0.2,
                     .stop_ms = 3.0,
                     .times_ms = {2.0, 0.1, 0.5, 0.5, 1.0, 3.0, 3.1},
                     .neurons = {0, 0, 0, 0, 1, 0, 0},
                     .weights = {1, 2, 4, 8, 16, 32, 64}}};
  CHECK(rises(circuit, 5.0, 0) == std::vector<std::pair<Step, double>>{{5, 12.0}, {20, 1.0}, {30, 32.0}});
  CHECK(rises(circuit, 5.0, 1) == std::vector<std::pair<Step, double>>{{10, 16.0}});
}

TEST_CASE(
    "currents flow from their times on, add up over inputs and to a neuron's own, and end at the stop") {
  Circuit circuit = one_population(2, CellModel::integrator);
  circuit.populations[0].cell.current_pa = PerNeuron({0.0, 100.0});
  circuit.inputs = {{.target = "A",
                     .kind = InputKind::current,
                     .current_times_ms = {0.0, 10.0},
                     .currents_pa = {200.0, -50.0}},
                    {.target = "A",
                     .kind = InputKind::current,
                     .start_ms = 5.0,
                     .stop_ms = 20.0,
                     .current_times_ms = {0.0},
                     .currents_pa = {400.0}}};
  for (const std::uint32_t neuron : {0U, 1U}) {
    const double own = neuron == 0 ? 0.0 : 100.0;
    double membrane = -70.0;
    const auto trace = trace_of(circuit, 40.0, 0, neuron).membrane;
    for (std::size_t n = 0; n < 400; ++n) {
      const double ms = static_cast<double>(n) * 0.1 + 0.05;  // amid the step
      const double current = own + (ms < 10 ? 200 : -50) + (ms > 5 && ms < 20 ? 400 : 0);
      const double settled = -70 + current * 20 / 250;
      membrane = settled + (membrane - settled) * std::exp(-0.1 / 20);
      CHECK(std::abs(trace[n] - membrane) <= 1e-11);
    }
    CHECK(std::ranges::max(trace) > -60.0);
  }
}

TEST_CASE("what a listener throws ends the run, on any number of threads") {
  struct FullDisk final : CircuitListener {
    void on_spikes(Step, std::size_t, std::span<const std::uint32_t>) override {
      throw std::runtime_error("full");
    }
  };
  Circuit circuit = one_population(200);
  circuit.inputs = {{.target = "A", .rate_hz = 50'000.0, .weight = 1.0}};
  const std::size_t n_threads = GENERATE(1, 3);
  const Connectivity connectivity(circuit, {.n_threads = n_threads});
  CircuitClock clock(circuit, connectivity);
  FullDisk listener;
  CHECK_THROWS_WITH(clock.run(1000, listener), "full");
  CHECK(clock.now() < 1000);
}
