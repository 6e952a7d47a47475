// Gradients where not every pair has an edge, against finite differences.
#include <algorithm>
#include <catch2/catch.hpp>

#include "learning/reference.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;
using sim::LayerDistance;
using sim::NetworkDescription;
using sim::NeuronModel;
using sim::Wiring;

namespace {

using Parameters = sim::BasicParameters<double>;

std::vector<std::vector<std::uint8_t>> all_edges(const NetworkDescription& network,
                                                 const Parameters& parameters) {
  std::vector<std::vector<std::uint8_t>> edges;
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    edges.push_back(sim::connection_edges(network, parameters, l));
  return edges;
}

// Central differences of the smooth network's loss in double, h = 1e-5: see gradient_test.cpp for the bound.
// The set of edges counts as constant, so no pair may change sides within the step.
void check_differences(const NetworkDescription& network, const Objective& objective,
                       std::uint64_t seed = 3) {
  auto parameters =
      sim::in_double(network, sim::initialise(network, {.spread = 0.8, .gap = 0.7, .seed = seed}));
  for (std::size_t l = 1; l < network.n_layers(); ++l)
    for (std::size_t j = 0; j < network.sizes[l]; ++j)
      parameters.group("bias", l)[j] += 0.05 * static_cast<double>(j % 5) + 0.03;
  const auto edges = all_edges(network, parameters);
  for (const auto& connection : edges) {
    REQUIRE(std::ranges::count(connection, 1) > 1);
    REQUIRE(std::ranges::count(connection, 0) > 1);
  }
  const auto batch =
      test::random_batch(3, network.sizes[0], network.sizes.back(), objective.n_steps, true, seed + 8);
  const auto evaluate = [&] {
    return reference_evaluate<double>(network, objective, parameters, test::reference_batch(batch),
                                      SpikeForm::smooth);
  };
  const auto result = evaluate();
  const double step = 1e-5;
  if (network.spiking()) REQUIRE(test::threshold_margin(result, network) > 10 * step);
  for (const auto& group : parameters.layout.groups()) {
    std::vector<double> differences;
    for (std::size_t at = group.offset; at < group.offset + group.size(); ++at) {
      const double original = parameters.values[at];
      parameters.values[at] = original + step;
      REQUIRE(all_edges(network, parameters) == edges);
      const double above = evaluate().loss;
      parameters.values[at] = original - step;
      REQUIRE(all_edges(network, parameters) == edges);
      const double below = evaluate().loss;
      parameters.values[at] = original;
      differences.push_back((above - below) / (2 * step));
    }
    INFO(group.name);
    CHECK(std::ranges::any_of(differences, [](double d) { return std::abs(d) > 1e-7; }));
    const auto analytic = std::span(result.gradient).subspan(group.offset, group.size());
    CHECK(test::largest_relative_error<double, double>(analytic, differences) < 2e-5);
  }
}

const Objective spikes{.slope = 1.5, .n_steps = 6};
const Objective rates{.loss = Loss::cross_entropy, .n_steps = 1};

}  // namespace

TEST_CASE("gradients along the edges within a cutoff agree with finite differences") {
  for (const bool balanced : {false, true})
    for (const auto distance : {LayerDistance::fixed, LayerDistance::learned, LayerDistance::relaxed}) {
      INFO(balanced << ' ' << name_of(distance));
      NetworkDescription network{.sizes = {5, 7, 3},
                                 .dims = 3,
                                 .layer_distance = distance,
                                 .mask_steepness = 2,
                                 .balanced = balanced,
                                 .cutoff = 1.6};
      check_differences(network, spikes);
      network.neuron = NeuronModel::relu;
      check_differences(network, rates);
    }
}

TEST_CASE("gradients along the edges that pruning leaves agree with finite differences") {
  for (const bool balanced : {false, true})
    for (const double cutoff : {std::numeric_limits<double>::infinity(), 2.4}) {
      INFO(balanced << ' ' << cutoff);
      NetworkDescription network{.sizes = {5, 7, 6, 3},
                                 .dims = 4,
                                 .mask_steepness = 2,
                                 .weight_scale = {0.7, 0.5, 1.2},
                                 .balanced = balanced,
                                 .softening = 0.1,
                                 .cutoff = cutoff,
                                 .pruned = 0.4};
      check_differences(network, spikes);
      network.neuron = NeuronModel::relu;
      check_differences(network, rates);
    }
}

TEST_CASE("gradients of pruned dense networks agree with finite differences and are 0 where no edge is") {
  for (const bool balanced : {false, true}) {
    NetworkDescription network{
        .sizes = {5, 7, 3}, .wiring = Wiring::dense, .balanced = balanced, .pruned = 0.5};
    check_differences(network, spikes);
    network.neuron = NeuronModel::relu;
    check_differences(network, rates);
    const auto parameters = sim::in_double(network, sim::initialise(network, {.seed = 3}));
    const auto batch = test::random_batch(3, 5, 3, 1, true, 11);
    const auto result = reference_evaluate<double>(network, rates, parameters, test::reference_batch(batch));
    const auto edges = sim::connection_edges(network, parameters, 0);
    const auto offset = parameters.layout.at("weight0").offset;
    CHECK(std::ranges::count(edges, 0) == 17);  // floor(0.5 x 35)
    for (std::size_t pair = 0; pair < edges.size(); ++pair)
      if (edges[pair] == 0) {
        CHECK(result.gradient[offset + pair] == 0.0);
        CHECK(result.weights[0][pair] == 0.0);
      }
  }
}
