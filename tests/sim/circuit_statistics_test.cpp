// Rate, irregularity and synchrony of spikes, worked out by hand.
#include "sim/circuit/statistics.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/circuit_support.hpp"

using namespace loci::sim;

namespace {

// Two populations of 2 and 1 neurons in steps of 1 ms.
Circuit three_neurons() {
  Circuit circuit = one_population(2);
  circuit.step_ms = 1.0;
  circuit.populations.push_back({.name = "B", .size = 1});
  return circuit;
}

void fire(SpikeStatistics& statistics, Step step, std::size_t population,
          std::vector<std::uint32_t> neurons) {
  statistics.on_spikes(step, population, neurons);
}

}  // namespace

TEST_CASE("the rate is spikes by neurons and seconds, its spread that of the neurons") {
  SpikeStatistics statistics(three_neurons(), 100);
  for (Step step = 100; step < 104; ++step) fire(statistics, step, 0, {0});
  fire(statistics, 110, 0, {0, 1});
  // Neuron 0 fires 5 times, neuron 1 once, in 20 ms: 250 Hz and 50 Hz, 150 +- 100 Hz.
  const SpikeSummary summary = statistics.of_population(0, 120);
  CHECK(summary.n_neurons == 2);
  CHECK(summary.n_spikes == 6);
  CHECK(summary.rate_hz == Approx(150.0));
  CHECK(summary.rate_sd_hz == Approx(100.0));
  CHECK(statistics.of_population(1, 120).rate_hz == 0.0);
  CHECK(statistics.of_all(120).rate_hz == Approx(100.0));
}

TEST_CASE("the CV is the deviation of intervals over their mean, for neurons with enough of them") {
  SpikeStatistics statistics(three_neurons(), 0);
  // Intervals of neuron 0: 2, 4, 2, 4, 2, 4 ms; mean 3, deviation 1. Neuron 1 is regular: 0. B fires five
  // times.
  Step step = 0;
  fire(statistics, step, 0, {0});
  for (const Step interval : {2, 4, 2, 4, 2, 4}) fire(statistics, step += interval, 0, {0});
  CHECK(statistics.of_population(0, 100).cv_isi == Approx(1.0 / 3.0));
  for (Step s = 30; s < 36; ++s) fire(statistics, s, 0, {1});
  CHECK(statistics.of_population(0, 100).cv_isi == Approx(1.0 / 6.0));
  for (const Step s : {40, 41, 43, 47, 60}) fire(statistics, s, 1, {0});
  CHECK(statistics.of_population(1, 100).cv_isi == 0.0);
  CHECK(statistics.of_all(100).cv_isi == Approx(1.0 / 6.0));
}

TEST_CASE("the Fano factor is the variance over the mean of counts in full bins of 5 ms, silent ones too") {
  SpikeStatistics statistics(three_neurons(), 0);
  fire(statistics, 0, 0, {0, 1});
  fire(statistics, 4, 0, {0});   // 3 in the first bin
  fire(statistics, 12, 0, {1});  // 1 in the third
  fire(statistics, 21, 0, {1});  // in a bin that is not full
  fire(statistics, 6, 1, {0});   // of the other population, in the second
  // Counts 3, 0, 1, 0: mean 1, variance 1.5. With the other population 3, 1, 1, 0: mean 1.25,
  // variance 1.1875.
  CHECK(statistics.of_population(0, 23).fano == Approx(1.5));
  CHECK(statistics.of_all(23).fano == Approx(1.1875 / 1.25));
}

TEST_CASE("times of the event engine count as the steps that they end, and between them as they are") {
  const Circuit circuit = three_neurons();
  SpikeStatistics steps(circuit, 0, 2.0);
  SpikeStatistics times(circuit, 0, 2.0);
  for (const Step step : {0U, 3U, 4U, 9U, 11U, 13U}) {
    fire(steps, step, 0, {1});
    times.add(step + 1.0, 0, std::vector<std::uint32_t>{1});
  }
  const auto a = steps.of_population(0, 20);
  const auto b = times.of_population(0, 20);
  CHECK(a.n_spikes == 6);
  CHECK(b.n_spikes == a.n_spikes);
  CHECK(b.cv_isi == a.cv_isi);
  CHECK(b.fano == a.fano);
  CHECK(b.cv_isi > 0.1);

  // Every 1.5 ms, from 0 on: intervals without variation; bins of 2 ms end with what falls on their end.
  SpikeStatistics between(circuit, 0, 2.0);
  for (int i = 0; i < 8; ++i) between.add(1.5 * i, 1, std::vector<std::uint32_t>{0});
  const auto c = between.of_population(1, 12);
  CHECK(c.cv_isi == Approx(0.0).margin(1e-12));
  // (0, 1.5), 3, (4.5, 6), 7.5, 9, 10.5: counts 2, 1, 2, 1, 1, 1, mean 8/6, variance 12/6 - 64/36.
  CHECK(c.fano == Approx((12.0 / 6 - 64.0 / 36) / (8.0 / 6)));
}
