// Pruning a trained network, against values worked out by hand.
#include "learning/pruning.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "learning/evaluator.hpp"
#include "learning/trainer.hpp"
#include "sim/error.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;
using sim::NetworkDescription;
using sim::NeuronModel;
using sim::PrunedBy;
using sim::Wiring;

namespace {

using Edges = std::vector<std::uint8_t>;

void set(std::span<float> group, std::initializer_list<float> values) {
  REQUIRE(group.size() == values.size());
  std::ranges::copy(values, group.begin());
}

const NetworkDescription dense_rates{
    .sizes = {2, 2, 1}, .wiring = Wiring::dense, .neuron = NeuronModel::relu};
const Objective rates{.loss = Loss::cross_entropy, .n_steps = 1};

sim::Parameters dense_parameters() {
  sim::Parameters parameters(dense_rates);
  set(parameters.group("weight", 0), {1, -2, 3, -4});
  set(parameters.group("weight", 1), {0.5, 5});
  set(parameters.group("bias", 1), {0.25, 0.5});
  return parameters;
}

// Means 0.6 and 0.5.
const sim::LabelledImages two_images{
    .name = "two", .height = 1, .width = 2, .n_classes = 1, .pixels = {255, 0, 51, 255}, .labels = {0, 0}};

Edges edges_of(const NetworkDescription& network, const sim::Parameters& parameters, std::size_t l) {
  return sim::connection_edges(network, sim::in_double(network, parameters), l);
}

sim::LabelledImages random_images(std::size_t n, std::size_t size, std::size_t n_classes) {
  sim::LabelledImages images{.name = "random", .height = size, .width = size, .n_classes = n_classes};
  for (std::size_t i = 0; i < n; ++i) {
    images.labels.push_back(static_cast<std::uint8_t>(i % n_classes));
    for (std::uint32_t p = 0; p < size * size; ++p)
      images.pixels.push_back(
          static_cast<std::uint8_t>(sim::random_words(5, sim::Stream::test, i, p)[0] % 256));
  }
  return images;
}

}  // namespace

TEST_CASE("pruning by layer removes a share of each connection, globally a share of all together") {
  const auto parameters = dense_parameters();
  const auto by_layer = pruned_network(dense_rates, parameters, {.share = 0.5});
  CHECK(edges_of(by_layer, parameters, 0) == Edges{0, 0, 1, 1});
  CHECK(edges_of(by_layer, parameters, 1) == Edges{0, 1});
  // |W| in order: 0.5, 1, 2, 3, 4, 5.
  const auto global = [&](double share) {
    return pruned_network(dense_rates, parameters, {.share = share, .scope = PruningScope::global});
  };
  CHECK(edges_of(global(0.34), parameters, 0) == Edges{0, 1, 1, 1});
  CHECK(edges_of(global(0.34), parameters, 1) == Edges{0, 1});
  CHECK(edges_of(global(0.5), parameters, 0) == Edges{0, 0, 1, 1});
  CHECK(edges_of(global(0.5), parameters, 1) == Edges{0, 1});
  CHECK(edges_of(global(0.9), parameters, 0) == Edges{0, 0, 0, 1});  // one stays: nothing would get through
  CHECK(edges_of(global(0.9), parameters, 1) == Edges{0, 1});
  CHECK(edges_of(global(0.1), parameters, 0) == Edges(4, 1));
  CHECK(edges_of(global(0.1), parameters, 1) == Edges(2, 1));
}

TEST_CASE("pruning by length removes the longest edges, whatever they weigh") {
  const NetworkDescription network{.sizes = {2, 2, 1}, .neuron = NeuronModel::relu, .dims = 2};
  sim::Parameters parameters(network);
  // Distances, gaps of 0: 1, 4 and 2, 1; then 10 and 13.
  set(parameters.group("position", 0), {0, 3});
  set(parameters.group("position", 1), {1, 4});
  set(parameters.group("position", 2), {-9});
  set(parameters.group("inhibition", 0), {10, 0.001F});
  set(parameters.group("inhibition", 1), {10, 10});
  const auto layer = pruned_network(network, parameters, {.share = 0.5, .by = PrunedBy::length});
  CHECK(edges_of(layer, parameters, 0) == Edges{1, 0, 0, 1});
  CHECK(edges_of(layer, parameters, 1) == Edges{1, 0});
  const auto global = pruned_network(network, parameters,
                                     {.share = 0.5, .by = PrunedBy::length, .scope = PruningScope::global});
  CHECK(edges_of(global, parameters, 0) == Edges{1, 0, 1, 1});
  CHECK(edges_of(global, parameters, 1) == Edges{1, 0});
  CHECK_THROWS_WITH(pruned_network(dense_rates, dense_parameters(), {.share = 0.5, .by = PrunedBy::length}),
                    Catch::Contains("network.pruned_by"));
}

TEST_CASE("what is pruned already, and what is no share, is refused") {
  const auto parameters = dense_parameters();
  const auto once = pruned_network(dense_rates, parameters, {.share = 0.5});
  CHECK_THROWS_WITH(pruned_network(once, parameters, {.share = 0.8}), Catch::Contains("pruned already"));
  CHECK_THROWS_AS(pruned_network(dense_rates, parameters, {.share = 1.0}), InputError);
}

TEST_CASE("what removed edges carried on average goes to the biases") {
  const Workers workers(1);
  const auto parameters = dense_parameters();
  const auto inputs = mean_inputs(dense_rates, parameters, rates, two_images, {}, workers);
  REQUIRE(inputs.size() == 2);
  CHECK(inputs[0][0] == Approx(0.6));
  CHECK(inputs[0][1] == Approx(0.5));
  // (1, 0) gives 1.25 and -1.5, (0.2, 1) gives 3.45 and -3.9: rectified, 2.35 and 0 on average.
  CHECK(inputs[1][0] == Approx(2.35));
  CHECK(inputs[1][1] == 0.0);
  CHECK(layer_activity(dense_rates, parameters, rates, 1, two_images, {}, workers) ==
        std::vector<float>{1.25F, 0, 3.45F, 0});
  // One output alone is certain.
  CHECK(layer_activity(dense_rates, parameters, rates, 2, two_images, {}, workers) ==
        std::vector<float>{1.0F, 1.0F});
  std::vector<float> outputs{-1000.0F, -1000.0F + std::log(3.0F)};
  softmax(outputs);
  CHECK(outputs[0] == Approx(0.25).epsilon(1e-4));  // 1000 has steps of 6e-5 in single precision
  CHECK(outputs[1] == Approx(0.75).epsilon(1e-4));
  const auto pruned = pruned_network(dense_rates, parameters, {.share = 0.5});
  const auto folded = folded_biases(dense_rates, pruned, parameters, inputs);
  CHECK(folded.group("bias", 1)[0] == Approx(0.25 + 0.6 * 1));
  CHECK(folded.group("bias", 1)[1] == Approx(0.5 - 0.6 * 2));
  CHECK(folded.group("bias", 2)[0] == Approx(2.35 * 0.5));
  CHECK(std::ranges::equal(folded.group("weight", 0), parameters.group("weight", 0)));
}

TEST_CASE("spiking neurons count by their spikes per step, inputs by what the encoder sends") {
  const Workers workers(1);
  const NetworkDescription network{.sizes = {1, 1, 1}, .wiring = Wiring::dense, .lif = {{.beta = 0.5}}};
  sim::Parameters parameters(network);
  parameters.group("weight", 0)[0] = 0.6F;
  const sim::LabelledImages images{
      .name = "bright", .height = 1, .width = 1, .n_classes = 1, .pixels = {255}, .labels = {0}};
  // U: 0.6, 0.9, 1.05 (spike), 0.125, 0.6625, 0.93125, 1.065625 (spike).
  const auto inputs = mean_inputs(network, parameters, {.n_steps = 7}, images, {}, workers);
  CHECK(inputs[0][0] == 1.0);
  CHECK(inputs[1][0] == Approx(2.0 / 7));
  const auto latency =
      mean_inputs(network, parameters, {.n_steps = 7}, images, {.encoding = sim::Encoding::latency}, workers);
  CHECK(latency[0][0] == Approx(1.0 / 7));
}

TEST_CASE("folding keeps the mean currents of a balanced layer") {
  const Workers workers(1);
  const NetworkDescription network{
      .sizes = {16, 9, 3}, .neuron = NeuronModel::relu, .dims = 4, .balanced = true};
  const auto parameters = sim::initialise(network, {.seed = 4});
  const auto images = random_images(30, 4, 3);
  const auto inputs = mean_inputs(network, parameters, rates, images, {}, workers);
  const auto mean_currents = [&](const NetworkDescription& acting, const sim::Parameters& values) {
    const auto exact = sim::in_double(acting, values);
    const auto weights = sim::connection_weights(acting, exact, 0);
    auto currents = sim::connection_biases(acting, exact, 0);
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t j = 0; j < 9; ++j) currents[j] += inputs[0][i] * weights[i * 9 + j];
    return currents;
  };
  const auto before = mean_currents(network, parameters);
  for (const auto by : {PrunedBy::weight, PrunedBy::length}) {
    const auto pruned = pruned_network(network, parameters, {.share = 0.7, .by = by});
    const auto without = mean_currents(pruned, parameters);
    const auto with = mean_currents(pruned, folded_biases(network, pruned, parameters, inputs));
    CHECK(test::largest_relative_error<double, double>(without, before) > 0.01);
    CHECK(test::largest_relative_error<double, double>(with, before) < 1e-6);  // biases are floats
  }
}

TEST_CASE("accuracies over shares are those of the networks one by one") {
  const Workers workers(2);
  const NetworkDescription network{.sizes = {16, 30, 4}, .dims = 4, .weight_scale = {0.6, 0.4}};
  const auto parameters = sim::initialise(network, {.seed = 4});
  const auto images = random_images(200, 4, 4);
  const Objective spikes{.n_steps = 10};
  const std::vector<double> shares{0.0, 0.6, 0.95};
  const auto inputs = mean_inputs(network, parameters, spikes, images, {}, workers);
  const auto found = pruned_accuracies(network, parameters, spikes, {}, shares, inputs, images, {}, workers);
  REQUIRE(found.size() == 3);
  BatchEvaluator whole(network, spikes, workers);
  const auto unpruned = evaluate(whole, parameters, images, {}, {});
  CHECK(unpruned.spikes_per_image > 1);
  CHECK(found[0] == unpruned.accuracy);
  const auto pruned = pruned_network(network, parameters, {.share = 0.95});
  BatchEvaluator few(pruned, spikes, workers);
  CHECK(found[2] ==
        evaluate(few, folded_biases(network, pruned, parameters, inputs), images, {}, {}).accuracy);
}
