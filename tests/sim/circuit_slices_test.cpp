// The clock engine runs slices as long as the shortest delay, and keeps what a population sends together:
// neither changes what comes of a circuit.
#include <catch2/catch.hpp>

#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

// Three models with delays of 0.7 ms at least, several projections between one pair, and every kind of input.
Circuit busy() {
  Circuit circuit{.space = {.dims = 2, .periodic = true}};
  const InitialMembrane initial{.low_mv = -70.0, .high_mv = -55.0};
  circuit.populations = {
      {.name = "delta", .size = 150, .initial = initial},
      {.name = "currents", .size = 130, .cell = {.model = CellModel::lif_exp}, .initial = initial},
      {.name = "adaptive",
       .size = 70,
       .cell = {.model = CellModel::adaptive_lif, .adaptation_pa = 20.0},
       .initial = initial}};
  const DistanceKernel near{.shape = KernelShape::inverse_distance, .length = 0.05, .floor = 0.01};
  const auto scaled = [&](double amplitude) {
    DistanceKernel kernel = near;
    kernel.amplitude = amplitude;
    return kernel;
  };
  const auto add = [&](const char* source, const char* target, const DistanceKernel& weight, double delay_ms,
                       double velocity) {
    circuit.projections.push_back({.source = source,
                                   .target = target,
                                   .cutoff = 0.3,
                                   .weight = weight,
                                   .delay_ms = delay_ms,
                                   .velocity = velocity});
  };
  add("delta", "delta", scaled(0.5), 0.7, 0.1);
  add("delta", "currents", {.amplitude = 60.0}, 1.0, 0.3);
  add("delta", "delta", {.amplitude = -0.3}, 0.9, 0.2);
  add("delta", "adaptive", {.amplitude = 45.0}, 1.3, 0.2);
  add("delta", "currents", scaled(-30.0), 0.7, 0.1);
  add("currents", "delta", {.amplitude = 0.4}, 2.0, 0.2);
  add("adaptive", "currents", scaled(-20.0), 0.8, 0.1);
  circuit.inputs = {
      {.target = "delta", .rate_hz = 9000.0, .weight = 0.2, .start_ms = 1.3, .stop_ms = 35.1},
      {.target = "currents", .rate_hz = 4000.0, .weight = 40.0, .start_ms = 2.5},
      {.target = "adaptive", .rate_hz = 3000.0, .weight = 60.0},
      {.target = "delta", .kind = InputKind::regular, .weight = -0.2, .start_ms = 0.4, .interval_ms = 0.33},
      {.target = "currents",
       .kind = InputKind::current,
       .start_ms = 3.3,
       .stop_ms = 30.2,
       .current_times_ms = {0.0, 10.1},
       .currents_pa = {50.0, 120.0}}};
  return circuit;
}

// Looks every few steps, and does nothing with it.
class Looks final : public CircuitListener {
 public:
  explicit Looks(Step interval) : interval_(interval) {}
  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    list.on_spikes(step, population, neurons);
  }
  Step interval() const override { return interval_; }
  void on_step(Step step) override { looked.push_back(step + 1); }
  SpikeList list;
  std::vector<Step> looked;

 private:
  Step interval_;
};

std::vector<double> membranes(const Circuit& circuit, const CircuitClock& clock) {
  std::vector<double> result;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p)
    for (std::uint32_t n = 0; n < circuit.populations[p].size; ++n) result.push_back(clock.membrane(p, n));
  return result;
}

}  // namespace

TEST_CASE("spikes and membranes do not depend on where slices end") {
  const Circuit circuit = busy();
  const bool procedural = GENERATE(false, true);
  const Connectivity whole(circuit, {.procedural = procedural});
  CircuitClock once(circuit, whole);
  SpikeList expected;
  once.run(400, expected);
  REQUIRE(expected.spikes.size() > 500);
  for (const Step piece : {1U, 3U, 50U}) {
    const Connectivity connectivity(circuit, {.procedural = procedural, .n_threads = piece % 4});
    CircuitClock clock(circuit, connectivity);
    SpikeList list;
    while (clock.now() < 400) clock.run(std::min(piece, 400 - clock.now()), list);
    CAPTURE(procedural, piece);
    CHECK(list.spikes == expected.spikes);
    CHECK(membranes(circuit, clock) == membranes(circuit, once));
  }
  for (const Step interval : {1U, 5U, 90U}) {
    CircuitClock clock(circuit, whole);
    Looks looks(interval);
    clock.run(400, looks);
    CAPTURE(procedural, interval);
    CHECK(looks.list.spikes == expected.spikes);
    CHECK(membranes(circuit, clock) == membranes(circuit, once));
    REQUIRE(looks.looked.size() == 400 / interval);
    for (std::size_t i = 0; i < looks.looked.size(); ++i) CHECK(looks.looked[i] == (i + 1) * interval);
  }
}

TEST_CASE("projections that are kept together are read back each for itself") {
  const Circuit all = busy();
  for (std::size_t i = 0; i < all.projections.size(); ++i) {
    Circuit alone = all;
    alone.projections = {all.projections[i]};
    const auto edges = edges_of(alone);
    CAPTURE(i);
    REQUIRE(edges.size() > 1000);
    CHECK(edges_of(all, {}, i) == edges);
    CHECK(edges_of(all, {.n_threads = 3}, i) == edges);
    CHECK(edges_of(all, {.procedural = true}, i) == edges);
    const Connectivity connectivity(all, {.n_threads = 2});
    CHECK(connectivity.projections()[i].n_edges() == edges.size());
  }
}
