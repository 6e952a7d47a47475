// The event-driven engine beside the clock-driven one: the same rasters on the grid, and the limit of ever
// shorter steps off it.
#include "sim/circuit/event.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>

#include "sim/circuit/clock.hpp"
#include "sim/random.hpp"

using namespace loci::sim;

namespace {

struct Spike {
  double time_ms;
  std::size_t population;
  std::uint32_t neuron;
  auto operator<=>(const Spike&) const = default;
};
using Spikes = std::vector<Spike>;

struct EventSpikes final : CircuitEventListener {
  void on_spikes(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons) override {
    in_order =
        in_order && std::ranges::is_sorted(neurons) && (spikes.empty() || spikes.back().time_ms <= time_ms);
    for (const std::uint32_t neuron : neurons) spikes.push_back({time_ms, population, neuron});
  }
  Spikes spikes;
  bool in_order = true;
};

struct ClockSpikes final : CircuitListener {
  explicit ClockSpikes(double step) : step_ms(step) {}
  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    for (const std::uint32_t neuron : neurons) spikes.push_back({(step + 1) * step_ms, population, neuron});
  }
  double step_ms;
  Spikes spikes;
};

struct EventRun {
  Spikes spikes;
  CircuitEventCounts counts;
};

EventRun run_events(const Circuit& circuit, const ConnectivityOptions& options, double end_ms) {
  const Connectivity connectivity(circuit, options);
  CircuitEvent engine(circuit, connectivity);
  EventSpikes listener;
  engine.run_until(end_ms, listener);
  CHECK(listener.in_order);
  CHECK(engine.counts().spikes == listener.spikes.size());
  return {listener.spikes, engine.counts()};
}

Spikes run_clock(const Circuit& circuit, double end_ms) {
  const Connectivity connectivity(circuit, {.precision = Precision::exact});
  CircuitClock engine(circuit, connectivity);
  ClockSpikes listener(circuit.step_ms);
  engine.run(steps_from_ms(end_ms, circuit.step_ms, OffGrid::refuse, "test"), listener);
  return listener.spikes;
}

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : seed_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * random_words(seed_, Stream::test, count_++, 0)[0] * 0x1p-32;
  }
  PerNeuron each(std::size_t n, double low, double high) {
    std::vector<double> values(n);
    for (double& value : values) value = (*this)(low, high);
    return PerNeuron(values);
  }
  // Spikes at random to every neuron, most exciting.
  Input trains(const std::string& target, std::size_t n_neurons, double rate_hz, double duration_ms,
               double weight) {
    Input input{.target = target, .kind = InputKind::trains};
    const auto n = static_cast<std::size_t>(static_cast<double>(n_neurons) * rate_hz * duration_ms * 1e-3);
    for (std::size_t i = 0; i < n; ++i) {
      input.times_ms.push_back((*this)(0.5, duration_ms));
      input.neurons.push_back(static_cast<std::uint32_t>((*this)(0, static_cast<double>(n_neurons))));
      input.weights.push_back((*this)(-0.3, 1.0) * weight);
    }
    return input;
  }

 private:
  std::uint32_t seed_;
  std::uint64_t count_ = 0;
};

// 240 excitatory and 60 inhibitory neurons that rest 4 to 10 mV below the threshold.
Circuit balanced() {
  Draw draw(1);
  Circuit circuit;
  Cell cell{.model = CellModel::lif_delta};
  for (const auto& [name, size] : {std::pair{"e", 240}, std::pair{"i", 60}}) {
    Population population{.name = name, .size = static_cast<std::size_t>(size), .cell = cell};
    population.cell.current_pa = draw.each(population.size, 60.0, 140.0);  // R = 0.08 mV / pA
    population.initial = {.low_mv = -70.0, .high_mv = -56.0};
    circuit.populations.push_back(population);
    circuit.inputs.push_back(draw.trains(name, population.size, 150.0, 1000.0, 9.0));
  }
  const auto connect = [&](const char* source, const char* target, std::size_t indegree, double weight,
                           double delay_ms) {
    Projection projection{
        .source = source, .target = target, .rule = ConnectionRule::fixed_indegree, .indegree = indegree};
    projection.weight.amplitude = weight;
    projection.delay_ms = delay_ms;
    circuit.projections.push_back(projection);
  };
  connect("e", "e", 24, 0.7, 1.5);
  connect("e", "i", 24, 0.9, 0.3);
  connect("i", "e", 12, -2.0, 0.8);
  connect("i", "i", 12, -1.7, 1.2);
  return circuit;
}

// One population on a torus, a fifth of it inhibitory, every neuron with constants of its own; weights fall
// and delays grow with distance. Regular input and a current besides the trains.
Circuit spatial() {
  Draw draw(2);
  Circuit circuit{.space = {.dims = 2, .periodic = true}, .step_ms = 0.2};
  Population all{.name = "all", .size = 400};
  all.cell.tau_membrane_ms = draw.each(all.size, 10.0, 30.0);
  all.cell.threshold_mv = draw.each(all.size, -57.0, -53.0);
  all.cell.refractory_ms = draw.each(all.size, 0.0, 4.0);
  all.cell.reset_mv = draw.each(all.size, -72.0, -65.0);
  all.initial = {.low_mv = -70.0, .high_mv = -60.0};
  std::vector<double> mask(all.size, 1.0);
  for (std::size_t i = 0; i < all.size; i += 5) mask[i] = -3.0;
  all.mask = PerNeuron(mask);
  circuit.populations = {all, {.name = "readout", .size = 3, .cell = {.model = CellModel::integrator}}};
  Projection near{.source = "all", .target = "all", .cutoff = 0.2, .delay_ms = 0.4, .velocity = 0.05};
  near.weight = {.shape = KernelShape::inverse_distance, .amplitude = 0.5, .length = 0.1, .floor = 0.02};
  near.probability = {.shape = KernelShape::gaussian, .amplitude = 0.9, .length = 0.1};
  Projection out{
      .source = "all", .target = "readout", .rule = ConnectionRule::fixed_indegree, .indegree = 50};
  circuit.projections = {near, out};
  circuit.inputs.push_back(draw.trains("all", all.size, 60.0, 800.0, 11.0));
  circuit.inputs.push_back({.target = "all",
                            .kind = InputKind::regular,
                            .weight = 4.0,
                            .start_ms = 10.0,
                            .stop_ms = 700.0,
                            .interval_ms = 9.7});
  circuit.inputs.push_back({.target = "all",
                            .kind = InputKind::current,
                            .current_times_ms = {0.0, 300.1, 500.0},
                            .currents_pa = {20.0, 60.0, -30.0}});
  return circuit;
}

}  // namespace

TEST_CASE("on the grid networks that fire at arrivals give the clock engine's raster spike for spike") {
  for (const Circuit& circuit : {balanced(), spatial()}) {
    const double end_ms = 800.0;
    const Spikes clock = run_clock(circuit, end_ms);
    const EventRun event = run_events(circuit, {.precision = Precision::exact}, end_ms);
    INFO(clock.size() << " spikes, " << event.counts.synaptic_events << " synaptic events");
    CHECK(clock.size() > 3000);
    CHECK(event.counts.synaptic_events > 100000);
    CHECK(event.spikes.size() == clock.size());
    CHECK(event.spikes == clock);
  }
}

TEST_CASE("membranes and currents agree with the clock engine's at every step") {
  Circuit circuit = spatial();
  Cell cell{.model = CellModel::lif_exp};
  cell.tau_excitatory_ms = 3.0;
  cell.tau_inhibitory_ms = 20.0;  // as the membrane's
  circuit.populations.push_back(
      {.name = "exponential", .size = 20, .cell = cell, .initial = {.low_mv = -75.0, .high_mv = -60.0}});
  circuit.inputs.push_back(Draw(3).trains("exponential", 20, 300.0, 150.0, 30.0));  // too weak to fire any
  const Connectivity connectivity(circuit, {.precision = Precision::exact});
  CircuitClock clock(circuit, connectivity);
  CircuitEvent event(circuit, connectivity);
  ClockSpikes clock_spikes(circuit.step_ms);
  EventSpikes event_spikes;
  double largest = 0.0;
  double highest_current = 0.0;
  for (Step step = 1; step <= 750; ++step) {
    clock.run(1, clock_spikes);
    event.run_until(step * circuit.step_ms, event_spikes);
    REQUIRE(event.time_ms() == clock.time_ms());
    for (std::size_t p = 0; p < 3; ++p)
      for (std::uint32_t n = 0; n < circuit.populations[p].size; ++n) {
        largest = std::max(largest, std::abs(clock.membrane(p, n) - event.membrane(p, n)));
        largest =
            std::max(largest, std::abs(clock.excitatory_current(p, n) - event.excitatory_current(p, n)));
        largest =
            std::max(largest, std::abs(clock.inhibitory_current(p, n) - event.inhibitory_current(p, n)));
        highest_current = std::max(highest_current, event.excitatory_current(p, n));
      }
  }
  CHECK(clock_spikes.spikes.size() > 200);
  CHECK(event_spikes.spikes == clock_spikes.spikes);
  CHECK(highest_current > 20.0);
  CHECK(largest < 1e-10);
}

TEST_CASE("on the grid refractory times and delays end at the clock engine's steps") {
  // a fires at 1.0; what comes until 3.0 is lost, at 3.1 it fires again. b hears it 1.5 ms later, c, of two
  // spikes that take 0.3 + 1.5 and 1.0 + 0.8 ms, is lifted by 8 + 8 mV at 1.8 (sums that differ in binary).
  Circuit circuit;
  for (const char* name : {"a", "b", "c", "d"}) {
    Population population{.name = name, .size = 1};
    population.initial.given_mv = {-70.0};
    circuit.populations.push_back(population);
  }
  const auto connect = [&](const char* source, const char* target, double weight, double delay_ms) {
    Projection projection{.source = source, .target = target, .rule = ConnectionRule::one_to_one};
    projection.weight.amplitude = weight;
    projection.delay_ms = delay_ms;
    circuit.projections.push_back(projection);
  };
  connect("a", "b", 20.0, 1.5);
  connect("a", "c", 8.0, 0.8);
  connect("d", "c", 8.0, 1.5);
  Input to_a{.target = "a",
             .kind = InputKind::trains,
             .weight = 20.0,
             .times_ms = {1.0, 2.0, 3.0, 3.1},
             .neurons = {0, 0, 0, 0}};
  Input to_d{.target = "d", .kind = InputKind::trains, .weight = 20.0, .times_ms = {0.3}, .neurons = {0}};
  circuit.inputs = {to_a, to_d};
  const auto at = [&](int step) { return step * circuit.step_ms; };
  const Spikes expected{{at(3), 3, 0},  {at(10), 0, 0}, {at(18), 2, 0},
                        {at(25), 1, 0}, {at(31), 0, 0}, {at(46), 1, 0}};
  CHECK(run_clock(circuit, 10.0) == expected);
  CHECK(run_events(circuit, {}, 10.0).spikes == expected);
  // Off the grid the same to rounding: where c's two spikes come one after the other, it fires at the second.
  const Spikes off = run_events(circuit, {.off_grid = true}, 10.0).spikes;
  REQUIRE(off.size() == expected.size());
  for (std::size_t s = 0; s < off.size(); ++s) {
    CHECK(off[s].population == expected[s].population);
    CHECK(off[s].time_ms == Approx(expected[s].time_ms).epsilon(1e-14));
  }
}

TEST_CASE("the clock engine converges to the event engine with the first power of its step") {
  // A spike is seen at the end of the step in which it falls: its error is up to a step, half of one in the
  // mean, and adds up along a train. Order 1: the slope of log error over log step.
  for (const CellModel model : {CellModel::lif_exp, CellModel::adaptive_lif}) {
    Draw draw(4);
    Circuit circuit;
    Population all{
        .name = "all", .size = 60, .cell = {.model = model}, .initial = {.low_mv = -70.0, .high_mv = -56.0}};
    all.cell.current_pa = draw.each(all.size, 200.0, 320.0);  // 16 to 25.6 mV: all fire by themselves
    all.cell.adaptation_pa = 5.0;
    circuit.populations.push_back(all);
    Projection projection{
        .source = "all", .target = "all", .rule = ConnectionRule::fixed_indegree, .indegree = 5};
    projection.weight.amplitude = 10.0;
    projection.delay_ms = 1.6;
    circuit.projections.push_back(projection);
    const double end_ms = 200.0;
    const auto by_neuron = [](const Spikes& spikes) {
      std::map<std::uint32_t, std::vector<double>> times;
      for (const Spike& spike : spikes) times[spike.neuron].push_back(spike.time_ms);
      return times;
    };
    const auto exact =
        by_neuron(run_events(circuit, {.precision = Precision::exact, .off_grid = true}, end_ms).spikes);
    std::vector<double> log_step, log_error;
    for (const double step_ms : {0.4, 0.2, 0.1, 0.05, 0.025, 0.0125}) {
      circuit.step_ms = step_ms;
      double sum = 0.0;
      std::size_t n = 0;
      for (const auto& [neuron, times] : by_neuron(run_clock(circuit, end_ms))) {
        REQUIRE(exact.contains(neuron));
        for (std::size_t s = 0; s < std::min(times.size(), exact.at(neuron).size()); ++s, ++n)
          sum += std::abs(times[s] - exact.at(neuron)[s]);
      }
      REQUIRE(n > 250);
      log_step.push_back(std::log(step_ms));
      log_error.push_back(std::log(sum / static_cast<double>(n)));
    }
    const auto mean = [](const std::vector<double>& v) {
      return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
    };
    double above = 0.0;
    double below = 0.0;
    for (std::size_t i = 0; i < log_step.size(); ++i) {
      above += (log_step[i] - mean(log_step)) * (log_error[i] - mean(log_error));
      below += (log_step[i] - mean(log_step)) * (log_step[i] - mean(log_step));
    }
    INFO("slope " << above / below << ", error at the shortest step " << std::exp(log_error.back()) << " ms");
    CHECK(above / below == Approx(1.0).margin(0.1));
    CHECK(std::exp(log_error.back()) < 0.05);
  }
}

TEST_CASE("two runs give the same spikes, bit for bit, in one go or in many") {
  Circuit circuit = spatial();
  circuit.projections.pop_back();  // its list cannot be procedural
  circuit.inputs.push_back({.target = "all", .kind = InputKind::poisson, .rate_hz = 40.0, .weight = 6.0});
  const EventRun first = run_events(circuit, {.off_grid = true}, 300.0);
  const EventRun second = run_events(circuit, {.n_threads = 2, .off_grid = true}, 300.0);
  CHECK(first.spikes.size() > 1000);
  CHECK(first.spikes == second.spikes);
  CHECK(run_events(circuit, {.procedural = true, .off_grid = true}, 300.0).spikes == first.spikes);
  const Connectivity connectivity(circuit, {.off_grid = true});
  CircuitEvent engine(circuit, connectivity);
  EventSpikes listener;
  for (const double time_ms : {0.0, 13.7, 13.7, 100.0, 299.99, 300.0}) {
    engine.run_until(time_ms, listener);
    engine.membrane(0, 7);  // looking changes nothing
  }
  CHECK(listener.spikes == first.spikes);
}

TEST_CASE("the order of populations and projections changes no spike") {
  // Weights are multiples of 1/64 mV, whose sums are exact in any order.
  Draw draw(5);
  Circuit circuit;
  for (const char* name : {"x", "y", "z"}) {
    Population population{.name = name, .size = 30, .initial = {.low_mv = -68.0, .high_mv = -68.0}};
    population.cell.current_pa = 230.0;  // 18.4 mV: they fire by themselves, too
    circuit.populations.push_back(population);
    circuit.inputs.push_back(draw.trains(name, 30, 100.0, 300.0, 4.0));
    for (double& weight : circuit.inputs.back().weights) weight = std::round(weight * 64) / 64;
  }
  for (const char* source : {"x", "y", "z"})
    for (const char* target : {"x", "y", "z"}) {
      Projection projection{.source = source, .target = target, .rule = ConnectionRule::given};
      for (std::uint32_t e = 0; e < 200; ++e) {
        projection.edges.source.push_back(static_cast<std::uint32_t>(draw(0, 30)));
        projection.edges.target.push_back(static_cast<std::uint32_t>(draw(0, 30)));
        projection.edges.weight.push_back(std::round(draw(-0.5, 0.5) * 64) / 64);
        projection.edges.delay_ms.push_back(draw(0.01, 5.0));
      }
      circuit.projections.push_back(projection);
    }
  const auto named = [](const Circuit& of, const Spikes& spikes) {
    std::vector<std::tuple<double, std::string, std::uint32_t>> all;
    for (const Spike& spike : spikes)
      all.emplace_back(spike.time_ms, of.populations[spike.population].name, spike.neuron);
    std::ranges::sort(all);
    return all;
  };
  const auto forward = named(circuit, run_events(circuit, {.off_grid = true}, 300.0).spikes);
  std::ranges::reverse(circuit.populations);
  std::ranges::reverse(circuit.projections);
  std::ranges::reverse(circuit.inputs);
  CHECK(forward.size() > 500);
  CHECK(named(circuit, run_events(circuit, {.off_grid = true}, 300.0).spikes) == forward);
}

TEST_CASE("work grows with spikes and edges, not with time") {
  Circuit circuit = balanced();
  const EventRun once = run_events(circuit, {}, 2000.0);
  const EventRun longer = run_events(circuit, {}, 1e8);  // input ends at 1000 ms
  CHECK(once.counts.spikes > 3000);
  CHECK(longer.counts.neuron_updates == once.counts.neuron_updates);
  CHECK(longer.spikes == once.spikes);
  const CircuitEventCounts& counts = once.counts;
  CHECK(counts.neuron_updates <= counts.spikes + counts.synaptic_events + counts.input_events);
  CHECK(counts.predictions == counts.neuron_updates + circuit.n_neurons());
  CHECK(counts.input_events == 300 * 150);
}
