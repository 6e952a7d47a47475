// Training through rounded numbers: forward they act, backward rounding is the identity.
#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "learning/evaluator.hpp"
#include "learning/reference.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;
using sim::LayerDistance;
using sim::NetworkDescription;
using sim::NeuronModel;
using sim::Wiring;

namespace {

const Objective spikes{.slope = 1.5, .n_steps = 9};

NetworkDescription coarse_network() {
  return {.sizes = {21, 70, 18, 5},
          .dims = 4,
          .mask_steepness = 2,
          .weight_scale = {0.4, 0.15, 0.3},
          .quantisation = {.weight_bits = 5,
                           .weight_scale = {12.0, 20.0, 16.0},
                           .position_bits = 6,
                           .position_step = 0.125,
                           .mask_bits = 4}};
}

NetworkDescription coarse_dense_network() {
  return {.sizes = {21, 70, 5},
          .wiring = Wiring::dense,
          .quantisation = {.weight_bits = 4, .weight_scale = {80.0, 120.0}}};
}

sim::Parameters random_parameters(const NetworkDescription& network, std::uint64_t seed) {
  auto parameters = sim::initialise(network, {.spread = 0.9, .gap = 0.7, .seed = seed});
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    for (std::size_t j = 0; j < network.sizes[l]; ++j)
      parameters.group("bias", l)[j] += 0.05F * static_cast<float>(j % 5) + 0.12F;
  return parameters;
}

void require_activity(const ReferenceResult<double>& result) {
  for (const auto& layer : result.spikes) {
    const auto fired = std::count(layer.begin(), layer.end(), 1.0);
    REQUIRE(fired > 0);
    REQUIRE(fired < static_cast<std::ptrdiff_t>(layer.size()));
  }
}

struct Fast {
  BatchResult result;
  std::vector<float> logits;
  sim::Parameters gradient;
};

Fast fast(const NetworkDescription& network, const sim::Parameters& parameters, const test::ArrayBatch& batch,
          std::size_t n_threads = 2) {
  const Workers workers(n_threads);
  BatchEvaluator evaluator(network, spikes, workers);
  Fast fast{.gradient = sim::Parameters(network)};
  fast.result = evaluator.gradient(parameters, batch, fast.gradient);
  fast.logits.assign(evaluator.logits().begin(), evaluator.logits().end());
  return fast;
}

// The dense network whose stored weights and biases are those that act.
sim::Parameters acting(const NetworkDescription& network, const sim::Parameters& parameters,
                       NetworkDescription& dense) {
  dense = {.sizes = network.sizes, .wiring = Wiring::dense, .lif = network.lif};
  sim::Parameters stored(dense);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    std::ranges::copy(sim::connection_weights(network, parameters, l), stored.group("weight", l).begin());
    std::ranges::copy(sim::connection_biases(network, parameters, l), stored.group("bias", l + 1).begin());
  }
  return stored;
}

std::size_t n_clipped(NetworkDescription network, const sim::BasicParameters<double>& parameters) {
  const sim::Quantisation rounding = network.quantisation;
  network.quantisation.weight_bits = 0;
  const auto places = sim::on_grid(network, parameters);
  std::size_t n = 0;
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    for (const double weight : sim::connection_weights(network, places, l))
      n += sim::is_clipped(rounding, l, weight) ? 1 : 0;
  return n;
}

void check_against_reference(const NetworkDescription& network, bool constant, std::uint64_t seed) {
  const auto parameters = random_parameters(network, seed);
  const auto batch = test::random_batch(9, network.sizes[0], 5, spikes.n_steps, constant, seed);
  const auto exact = sim::in_double(network, parameters);
  const auto expected = reference_evaluate<double>(network, spikes, exact, test::reference_batch(batch));
  require_activity(expected);
  // Whole numbers meet the threshold itself only where no leak has acted; float must not be asked then.
  REQUIRE(test::threshold_margin(expected, network) > 2e-6);
  const auto actual = fast(network, parameters, batch);
  REQUIRE(n_clipped(network, exact) >= 5);
  CHECK(actual.result.loss == Approx(expected.loss).epsilon(1e-5));
  CHECK(test::largest_relative_error<float, double>(actual.logits, expected.logits) < 1e-5);
  for (const auto& group : parameters.layout.groups()) {
    INFO(group.name);
    const auto reference = std::span<const double>(expected.gradient).subspan(group.offset, group.size());
    CHECK(std::ranges::any_of(reference, [](double d) { return d != 0.0; }));
    CHECK(test::largest_relative_error<float, double>(actual.gradient.view(group), reference) < 2e-4);
  }
}

}  // namespace

TEST_CASE("the fast path rounds as the reference does and passes the same gradients") {
  for (const bool constant : {true, false})
    for (const bool balanced : {false, true})
      for (const auto distance : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed}) {
        INFO(constant << ' ' << balanced << ' ' << name_of(distance));
        auto network = coarse_network();
        network.quantisation.weight_scale = {100.0, 150.0, 120.0};  // at which some weights are clipped
        network.balanced = balanced;
        network.layer_distance = distance;
        network.lif = {{.beta = 0.93, .threshold = 1.013}};
        check_against_reference(network, constant, 4);
      }
}

TEST_CASE("the fast path rounds dense weights and what edges a network has as the reference does") {
  auto dense = coarse_dense_network();
  dense.lif = {{.beta = 0.93, .threshold = 1.013}};
  check_against_reference(dense, false, 4);
  dense.balanced = true;
  check_against_reference(dense, true, 4);
  dense.pruned = 0.4;
  check_against_reference(dense, false, 4);
  auto network = coarse_network();
  network.quantisation.weight_scale = {100.0, 150.0, 120.0};
  network.lif = dense.lif;
  network.pruned = 0.3;
  check_against_reference(network, false, 4);
  network.cutoff = 2.51;
  check_against_reference(network, false, 4);
  network.pruned = 0.0;
  network.balanced = true;
  check_against_reference(network, false, 4);
}

TEST_CASE("with rounded positions, all is as for the plain network at the rounded positions, bit for bit") {
  for (const auto distance : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed}) {
    auto network = coarse_network();
    network.layer_distance = distance;
    network.quantisation.weight_bits = network.quantisation.mask_bits = 0;
    auto plain = network;
    plain.quantisation = {};
    const auto parameters = random_parameters(network, 6);
    const auto places = sim::on_grid(network, parameters);
    REQUIRE(places.values != parameters.values);
    const auto batch = test::random_batch(9, 21, 5, spikes.n_steps, false, 6);
    const auto here = fast(network, parameters, batch);
    const auto there = fast(plain, places, batch);
    CHECK(here.result.n_spikes > 0);
    CHECK(here.result.loss == there.result.loss);
    CHECK(here.logits == there.logits);
    CHECK(here.gradient.values == there.gradient.values);
    CHECK(std::ranges::any_of(here.gradient.values, [](float g) { return g != 0.0F; }));
    const auto reference = reference_evaluate<double>(network, spikes, sim::in_double(network, parameters),
                                                      test::reference_batch(batch));
    const auto expected = reference_evaluate<double>(plain, spikes, sim::in_double(plain, places),
                                                     test::reference_batch(batch));
    require_activity(expected);
    CHECK(reference.gradient == expected.gradient);
    CHECK(reference.membranes == expected.membranes);
  }
}

TEST_CASE(
    "with rounded dense weights, all is as for the plain network of the rounded weights, bit for bit, but "
    "clipped weights have no gradient") {
  for (const bool constant : {true, false}) {
    const auto network = coarse_dense_network();
    NetworkDescription plain;
    const auto parameters = random_parameters(network, 7);
    const auto stored = acting(network, parameters, plain);
    REQUIRE(stored.values != parameters.values);
    const auto batch = test::random_batch(9, 21, 5, spikes.n_steps, constant, 7);
    const auto here = fast(network, parameters, batch);
    const auto there = fast(plain, stored, batch);
    CHECK(here.result.n_spikes > 0);
    CHECK(here.logits == there.logits);
    CHECK(here.result.loss == there.result.loss);
    auto expected = there.gradient;
    std::size_t n_stopped = 0;
    for (std::size_t l = 0; l < 2; ++l) {
      const auto weights = parameters.group("weight", l);
      const auto gradient = expected.group("weight", l);
      for (std::size_t at = 0; at < weights.size(); ++at) {
        if (!sim::is_clipped(network.quantisation, l, static_cast<double>(weights[at]))) continue;
        n_stopped += gradient[at] != 0.0F ? 1 : 0;
        gradient[at] = 0.0F;
      }
    }
    CHECK(n_stopped > 10);
    CHECK(here.gradient.values == expected.values);
    CHECK(std::ranges::any_of(here.gradient.values, [](float g) { return g != 0.0F; }));
  }
}

TEST_CASE("weights that follow from positions act as the dense network of the same whole numbers") {
  auto network = coarse_network();
  network.balanced = true;
  NetworkDescription dense;
  const auto parameters = random_parameters(network, 8);
  const auto stored = acting(network, parameters, dense);
  for (std::size_t l = 0; l < 3; ++l)
    for (const float weight : stored.group("weight", l)) {
      const double whole = static_cast<double>(weight) * network.quantisation.weight_scale[l];
      CHECK(whole == Approx(std::nearbyint(whole)).margin(1e-5));
      CHECK(std::abs(whole) < 16.5);
    }
  const auto batch = test::random_batch(9, 21, 5, spikes.n_steps, false, 8);
  const auto here = fast(network, parameters, batch);
  const auto there = fast(dense, stored, batch);
  CHECK(here.result.n_spikes > 100);
  CHECK(here.result.n_spikes == there.result.n_spikes);
  CHECK(here.logits == there.logits);
  // Straight through: the gradients of the dense weights, passed on to the rounded places.
  const auto exact = sim::in_double(network, parameters);
  const auto places = sim::on_grid(network, exact);
  const auto of_dense =
      reference_evaluate<double>(dense, spikes, sim::in_double(dense, stored), test::reference_batch(batch));
  sim::BasicParameters<double> expected(network);
  for (std::size_t l = 1; l < 3; ++l) {  // the balanced first connection centres on the way back
    const auto& group = sim::ParameterLayout(dense).at("weight", l);
    reference_weight_gradient<double>(
        network, places, l, std::span(of_dense.gradient).subspan(group.offset, group.size()), expected);
  }
  const auto reference = reference_evaluate<double>(network, spikes, exact, test::reference_batch(batch));
  for (const char* name : {"position3", "inhibition1", "inhibition2", "gap1", "gap2"}) {
    const auto& group = parameters.layout.at(name);
    INFO(name);
    CHECK(test::largest_relative_error<double, double>(
              std::span<const double>(reference.gradient).subspan(group.offset, group.size()),
              std::as_const(expected).view(group)) < 1e-5);
  }
}

TEST_CASE("rounded training takes the same steps on any number of threads") {
  for (const double cutoff : {std::numeric_limits<double>::infinity(), 2.5}) {
    auto network = coarse_network();
    network.balanced = true;
    network.cutoff = cutoff;
    const auto parameters = random_parameters(network, 9);
    const auto batch = test::random_batch(30, 21, 5, spikes.n_steps, false, 9);
    const auto one = fast(network, parameters, batch, 1);
    CHECK(one.result.n_spikes > 0);
    for (const std::size_t n_threads : {2U, 5U}) {
      const auto many = fast(network, parameters, batch, n_threads);
      CHECK(many.logits == one.logits);
      CHECK(many.gradient.values == one.gradient.values);
    }
  }
}
