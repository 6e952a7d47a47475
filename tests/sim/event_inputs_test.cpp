// Delays off the grid, and what drives the event engine from outside.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "sim/circuit/clock.hpp"
#include "sim/circuit/event.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::sim;

namespace {

struct Times final : CircuitEventListener {
  explicit Times(std::size_t n_neurons) : time(n_neurons) {}
  void on_spikes(double time_ms, std::size_t, std::span<const std::uint32_t> neurons) override {
    for (const std::uint32_t neuron : neurons) time[neuron].push_back(time_ms);
  }
  std::vector<std::vector<double>> time;
};

// Neurons that fire whenever anything arrives.
Circuit relays(std::size_t n, const Input& input) {
  Circuit circuit;
  Population population{.name = "relays", .size = n};
  population.cell.refractory_ms = 0.0;
  population.initial = {.low_mv = -70.0, .high_mv = -70.0};
  circuit.populations.push_back(population);
  circuit.inputs.push_back(input);
  circuit.inputs.back().target = "relays";
  circuit.inputs.back().weight = 100.0;
  return circuit;
}

std::vector<std::vector<double>> arrivals(const Circuit& circuit, bool off_grid, double end_ms) {
  const Connectivity connectivity(circuit, {.off_grid = off_grid});
  CircuitEvent engine(circuit, connectivity);
  Times times(circuit.populations[0].size);
  engine.run_until(end_ms, times);
  return times.time;
}

}  // namespace

TEST_CASE("off the grid a delay is base + distance / velocity, and a given one as given") {
  Circuit circuit{.space = {.dims = 2, .extent = {2.0, 2.0, 1.0}}};
  Population source{.name = "source", .size = 300};
  source.mask = -1.0;
  circuit.populations = {source, {.name = "target", .size = 200}};
  Projection near{.source = "source", .target = "target", .cutoff = 0.4, .delay_ms = 0.05, .velocity = 0.3};
  near.weight = {.shape = KernelShape::exponential, .amplitude = 2.0, .length = 0.2};
  Projection given{.source = "target", .target = "source", .rule = ConnectionRule::given};
  given.edges = {{7, 7, 7, 2}, {9, 3, 9, 1}, {1.0, 2.0, 0.5, 4.0}, {0.123, 0.077, 0.123, 12.5}};
  circuit.projections = {near, given};
  const Connectivity stored(circuit, {.precision = Precision::exact, .n_threads = 2, .off_grid = true});
  circuit.projections.pop_back();  // lists cannot be procedural
  const Connectivity made(circuit, {.precision = Precision::exact, .procedural = true, .off_grid = true});
  const auto& [from, to] = std::pair(stored.populations()[0], stored.populations()[1]);
  Row row, again;
  RowMaker::Scratch scratch;
  std::size_t n = 0;
  for (std::uint32_t s = 0; s < from.size; ++s) {
    stored.projections()[0].read(s, row, scratch);
    made.projections()[0].read(s, again, scratch);
    REQUIRE(row.delay.empty());
    REQUIRE(row.delay_ms.size() == row.size());
    REQUIRE(again.size() == row.size());
    CHECK(std::ranges::is_sorted(row.delay_ms));
    std::ranges::sort(again.delay_ms);
    CHECK(again.delay_ms == row.delay_ms);
    for (std::size_t e = 0; e < row.size(); ++e, ++n) {
      const double* a = &from.positions[2 * from.neuron_at(s)];
      const double* b = &to.positions[2 * to.neuron_at(row.target[e])];
      const double distance = std::hypot(a[0] - b[0], a[1] - b[1]);
      CHECK(row.delay_ms[e] == Approx(0.05 + distance / 0.3).epsilon(1e-14));
      CHECK(row.weight[e] == Approx(-2.0 * std::exp(-distance / 0.2)).epsilon(1e-13));
    }
  }
  CHECK(n > 3000);
  CHECK(stored.projections()[0].n_edges() == n);
  CHECK(made.projections()[0].n_edges() == n);
  CHECK(stored.bytes() >= n * 20);
  stored.projections()[1].read(to.place_of(7), row, scratch);
  CHECK(row.delay_ms == std::vector<double>{0.077, 0.123, 0.123});
  CHECK(row.weight == std::vector<double>{2.0, 0.5, 1.0});
  CHECK(from.neuron_at(row.target[0]) == 3);
}

TEST_CASE("regular spikes and trains arrive when they are said to, on the grid at the nearest step") {
  const Input regular{.kind = InputKind::regular, .start_ms = 0.52, .stop_ms = 1.4, .interval_ms = 0.33};
  const std::vector<double> off{0.52, 0.52 + 0.33, 0.52 + 2 * 0.33};
  const std::vector<double> on{5 * 0.1, 9 * 0.1, 12 * 0.1};  // 5.2, 8.5 and 11.8 steps
  CHECK(arrivals(relays(3, regular), true, 10.0) == std::vector(3, off));
  CHECK(arrivals(relays(3, regular), false, 10.0) == std::vector(3, on));
  Input endless = regular;
  endless.stop_ms = std::numeric_limits<double>::infinity();
  CHECK(arrivals(relays(1, endless), true, 1000.0)[0].size() == 3029);  // (1000 - 0.52) / 0.33 = 3028.8
  const Input trains{.kind = InputKind::trains, .times_ms = {3.14, 0.77, 3.14}, .neurons = {1, 0, 1}};
  CHECK(arrivals(relays(2, trains), true, 10.0) == std::vector<std::vector<double>>{{0.77}, {3.14}});
  CHECK(arrivals(relays(2, trains), false, 10.0) == std::vector<std::vector<double>>{{8 * 0.1}, {31 * 0.1}});
}

TEST_CASE("Poisson trains have exponential intervals, each neuron its own") {
  const double rate_hz = 50.0;
  const Input poisson{.kind = InputKind::poisson, .rate_hz = rate_hz, .start_ms = 100.0, .stop_ms = 10100.0};
  const auto times = arrivals(relays(100, poisson), true, 20000.0);
  std::vector<double> intervals;
  for (const auto& train : times) {
    REQUIRE(!train.empty());
    CHECK(train.front() >= 100.0);
    CHECK(train.back() < 10100.0);
    double last = 100.0;
    for (const double time : train) intervals.push_back(time - std::exchange(last, time));
  }
  // 100 neurons, 10 s: 50,000 spikes, with a standard deviation of 224.
  const auto n = static_cast<double>(intervals.size());
  CHECK(std::abs(n - 50000.0) < 4 * 224.0);
  // Kolmogorov and Smirnov: the largest distance to 1 - exp(-rate t) is below 1.95 / sqrt(n) but once in
  // 1000.
  std::ranges::sort(intervals);
  double largest = 0.0;
  for (std::size_t i = 0; i < intervals.size(); ++i)
    largest =
        std::max(largest, std::abs(-std::expm1(-intervals[i] * rate_hz * 1e-3) - static_cast<double>(i) / n));
  CHECK(largest < 1.95 / std::sqrt(n));
  CHECK(std::adjacent_find(intervals.begin(), intervals.end()) == intervals.end());  // no two trains alike
  // A neuron's train does not depend on how many others there are, nor on the grid; the seed changes it.
  CHECK(arrivals(relays(7, poisson), true, 20000.0)[6] == times[6]);
  const auto grid = arrivals(relays(7, poisson), false, 20000.0)[6];
  REQUIRE(grid.size() == times[6].size());
  CHECK(grid.back() == Approx(times[6].back()).epsilon(1e-12));
  Circuit other = relays(7, poisson);
  other.seed = 2;
  CHECK(arrivals(other, true, 20000.0)[6] != times[6]);
  CHECK(arrivals(relays(2, {.kind = InputKind::poisson}), true, 1e6) ==
        std::vector(2, std::vector<double>{}));
}

TEST_CASE("a current steps at its time") {
  // R = 20 / 250 mV / pA: from 5 ms on 250 pA carry V from -70 towards -50, past -55 after 20 ln 4.
  Circuit circuit =
      relays(2, {.kind = InputKind::current, .current_times_ms = {5.0, 40.0}, .currents_pa = {250.0, 0.0}});
  const auto times = arrivals(circuit, true, 1000.0);
  REQUIRE(times[0].size() == 1);
  CHECK(times[0][0] == Approx(5.0 + 20.0 * std::log(4.0)).epsilon(1e-14));
  CHECK(times[1] == times[0]);
}

TEST_CASE("currents of several inputs add up, each from its start to its stop") {
  // V goes towards -70 + 0.08 I. 100 and 60 pA flow together from 10 to 30 ms: -57.2, below the threshold.
  Circuit circuit = relays(
      1, {.kind = InputKind::current, .stop_ms = 30.0, .current_times_ms = {0.0}, .currents_pa = {100.0}});
  circuit.inputs.push_back({.target = "relays",
                            .kind = InputKind::current,
                            .start_ms = 10.0,
                            .current_times_ms = {0.0, 50.0},
                            .currents_pa = {60.0, 0.0}});
  const Connectivity connectivity(circuit, {.off_grid = true});
  CircuitEvent engine(circuit, connectivity);
  Times times(1);
  double v = -70.0;
  double last_ms = 0.0;
  for (const auto& [until_ms, current_pa] :
       {std::pair(10.0, 100.0), std::pair(30.0, 160.0), std::pair(50.0, 60.0), std::pair(70.0, 0.0)}) {
    const double towards = -70.0 + 0.08 * current_pa;
    v = towards + (v - towards) * std::exp(-(until_ms - last_ms) / 20.0);
    engine.run_until(until_ms, times);
    CHECK(engine.membrane(0, 0) == Approx(v).epsilon(1e-14));
    last_ms = until_ms;
  }
  CHECK(times.time[0].empty());
}

TEST_CASE("trains are heard from their start to their stop") {
  Input trains{.kind = InputKind::trains,
               .start_ms = 2.0,
               .stop_ms = 4.0,
               .times_ms = {1.9, 2.0, 2.1, 4.0, 4.1},
               .neurons = {0, 0, 0, 0, 0}};
  CHECK(arrivals(relays(1, trains), true, 10.0)[0] == std::vector<double>{2.1, 4.0});
  CHECK(arrivals(relays(1, trains), false, 10.0)[0].size() == 2);
  trains.start_ms = 0.0;
  trains.times_ms[0] = 0.0;
  CHECK(arrivals(relays(1, trains), true, 10.0)[0] == std::vector<double>{0.0, 2.0, 2.1, 4.0});
}

TEST_CASE("what the event engine cannot simulate is refused by name") {
  const auto refused = [](const Circuit& circuit, const char* what) {
    const auto simulate = [&] {
      const Connectivity connectivity(circuit, {.off_grid = true});
      CircuitEvent(circuit, connectivity);
    };
    CHECK_THROWS_WITH(simulate(), Catch::Contains(what));
  };
  const Input train{.kind = InputKind::trains, .times_ms = {1.0}, .neurons = {0}};
  Circuit circuit = relays(2, train);
  circuit.populations[0].cell.model = CellModel::lif_discrete;
  refused(circuit, "clock engine");
  circuit = relays(2, train);
  circuit.populations[0].cell.reset_mv = -55.0;
  refused(circuit, "reset");
  circuit = relays(2, train);
  circuit.populations[0].cell.tau_membrane_ms = 0.0;
  refused(circuit, "tau_membrane_ms is 0");
  circuit = relays(2, train);
  circuit.inputs[0].neurons = {2};
  refused(circuit, "there is no neuron 2");
  circuit.inputs[0].neurons = {0, 1};
  refused(circuit, "1 times, 2 neurons");
  circuit = relays(2, train);
  circuit.inputs[0].times_ms = {-1.0};
  refused(circuit, "a spike at -1 ms");
  circuit = relays(2, {.kind = InputKind::regular, .interval_ms = 0.0});
  refused(circuit, "interval");
  circuit.inputs[0].target = "nobody";
  refused(circuit, "nobody");

  circuit = relays(2, train);
  Projection projection{
      .source = "relays", .target = "relays", .rule = ConnectionRule::one_to_one, .delay_ms = 0.0};
  circuit.projections.push_back(projection);
  CHECK_THROWS_WITH(Connectivity(circuit, {.off_grid = true}), Catch::Contains("above 0 ms"));
  circuit.projections[0].delay_ms = 0.01;  // below a step
  const Connectivity connectivity(circuit, {.off_grid = true});
  CircuitEvent engine(circuit, connectivity);
  Times times(2);
  CHECK_THROWS_WITH(engine.run_until(std::numeric_limits<double>::infinity(), times),
                    Catch::Contains("without end"));
  CHECK_THROWS_WITH(CircuitClock(circuit, connectivity), Catch::Contains("off the grid"));
}
