// What images do to a trained network, as a report shows it, against what simulation and arithmetic by hand
// say.
#include <catch2/catch.hpp>
#include <cmath>

#include "experiments/report/model_activity.hpp"
#include "experiments/report/model_view.hpp"
#include "sim/simulate.hpp"

using namespace loci;
using Neurons = std::vector<std::uint32_t>;

namespace {

sim::LabelledImages made_images() {
  return {.name = "made",
          .height = 1,
          .width = 2,
          .n_classes = 2,
          .pixels = {255, 0, 0, 255, 255, 255},
          .labels = {0, 1, 1}};
}

// 2-2-2, dense: input k drives hidden k, hidden k drives output k.
sim::Parameters straight(const sim::NetworkDescription& network) {
  sim::Parameters parameters(network);
  for (std::size_t l = 0; l < 2; ++l) {
    parameters.group("weight", l)[0] = 1.5F;
    parameters.group("weight", l)[3] = 1.5F;
  }
  return parameters;
}

}  // namespace

TEST_CASE("a rate network's activations are its outputs, layer after layer") {
  const sim::NetworkDescription network{
      .sizes = {2, 2, 2}, .wiring = sim::Wiring::dense, .neuron = sim::NeuronModel::relu};
  auto parameters = straight(network);
  parameters.group("bias", 1)[0] = -0.25F;
  const experiments::TrainedNetwork model{.network = network,
                                          .parameters = parameters,
                                          .objective = {.loss = learning::Loss::cross_entropy, .n_steps = 1}};
  const auto test = made_images();
  const auto means = sim::class_means(test);
  const Neurons shown{0, 1, 2, 3, 4, 5};
  const auto activity = experiments::model_activity(
      {.model = model, .means = means, .test = test, .n_images = 1, .shown = shown});
  REQUIRE(activity.inputs.inputs.size() == 3);  // two means, one image
  CHECK(activity.inputs.inputs[0].name == "mean of 0");
  CHECK(activity.inputs.inputs[2].name == "test image 0");
  // (1, 0) -> (1.5 - 0.25, 0) -> (1.875, 0), of which the softmax.
  const auto& shown_values = activity.inputs.inputs[2].activation;
  REQUIRE(shown_values.size() == 6);
  CHECK(std::vector<float>(shown_values.begin(), shown_values.begin() + 4) ==
        std::vector<float>{1, 0, 1.25F, 0});
  CHECK(shown_values[4] == Approx(std::exp(1.875) / (std::exp(1.875) + 1.0)));
  CHECK(shown_values[5] == Approx(1.0 / (std::exp(1.875) + 1.0)));
  CHECK(activity.inputs.inputs[2].predicted == 0);
  CHECK(activity.raster.samples.empty());
  CHECK(activity.membranes.empty());
}

TEST_CASE("a spiking network's activations are spikes a step, and its recording that of the images") {
  const sim::NetworkDescription network{
      .sizes = {2, 2, 2}, .wiring = sim::Wiring::dense, .lif = {{.beta = 0.5, .threshold = 1.0}}};
  const auto parameters = straight(network);
  const experiments::TrainedNetwork model{
      .network = network, .parameters = parameters, .objective = {.n_steps = 4}};
  const auto test = made_images();
  const sim::LabelledImages none{.height = 1, .width = 2, .n_classes = 2};
  const Neurons shown{0, 2, 4};
  const auto activity = experiments::model_activity(
      {.model = model, .means = none, .test = test, .n_images = 3, .shown = shown});
  REQUIRE(activity.inputs.inputs.size() == 3);
  // Current 1.5: 1.5 (fires), 0.75 + 1.5 - 1 = 1.25 (fires), 1.125 (fires), 1.0625 (fires): every step. The
  // output gets 1.5 at every step and does the same.
  CHECK(activity.inputs.inputs[0].activation == std::vector<float>{1, 1, 1});
  CHECK(activity.inputs.inputs[1].activation == std::vector<float>{0, 0, 0});
  CHECK(activity.inputs.inputs[0].predicted == 0);
  CHECK(activity.inputs.inputs[1].predicted == 1);
  // Samples of 4 + 2 steps end to end; the third image drives both.
  REQUIRE(activity.raster.populations.size() == 3);
  CHECK(activity.raster.duration_ms == 18.0);
  CHECK(activity.raster.populations[1].ids.size() == 16);
  CHECK(activity.raster.populations[1].times_ms.front() == 2.0);
  CHECK(activity.raster.populations[1].times_ms.back() == 17.0);
  REQUIRE(activity.raster.samples.size() == 3);
  CHECK(activity.raster.samples[1].begin_ms == 6.0);
  // Membranes of the first image: output first, then the hidden layer.
  REQUIRE(activity.membranes.size() == 2);
  CHECK(activity.membranes[1].traces[0].values ==
        std::vector<float>{0, 1.5F, 1.25F, 1.125F, 1.0625F, 1.0625F});
  CHECK(activity.membranes[0].threshold == 1.0);
}

TEST_CASE("confusion and pruning count what the network says") {
  const sim::NetworkDescription network{
      .sizes = {2, 2, 2}, .wiring = sim::Wiring::dense, .neuron = sim::NeuronModel::relu};
  const auto parameters = straight(network);
  const experiments::TrainedNetwork model{.network = network,
                                          .parameters = parameters,
                                          .objective = {.loss = learning::Loss::cross_entropy, .n_steps = 1}};
  const auto test = made_images();
  const learning::Workers workers(1);
  const auto confusion = experiments::confusion(model, test, workers);
  // (1, 1) makes both outputs equal, and the first is taken: the third image, of class 1, is taken for 0.
  CHECK(confusion.counts == std::vector<std::size_t>{1, 0, 1, 1});
  CHECK(confusion.n_images() == 3);
  CHECK(confusion.n_correct() == 2);
  const auto pruning = experiments::pruning(model, test, 2, workers, {});
  CHECK(pruning.n_images == 2);
  REQUIRE(pruning.pruned == experiments::pruned_shares(network));
  CHECK(pruning.accuracy.front() == 1.0);
  // Half of the four weights of each connection are 0 and go first: 0.4 removes one of them.
  CHECK(pruning.accuracy[2] == 1.0);
}
