// Single neurons in continuous time against a simulation of fifty digits that knows nothing of the engine.
#include <algorithm>
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <catch2/catch.hpp>
#include <cmath>

#include "sim/circuit/event.hpp"
#include "sim/random.hpp"

using namespace loci::sim;

namespace {

using Exact = boost::multiprecision::cpp_dec_float_50;

struct Times final : CircuitEventListener {
  void on_spikes(double time_ms, std::size_t, std::span<const std::uint32_t>) override {
    time.push_back(time_ms);
  }
  std::vector<double> time;
};

struct Arrival {
  double time_ms;
  double weight;
};

// By how much a current of 1 with 1 / tau = `other` lifts a membrane with 1 / tau = `rate`.
template <typename Real>
Real response(const Real& rate, const Real& other, const Real& t) {
  using std::exp;
  return rate == other ? Real(t * exp(-rate * t)) : Real((exp(-other * t) - exp(-rate * t)) / (rate - other));
}

// One neuron's state at a time, in as many digits as Real has.
template <typename Real>
struct State {
  Real membrane, excitatory{0}, inhibitory{0}, adaptation{0};

  State after(const Cell& cell, const Real& t) const {
    using std::exp;
    const Real rate = 1 / Real(cell.tau_membrane_ms[0]);
    const Real rate_excitatory = 1 / Real(cell.tau_excitatory_ms[0]);
    const Real rate_inhibitory = 1 / Real(cell.tau_inhibitory_ms[0]);
    const Real rate_adaptation = 1 / Real(cell.tau_adaptation_ms[0]);
    const Real capacitance = cell.capacitance_pf[0];
    const Real resting = Real(cell.resting_mv[0]) + Real(cell.current_pa[0]) / (rate * capacitance);
    State next;
    next.membrane =
        resting + (membrane - resting) * exp(-rate * t) +
        (excitatory * response(rate, rate_excitatory, t) + inhibitory * response(rate, rate_inhibitory, t) -
         adaptation * response(rate, rate_adaptation, t)) /
            capacitance;
    next.excitatory = excitatory * exp(-rate_excitatory * t);
    next.inhibitory = inhibitory * exp(-rate_inhibitory * t);
    next.adaptation = adaptation * exp(-rate_adaptation * t);
    return next;
  }
};

// The first time up to `span` at which the membrane is at the threshold: seen in steps of 0.01 ms, then
// halved. Returns a negative time for none.
Exact crossing(const Cell& cell, const State<Exact>& from, const Exact& span) {
  const State<long double> rough{
      static_cast<long double>(from.membrane), static_cast<long double>(from.excitatory),
      static_cast<long double>(from.inhibitory), static_cast<long double>(from.adaptation)};
  const auto threshold = static_cast<long double>(cell.threshold_mv[0]);
  const auto end = static_cast<long double>(span);
  for (long double low = 0.0L; low < end; low += 0.01L) {
    const long double high = std::min(low + 0.01L, end);
    if (rough.after(cell, high).membrane < threshold) continue;
    Exact below = low;
    Exact above = high;
    for (int i = 0; i < 70; ++i) {
      const Exact middle = (below + above) / 2;
      (from.after(cell, middle).membrane < cell.threshold_mv[0] ? below : above) = middle;
    }
    return above;
  }
  return -1;
}

std::vector<double> exact_spikes(const Cell& cell, double start_mv, const std::vector<Arrival>& arrivals,
                                 double end_ms) {
  std::vector<double> spikes;
  State<Exact> state{start_mv};
  Exact now = 0;
  Exact free_from = -1;
  const auto go_to = [&](const Exact& then) {
    if (now < free_from) {
      const Exact until = free_from < then ? free_from : then;
      state = state.after(cell, until - now);
      state.membrane = cell.reset_mv[0];
      now = until;
    }
    if (now < then) state = state.after(cell, then - now);
    now = then;
  };
  const auto fire = [&] {
    spikes.push_back(static_cast<double>(now));
    state.membrane = cell.reset_mv[0];
    state.adaptation += cell.model == CellModel::adaptive_lif ? cell.adaptation_pa[0] : 0.0;
    free_from = now + Exact(cell.refractory_ms[0]);
  };
  const auto live_until = [&](const Exact& then) {
    while (now < then) {
      if (now < free_from) go_to(free_from < then ? free_from : then);
      const Exact wait = now < then ? crossing(cell, state, then - now) : Exact(-1);
      go_to(wait < 0 ? then : Exact(now + wait));
      if (wait >= 0) fire();
    }
  };
  for (const Arrival& arrival : arrivals) {
    if (arrival.time_ms > end_ms) break;
    live_until(arrival.time_ms);
    if (cell.model == CellModel::lif_delta) {
      if (now > free_from) state.membrane += arrival.weight;
      if (state.membrane >= cell.threshold_mv[0]) fire();
    } else {
      (arrival.weight < 0.0 ? state.inhibitory : state.excitatory) += arrival.weight;
    }
  }
  live_until(end_ms);
  return spikes;
}

std::vector<Arrival> random_arrivals(std::uint32_t seed, std::size_t n, double mean_interval_ms,
                                     double excitatory, double inhibitory) {
  std::vector<Arrival> arrivals;
  double time = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto words = random_words(seed, Stream::test, i, 0);
    time -= mean_interval_ms * std::log((words[0] + 0.5) * 0x1p-32);
    const double size = 0.2 + 0.8 * words[1] * 0x1p-32;
    arrivals.push_back({time, words[2] % 4 == 0 ? -inhibitory * size : excitatory * size});
  }
  return arrivals;
}

std::vector<double> engine_spikes(const Cell& cell, double start_mv, const std::vector<Arrival>& arrivals,
                                  double end_ms) {
  Circuit circuit;
  Population population{.name = "neuron", .size = 1, .cell = cell};
  population.initial.given_mv = {start_mv};
  circuit.populations.push_back(population);
  Input input{.target = "neuron", .kind = InputKind::trains};
  for (const Arrival& arrival : arrivals) {
    input.times_ms.push_back(arrival.time_ms);
    input.neurons.push_back(0);
    input.weights.push_back(arrival.weight);
  }
  circuit.inputs.push_back(input);
  const Connectivity connectivity(circuit, {.off_grid = true});
  CircuitEvent engine(circuit, connectivity);
  Times times;
  engine.run_until(end_ms, times);
  return times.time;
}

void check_neuron(const Cell& cell, const std::vector<Arrival>& arrivals, std::size_t least) {
  const auto expected = exact_spikes(cell, -66.0, arrivals, 300.0);
  const auto found = engine_spikes(cell, -66.0, arrivals, 300.0);
  REQUIRE(expected.size() >= least);
  REQUIRE(found.size() == expected.size());
  double largest = 0.0;
  for (std::size_t s = 0; s < found.size(); ++s)
    largest = std::max(largest, std::abs(found[s] - expected[s]));
  INFO(found.size() << " spikes, largest difference " << largest << " ms");
  CHECK(largest < 1e-9);
}

}  // namespace

TEST_CASE("a neuron with delta synapses fires when it should to 1e-9 ms") {
  Cell cell{.model = CellModel::lif_delta, .tau_membrane_ms = 12.0, .refractory_ms = 1.7};
  cell.current_pa = 280.0;  // 13.44 mV, below the threshold: fires at arrivals
  check_neuron(cell, random_arrivals(1, 300, 1.0, 4.0, 3.0), 20);
  cell.current_pa = 380.0;  // 18.24 mV: fires by itself
  check_neuron(cell, random_arrivals(2, 100, 3.0, 3.0, 5.0), 10);
}

TEST_CASE("a neuron with exponential synapses fires when it should to 1e-9 ms") {
  Cell cell{.model = CellModel::lif_exp, .refractory_ms = 1.3};
  cell.tau_membrane_ms = 10.0;
  cell.tau_excitatory_ms = 2.0;
  cell.tau_inhibitory_ms = 5.0;
  cell.current_pa = 300.0;  // 12 mV
  check_neuron(cell, random_arrivals(3, 300, 1.0, 800.0, 600.0), 10);
  cell.tau_excitatory_ms = 10.0;  // as the membrane's
  check_neuron(cell, random_arrivals(4, 300, 1.0, 200.0, 500.0), 10);
  cell.tau_inhibitory_ms = 10.0;
  check_neuron(cell, random_arrivals(5, 300, 1.0, 200.0, 300.0), 10);
  cell.tau_excitatory_ms = 25.0;  // slower than the membrane
  check_neuron(cell, random_arrivals(6, 300, 1.0, 150.0, 300.0), 10);
  cell.refractory_ms = 0.0;
  check_neuron(cell, random_arrivals(7, 300, 1.0, 150.0, 200.0), 10);
}

TEST_CASE("a neuron with adaptation fires when it should to 1e-9 ms") {
  Cell cell{.model = CellModel::adaptive_lif};
  cell.tau_membrane_ms = 10.0;
  cell.tau_inhibitory_ms = 6.0;
  cell.tau_adaptation_ms = 80.0;
  cell.adaptation_pa = 60.0;
  cell.current_pa = 450.0;
  check_neuron(cell, random_arrivals(8, 300, 1.0, 700.0, 500.0), 10);
  cell.tau_adaptation_ms = 10.0;  // as the membrane's
  check_neuron(cell, random_arrivals(9, 300, 1.0, 700.0, 500.0), 10);
}

TEST_CASE("a spike that lifts a membrane to the threshold exactly fires it, to just below does not") {
  Cell cell{.model = CellModel::lif_delta, .threshold_mv = -62.0};
  CHECK(engine_spikes(cell, -70.0, {{0.5, 8.0}}, 10.0) == std::vector<double>{0.5});
  CHECK(engine_spikes(cell, -70.0, {{0.5, std::nextafter(8.0, 0.0) - 0x1p-46}}, 10.0).empty());
  CHECK(engine_spikes(cell, -62.0, {}, 10.0) == std::vector<double>{0.0});
  cell.model = CellModel::integrator;
  CHECK(engine_spikes(cell, -70.0, {{0.5, 100.0}}, 10.0).empty());
}

TEST_CASE("off the grid what arrives until the end of the refractory time is lost, and nothing after") {
  Cell cell{.model = CellModel::lif_delta, .refractory_ms = 2.0};
  using Found = std::vector<double>;
  CHECK(engine_spikes(cell, -70.0, {{1.0, 20.0}, {2.0, 20.0}, {3.0, 20.0}}, 10.0) == Found{1.0});
  const double after = std::nextafter(3.0, 4.0);
  CHECK(engine_spikes(cell, -70.0, {{1.0, 20.0}, {3.0, 20.0}, {after, 20.0}}, 10.0) == Found{1.0, after});
  cell.refractory_ms = 0.0;
  CHECK(engine_spikes(cell, -70.0, {{1.0, 20.0}, {1.0, 20.0}, {1.5, 20.0}}, 10.0) == Found{1.0, 1.5});
  // At one time excitation and inhibition are summed before the threshold is tested.
  CHECK(engine_spikes(cell, -70.0, {{1.0, 20.0}, {1.0, -10.0}}, 10.0).empty());
  // V = -50 - 20 exp(-t / 20) is at -55 at 20 ln 4; inhibition at that very moment holds it down.
  cell.current_pa = 250.0;
  const Found alone = engine_spikes(cell, -70.0, {}, 30.0);
  REQUIRE(alone.size() == 1);
  CHECK(alone[0] == Approx(20.0 * std::log(4.0)).epsilon(1e-15));
  const Found held = engine_spikes(cell, -70.0, {{alone[0], -1.0}}, 35.0);
  REQUIRE(held.size() == 1);
  CHECK(held[0] == Approx(alone[0] + 20.0 * std::log(6.0 / 5.0)).epsilon(1e-14));
}
