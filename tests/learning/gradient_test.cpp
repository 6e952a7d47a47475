// Gradients against finite differences, and the fast path against the reference path.
#include <catch2/catch.hpp>
#include <limits>

#include "learning/evaluator.hpp"
#include "learning/reference.hpp"
#include "learning/surrogate.hpp"
#include "learning/train_table.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;
using sim::BalancedLayers;
using sim::LayerDistance;
using sim::NetworkDescription;
using sim::NeuronModel;
using sim::Reset;
using sim::Wiring;

namespace {

sim::BasicParameters<double> random_parameters(const NetworkDescription& network, std::uint64_t seed) {
  const auto initial = sim::initialise(network, {.spread = 0.8, .gap = 0.7, .seed = seed});
  auto parameters = test::converted<double>(network, initial);
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    for (std::size_t j = 0; j < network.sizes[l]; ++j)
      parameters.group("bias", l)[j] += 0.05 * double(j % 5) + 0.03;
  return parameters;
}

// Central differences of the smooth network's loss in double: truncation h^2 f'''/6 and cancellation eps/h
// both lie below 1e-6 of the gradient's scale at h = 1e-5.
void check_finite_differences(const NetworkDescription& network, const Objective& objective, bool constant,
                              std::uint64_t seed = 11) {
  auto parameters = random_parameters(network, 3);
  const auto batch =
      test::random_batch(3, network.sizes[0], network.sizes.back(), objective.n_steps, constant, seed);
  const auto result = reference_evaluate<double>(network, objective, parameters, test::reference_batch(batch),
                                                 SpikeForm::smooth);
  const double step = 1e-5;
  // No membrane may cross the threshold, and so move a reset, within the step taken.
  if (network.spiking()) REQUIRE(test::threshold_margin(result, network) > 10 * step);
  for (const auto& group : parameters.layout.groups()) {
    std::vector<double> differences;
    const auto analytic = std::span(result.gradient).subspan(group.offset, group.size());
    for (std::size_t at = group.offset; at < group.offset + group.size(); ++at) {
      const double original = parameters.values[at];
      double losses[2] = {};
      for (const int side : {0, 1}) {
        parameters.values[at] = original + (side == 0 ? step : -step);
        losses[side] = reference_evaluate<double>(network, objective, parameters,
                                                  test::reference_batch(batch), SpikeForm::smooth)
                           .loss;
      }
      parameters.values[at] = original;
      differences.push_back((losses[0] - losses[1]) / (2 * step));
    }
    INFO(group.name);
    CHECK(std::any_of(differences.begin(), differences.end(), [](double d) { return std::abs(d) > 1e-7; }));
    CHECK(test::largest_relative_error<double, double>(analytic, differences) < 2e-5);
  }
}

// Smallest relative distance of any pair to changing sides: to the cutoff, and of |W| to the smallest kept.
double edge_margin(const NetworkDescription& network, const sim::BasicParameters<double>& parameters) {
  double margin = 1.0;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    auto whole = network;
    whole.pruned = 0.0;
    if (!network.prunes_softly()) whole.balanced = false;
    const auto edges = sim::connection_edges(network, parameters, l);
    const auto within = sim::connection_edges(whole, parameters, l);
    const auto weights = sim::connection_weights(whole, parameters, l);
    double least = 1e9;
    for (std::size_t at = 0; at < edges.size(); ++at)
      if (edges[at] != 0) least = std::min(least, std::abs(weights[at]));
    for (std::size_t at = 0; at < edges.size(); ++at)
      if (network.pruned > 0.0 && within[at] != 0 && edges[at] == 0)
        margin = std::min(margin, 1.0 - std::abs(weights[at]) / least);
    if (!std::isfinite(network.cutoff)) continue;
    for (const double distance : sim::connection_distances(network, parameters, l))
      margin = std::min(margin, std::abs(distance / network.cutoff - 1.0));
  }
  return margin;
}

void check_fast_path(const NetworkDescription& network, const Objective& objective, bool constant,
                     std::uint64_t seed, double trajectory_mib = 128) {
  const auto parameters = random_parameters(network, seed);
  const auto single = test::converted<float>(network, parameters);
  const auto batch =
      test::random_batch(9, network.sizes[0], network.sizes.back(), objective.n_steps, constant, seed);
  const auto exact = test::converted<double>(network, single);
  if (network.culled()) REQUIRE(edge_margin(network, exact) > 1.2e-6);
  const auto expected = reference_evaluate<double>(network, objective, exact, test::reference_batch(batch));
  if (network.spiking()) {
    REQUIRE(test::threshold_margin(expected, network) > 2e-6);
    for (const auto& spikes : expected.spikes) {
      const auto fired = std::count(spikes.begin(), spikes.end(), 1.0);
      REQUIRE(fired > 0);
      REQUIRE(fired < static_cast<std::ptrdiff_t>(spikes.size()));
    }
  }
  const Workers workers(2);
  BatchEvaluator evaluator(network, objective, workers, {.trajectory_mib = trajectory_mib});
  sim::Parameters gradient(network);
  const auto outcome = evaluator.gradient(single, batch, gradient);
  CHECK(outcome.loss == Approx(expected.loss).epsilon(1e-5));
  CHECK(test::largest_relative_error<float, double>(evaluator.logits(), expected.logits) < 1e-5);
  double largest_gap = 0.0;
  for (const auto& group : gradient.layout.groups())
    if (group.kind == "gap") largest_gap = std::max(largest_gap, std::abs(expected.gradient[group.offset]));
  for (const auto& group : gradient.layout.groups()) {
    INFO(group.name);
    const auto reference = std::span<const double>(expected.gradient).subspan(group.offset, group.size());
    CHECK(std::any_of(reference.begin(), reference.end(), [](double d) { return d != 0.0; }));
    // Sums of up to 9 x 12 x 130 terms in float32: 2^-24 times the terms, of which signs cancel all but the
    // root. A gap is one such sum and may cancel to nearly nothing, so gaps are measured by the largest of
    // them.
    const auto actual = std::as_const(gradient).view(group);
    if (group.kind == "gap")
      CHECK(std::abs(actual[0] - reference[0]) < 1e-4 * largest_gap);
    else
      CHECK(test::largest_relative_error<float, double>(actual, reference) < 1e-4);
  }
}

}  // namespace

TEST_CASE("the smooth spike functions have the surrogates as their derivatives") {
  for (const auto surrogate : {Surrogate::atan, Surrogate::fast_sigmoid, Surrogate::sigmoid,
                               Surrogate::triangular, Surrogate::straight_through})
    for (const double slope : {0.5, 2.0, 25.0})
      for (double x = -1.03; x < 1.0; x += 0.0731) {
        const double h = 1e-6;
        const double difference =
            (smooth_spike(surrogate, slope, x + h) - smooth_spike(surrogate, slope, x - h)) / (2 * h);
        INFO(name_of(surrogate) << ' ' << slope << ' ' << x);
        CHECK(surrogate_derivative(surrogate, slope, x) ==
              Approx(difference).margin(1e-6 * slope).epsilon(1e-5));
      }
}

TEST_CASE("gradients of every parameter group agree with finite differences, whatever the geometry") {
  const Objective spikes{.slope = 1.5, .n_steps = 6};
  check_finite_differences({.sizes = {5, 7, 3}, .dims = 3, .mask_steepness = 2}, spikes, true);
  check_finite_differences(
      {.sizes = {5, 7, 3}, .dims = 3, .layer_distance = LayerDistance::fixed, .mask_steepness = 2}, spikes,
      false);
  check_finite_differences(
      {.sizes = {5, 7, 3}, .dims = 4, .layer_distance = LayerDistance::relaxed, .mask_steepness = 2}, spikes,
      true);
  check_finite_differences({.sizes = {5, 7, 6, 3},
                            .dims = 5,
                            .mask_steepness = 2,
                            .weight_scale = {0.7, 0.5, 1.2},
                            .balanced = true,
                            .softening = 0.1},
                           spikes, true);
  check_finite_differences({.sizes = {5, 7, 3}, .wiring = Wiring::dense}, spikes, false);
  check_finite_differences({.sizes = {5, 7, 3}, .wiring = Wiring::dense, .balanced = true}, spikes, true);
}

TEST_CASE("gradients of networks whose deeper layers are balanced agree with finite differences") {
  for (const auto layers : {BalancedLayers::hidden, BalancedLayers::all}) {
    NetworkDescription network{.sizes = {5, 7, 6, 3},
                               .dims = 4,
                               .mask_steepness = 2,
                               .weight_scale = {0.7, 1.5, 1.2},
                               .balanced = true,
                               .balanced_layers = layers};
    check_finite_differences(network, {.slope = 0.7, .n_steps = 6}, true);
    check_finite_differences(network, {.slope = 0.7, .n_steps = 6}, false);
    network.neuron = NeuronModel::relu;
    check_finite_differences(network, {.loss = Loss::cross_entropy, .n_steps = 1}, true);
  }
}

TEST_CASE("gradients of every loss, surrogate and reset agree with finite differences") {
  for (const auto loss : {Loss::ce_count, Loss::ce_rate, Loss::membrane_sum, Loss::membrane_rate})
    for (const auto surrogate :
         {Surrogate::atan, Surrogate::fast_sigmoid, Surrogate::sigmoid, Surrogate::triangular})
      check_finite_differences({.sizes = {4, 6, 3}, .mask_steepness = 2},
                               {.loss = loss, .surrogate = surrogate, .slope = 0.8, .n_steps = 5}, true);
  for (const auto reset : {Reset::subtract, Reset::zero, Reset::none})
    for (const bool delayed : {true, false})
      check_finite_differences({.sizes = {4, 6, 3},
                                .mask_steepness = 2,
                                .lif = {{.beta = 0.9, .reset = reset, .reset_delay = delayed}}},
                               {.loss = Loss::membrane_rate, .slope = 0.8, .n_steps = 6}, false, 13);
}

TEST_CASE("gradients under soft pruning agree with finite differences at a constant threshold") {
  const Objective objective{.loss = Loss::cross_entropy, .n_steps = 1};
  for (const bool balanced : {false, true}) {
    const NetworkDescription network{.sizes = {6, 9, 4},
                                     .neuron = NeuronModel::relu,
                                     .dims = 4,
                                     .mask_steepness = 2,
                                     .weight_scale = {0.7, 0.5},
                                     .balanced = balanced,
                                     .pruned = 0.4,
                                     .pruned_by = sim::PrunedBy::soft_threshold};
    NetworkDescription whole = network;
    whole.pruned = 0.0;
    const NetworkDescription dense{
        .sizes = network.sizes, .wiring = Wiring::dense, .neuron = NeuronModel::relu};
    auto parameters = random_parameters(network, 3);
    const auto batch = test::random_batch(3, 6, 4, 1, true, 11);
    std::vector<std::vector<std::uint8_t>> edges;
    std::vector<double> thresholds;
    for (std::size_t l = 0; l < 2; ++l) {
      edges.push_back(sim::connection_edges(network, parameters, l));
      const auto weights = sim::connection_weights(whole, parameters, l);
      auto& threshold = thresholds.emplace_back(0.0);
      for (std::size_t at = 0; at < weights.size(); ++at)
        if (edges[l][at] == 0) threshold = std::max(threshold, std::abs(weights[at]));
      REQUIRE(threshold > 0.0);
    }
    const auto loss = [&] {
      sim::BasicParameters<double> acting(dense);
      for (std::size_t l = 0; l < 2; ++l) {
        const auto weights = sim::connection_weights(whole, parameters, l);
        for (std::size_t at = 0; at < weights.size(); ++at)
          if (edges[l][at] != 0)
            acting.group("weight", l)[at] = weights[at] - std::copysign(thresholds[l], weights[at]);
        std::ranges::copy(sim::connection_biases(whole, parameters, l), acting.group("bias", l + 1).begin());
      }
      return reference_evaluate<double>(dense, objective, acting, test::reference_batch(batch)).loss;
    };
    const auto result =
        reference_evaluate<double>(network, objective, parameters, test::reference_batch(batch));
    CHECK(result.loss == Approx(loss()));
    std::vector<double> differences;
    for (double& value : parameters.values) {
      const double original = value;
      value = original + 1e-5;
      const double above = loss();
      value = original - 1e-5;
      differences.push_back((above - loss()) / 2e-5);
      value = original;
    }
    CHECK(test::largest_relative_error<double, double>(result.gradient, differences) < 2e-5);
  }
}

TEST_CASE("gradients of rate networks agree with finite differences") {
  const Objective objective{.loss = Loss::cross_entropy, .n_steps = 1};
  check_finite_differences(
      {.sizes = {6, 9, 4}, .neuron = NeuronModel::relu, .mask_steepness = 2, .balanced = true}, objective,
      true);
  check_finite_differences({.sizes = {6, 9, 8, 4}, .wiring = Wiring::dense, .neuron = NeuronModel::relu},
                           objective, true);
}

TEST_CASE("the fast path computes what the reference path defines: geometry") {
  const Objective objective{.n_steps = 12};
  const std::vector<double> scales{0.4, 0.2};
  for (const bool constant : {true, false}) {
    check_fast_path({.sizes = {50, 130, 10}, .weight_scale = scales}, objective, constant, 1);
    check_fast_path({.sizes = {50, 130, 10}, .weight_scale = scales, .balanced = true}, objective, constant,
                    2);
    check_fast_path(
        {.sizes = {50, 20, 10}, .dims = 8, .layer_distance = LayerDistance::fixed, .weight_scale = scales},
        objective, constant, 3);
    check_fast_path(
        {.sizes = {50, 64, 17}, .dims = 4, .layer_distance = LayerDistance::relaxed, .weight_scale = scales},
        objective, constant, 4);
    check_fast_path({.sizes = {50, 117, 10}, .wiring = Wiring::dense, .lif = {{.threshold = 0.3}}}, objective,
                    constant, 5);
    check_fast_path({.sizes = {50, 70, 40, 30, 10}, .dims = 3, .weight_scale = {0.4, 0.2, 0.3, 0.3}},
                    objective, constant, 6);
    check_fast_path({.sizes = {50, 70, 40, 30, 10},
                     .weight_scale = {0.4, 0.6, 0.6, 0.6},
                     .balanced = true,
                     .balanced_layers = BalancedLayers::hidden},
                    objective, constant, 6);
    check_fast_path({.sizes = {50, 70, 40, 10},
                     .weight_scale = {0.4, 0.8, 0.8},
                     .balanced = true,
                     .balanced_layers = BalancedLayers::all},
                    objective, constant, 6);
    check_fast_path({.sizes = {50, 10}, .dims = 3, .weight_scale = {0.2}}, objective, constant, 7);
  }
}

TEST_CASE("the fast path computes what the reference path defines: losses, surrogates and resets") {
  const NetworkDescription network{.sizes = {40, 50, 10}, .weight_scale = {0.4, 0.2}};
  for (const auto loss : {Loss::ce_count, Loss::ce_rate, Loss::membrane_sum, Loss::membrane_rate})
    for (const bool constant : {true, false})
      check_fast_path(network, {.loss = loss, .n_steps = 10}, constant, 8);
  for (const auto surrogate : {Surrogate::atan, Surrogate::fast_sigmoid, Surrogate::sigmoid,
                               Surrogate::triangular, Surrogate::straight_through})
    for (const bool constant : {true, false})
      check_fast_path(network, {.surrogate = surrogate, .slope = 1.7, .n_steps = 10}, constant, 9);
  for (const auto reset : {Reset::subtract, Reset::zero, Reset::none})
    for (const bool delayed : {true, false})
      for (const bool constant : {true, false}) {
        NetworkDescription other = network;
        other.lif = {{.beta = 0.9, .reset = reset, .reset_delay = delayed}};
        check_fast_path(other, {.loss = Loss::membrane_rate, .n_steps = 10}, constant, 10);
      }
}

TEST_CASE("the fast path computes what the reference path defines: layers known by their spike trains") {
  // Wide enough for sums over trains to be the cheaper way; 1,100 neurons in narrow panels are more tiles
  // than are made at once.
  const Objective objective{.n_steps = 20};
  const auto check = [&](const NetworkDescription& network, std::uint64_t seed) {
    const TrainTable trains(lif_kernel(network.lif_of(1), objective), objective.n_steps);
    REQUIRE_FALSE(trains.empty());
    REQUIRE(4 * (trains.n_rows() + trains.n_toggles()) < network.sizes[1] * (objective.n_steps - 4));
    check_fast_path(network, objective, true, seed);
  };
  check({.sizes = {50, 400, 150, 10}, .weight_scale = {0.4, 0.2, 0.2}, .balanced = true}, 63);
  check({.sizes = {50, 400, 150, 10},
         .weight_scale = {0.4, 0.6, 0.6},
         .balanced = true,
         .balanced_layers = BalancedLayers::all},
        63);
  check({.sizes = {50, 300, 10}, .wiring = Wiring::dense, .lif = {{.threshold = 0.3}}}, 53);
  check({.sizes = {20, 1100, 10}, .dims = 3, .weight_scale = {0.5, 0.1}, .cutoff = 2.5}, 61);
  for (const auto reset : {Reset::subtract, Reset::zero, Reset::none})
    for (const bool delayed : {true, false})
      check({.sizes = {40, 450, 10},
             .weight_scale = {0.4, 0.2},
             .lif = {{.beta = 0.9, .reset = reset, .reset_delay = delayed}}},
            55);
}

TEST_CASE("blocks of few samples change nothing but the memory") {
  const Objective objective{.loss = Loss::ce_rate, .n_steps = 11};
  for (const double mib : {1e-6, 0.02, 0.05, 128.0})
    for (const auto reset : {Reset::subtract, Reset::zero})
      for (const bool constant : {true, false})
        check_fast_path(
            {.sizes = {40, 50, 30, 10}, .weight_scale = {0.4, 0.2, 0.3}, .lif = {{.reset = reset}}},
            objective, constant, 12, mib);
}

TEST_CASE("the fast path computes rate networks as the reference path does") {
  const Objective objective{.loss = Loss::cross_entropy, .n_steps = 1};
  check_fast_path({.sizes = {50, 130, 10}, .neuron = NeuronModel::relu, .balanced = true}, objective, true,
                  1);
  check_fast_path({.sizes = {50, 14, 10}, .wiring = Wiring::dense, .neuron = NeuronModel::relu}, objective,
                  true, 2);
  check_fast_path({.sizes = {50, 70, 90, 10}, .neuron = NeuronModel::relu, .dims = 6}, objective, true, 3);
  check_fast_path({.sizes = {50, 10}, .neuron = NeuronModel::relu}, objective, true, 4);
}

TEST_CASE("the fast path follows the edges of the reference path: cutoff and pruning") {
  const Objective spikes{.n_steps = 12};
  const Objective rates{.loss = Loss::cross_entropy, .n_steps = 1};
  const double none = std::numeric_limits<double>::infinity();
  std::uint64_t seed = 20;
  for (const double cutoff : {none, 1.3})
    for (const double pruned : {0.0, 0.35})
      for (const bool balanced : {false, true}) {
        if (cutoff == none && pruned == 0.0) continue;
        INFO(cutoff << ' ' << pruned << ' ' << balanced);
        ++seed;
        // 131, so that no neuron's centred bias is 0: neurons without edges would stand at the rectifier's
        // kink.
        NetworkDescription network{.sizes = {50, 131, 40, 10},
                                   .dims = 3,
                                   .weight_scale = {0.5, 0.4, 0.4},
                                   .balanced = balanced,
                                   .cutoff = cutoff,
                                   .pruned = pruned};
        check_fast_path(network, spikes, true, seed);
        check_fast_path(network, spikes, false, seed);
        network.dims = 5;
        network.cutoff *= 1.5;
        network.neuron = NeuronModel::relu;
        check_fast_path(network, rates, true, seed);
        network.layer_distance = LayerDistance::relaxed;
        check_fast_path(network, rates, true, seed);
      }
  for (const bool balanced : {false, true})
    check_fast_path({.sizes = {50, 131, 40, 10},
                     .dims = 5,
                     .weight_scale = {0.5, 0.4, 0.4},
                     .balanced = balanced,
                     .pruned_shares = {0.3, 0.0, 0.5},
                     .pruned_by = sim::PrunedBy::length},
                    spikes, true, 50);
  for (const double cutoff : {none, 1.6})
    for (const bool balanced : {false, true}) {
      NetworkDescription network{.sizes = {50, 131, 40, 10},
                                 .dims = 4,
                                 .weight_scale = {1.5, 1.0, 1.0},
                                 .balanced = balanced,
                                 .cutoff = cutoff,
                                 .pruned = 0.6,
                                 .pruned_by = sim::PrunedBy::soft_threshold};
      check_fast_path(network, spikes, true, 60);
      check_fast_path(network, spikes, false, 60);
      network.neuron = NeuronModel::relu;
      check_fast_path(network, rates, true, 60);
    }
  for (const bool balanced : {false, true})
    check_fast_path({.sizes = {50, 40, 10},
                     .wiring = Wiring::dense,
                     .balanced = balanced,
                     .pruned = 0.5,
                     .pruned_by = sim::PrunedBy::soft_threshold,
                     .lif = {{.threshold = 0.1}}},
                    spikes, true, 40);
  for (const bool balanced : {false, true})
    check_fast_path({.sizes = {50, 40, 10},
                     .wiring = Wiring::dense,
                     .balanced = balanced,
                     .pruned = 0.5,
                     .lif = {{.threshold = 0.2}}},
                    spikes, true, 40);
}

TEST_CASE("kept weights give what weights made anew give, and change with the parameters") {
  const Workers workers(2);
  for (const auto neuron : {NeuronModel::relu, NeuronModel::lif}) {
    const NetworkDescription network{
        .sizes = {50, 1100, 10}, .neuron = neuron, .weight_scale = {0.4, 0.2}, .balanced = true};
    const Objective objective{.loss = network.spiking() ? Loss::ce_count : Loss::cross_entropy,
                              .n_steps = network.spiking() ? 12U : 1U};
    const auto batch = test::random_batch(9, 50, 10, 1, true, 3);
    BatchEvaluator plain(network, objective, workers);
    BatchEvaluator keeping(network, objective, workers, {.keep_weights = true});
    auto parameters = sim::initialise(network, {.seed = 5});
    std::vector<std::vector<float>> seen;
    for (const float moved : {0.0F, 0.0F, 0.3F}) {
      parameters.group("position", 1)[7] += moved;
      for (float& bias : parameters.group("bias", 2)) bias += moved;
      plain.forward(parameters, batch);
      keeping.forward(parameters, batch);
      CHECK(std::ranges::equal(plain.logits(), keeping.logits()));
      seen.emplace_back(keeping.logits().begin(), keeping.logits().end());
    }
    CHECK(seen[0] == seen[1]);
    CHECK(seen[1] != seen[2]);
  }
}
