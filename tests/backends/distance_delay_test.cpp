#include "backends/distance_delay.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;
using Catch::Matchers::Contains;

TEST_CASE("distances become steps that the target has, and what was cut is counted") {
  // 2 units per ms, steps of 0.5 ms: a step for each unit, and one for the layer.
  const std::vector<double> distances{0.0, 0.4, 0.6, 3.0, 6.9, 7.6, 40.0};
  const auto delays = delays_from_distances(distances, 2.0, 0.5, 1, {.shortest = 1, .longest = 8});
  CHECK(delays.steps == std::vector<sim::Step>{1, 1, 2, 4, 8, 8, 8});
  CHECK(delays.n_cut == 2);
  CHECK(delays.n_lengthened == 0);
  CHECK(delays.longest_wanted == 41);
  const auto without_layer = delays_from_distances(distances, 2.0, 0.5, 0, {.shortest = 1, .longest = 62});
  CHECK(without_layer.steps == std::vector<sim::Step>{1, 1, 1, 3, 7, 8, 40});
  CHECK(without_layer.n_lengthened == 2);
  CHECK(without_layer.n_cut == 0);
}

TEST_CASE("errors of delays are measured against distance over velocity, edge by edge") {
  // Two inputs and two outputs in a plane: layers a gap of 3 apart, x at 0 and 4 on either side. Distances of
  // 3 straight across and of 5 from 0 to 4 and back.
  sim::NetworkDescription network;
  network.sizes = {2, 2};
  network.dims = 2;
  sim::Parameters parameters = sim::initialise(network, {.gap = 3.0, .seed = 1});
  for (std::size_t l = 0; l < 2; ++l) {
    parameters.group("position", l)[0] = 0.0F;
    parameters.group("position", l)[1] = 4.0F;
  }
  const sim::GraphOptions options{.velocity = 2.0, .step_ms = 0.5};  // a step for each unit of distance
  const FloatNetwork trained = float_network(network, parameters, options);
  const auto softened = sim::connection_distances(network, sim::in_double(network, parameters), 0);
  REQUIRE(softened[0] == Approx(3.0).margin(0.01));
  REQUIRE(softened[1] == Approx(5.0).margin(0.01));
  const std::vector<std::vector<sim::Step>> rounded{trained.layers[0].delay};
  CHECK(rounded[0] == std::vector<sim::Step>{3, 5, 5, 3});
  const DelayErrors exact = delay_errors(network, parameters, options, trained, rounded);
  CHECK(exact.shortest == 3);
  CHECK(exact.longest == 5);
  CHECK(exact.n_edges == 4);
  CHECK(exact.largest_error < 0.01);
  // One delay for all edges, as a target may have it: two are a step off, two another way.
  const std::vector<std::vector<sim::Step>> cut{{4, 4, 4, 2}};
  const DelayErrors errors = delay_errors(network, parameters, options, trained, cut);
  CHECK(errors.largest_error == Approx(1.0).margin(0.01));
  CHECK(errors.mean_error == Approx(1.0).margin(0.01));
}

TEST_CASE("distances without end and velocities that are none are refused") {
  const std::vector<double> endless{1.0, std::numeric_limits<double>::infinity()};
  CHECK_THROWS_WITH(delays_from_distances(endless, 1.0, 1.0, 1, {1, 8}), Contains("distance 1"));
  CHECK_THROWS_WITH(delays_from_distances(endless, 0.0, 1.0, 1, {1, 8}), Contains("velocity"));
  // At an endless velocity nothing takes time.
  const std::vector<double> near{5.0};
  const double at_once = std::numeric_limits<double>::infinity();
  CHECK(delays_from_distances(near, at_once, 1.0, 1, {1, 8}).steps == std::vector<sim::Step>{1});
}
