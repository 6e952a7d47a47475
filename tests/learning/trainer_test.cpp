// Training as a whole: what it must not depend on, what it keeps, when it stops.
#include "learning/trainer.hpp"

#include <catch2/catch.hpp>

#include "learning/instruction_set.hpp"
#include "sim/error.hpp"
#include "tests/learning/support.hpp"

using namespace loci;
using namespace loci::learning;

namespace {

// Ten classes of 6 x 6 images, each with its own bright cells and some noise.
sim::LabelledImages synthetic_images(std::size_t n, std::uint64_t seed) {
  sim::LabelledImages images{.name = "synthetic", .height = 6, .width = 6, .n_classes = 10};
  for (std::size_t i = 0; i < n; ++i) {
    const auto label = static_cast<std::uint8_t>(i % 10);
    images.labels.push_back(label);
    for (std::uint32_t p = 0; p < 36; ++p) {
      const bool bright = sim::random_words(7, sim::Stream::test, label, p)[0] % 3 == 0;
      const std::uint32_t noise = sim::random_words(seed, sim::Stream::test, i, p)[1] % 60;
      images.pixels.push_back(static_cast<std::uint8_t>(bright ? 195 + noise : (noise > 50 ? noise : 0)));
    }
  }
  return images;
}

TrainingPlan small_plan(sim::NeuronModel neuron = sim::NeuronModel::lif) {
  const bool spiking = neuron == sim::NeuronModel::lif;
  return {.network = {.sizes = {36, 40, 10},
                      .neuron = neuron,
                      .dims = 4,
                      .weight_scale = {0.4, 0.2},
                      .balanced = true},
          .initialisation = {.spread = 1.0, .seed = 5},
          .objective = {.loss = spiking ? Loss::ce_count : Loss::cross_entropy,
                        .n_steps = spiking ? std::size_t{12} : 1},
          .schedule = {.peak = 0.05, .decay = Decay::quadratic},
          .epochs = 4,
          .batch_size = 30,
          .seed = 5};
}

struct Silent : TrainingObserver {
  bool on_batch(const TrainingState&, std::size_t) override {
    return stop_after == 0 || ++n_batches < stop_after;
  }
  void on_epoch(const TrainingState&) override { ++n_epochs; }
  std::size_t stop_after = 0;
  std::size_t n_batches = 0;
  std::size_t n_epochs = 0;
};

TrainingState trained(const TrainingPlan& plan, const sim::LabelledImages& images, std::size_t n_threads) {
  const Workers workers(n_threads);
  Trainer trainer(plan, images, workers);
  TrainingState state = trainer.start();
  Silent observer;
  trainer.run(state, observer);
  return state;
}

}  // namespace

TEST_CASE("parameters are the same, bit for bit, on 1, 2 and 8 threads") {
  const auto images = synthetic_images(300, 1);
  for (const auto neuron : {sim::NeuronModel::lif, sim::NeuronModel::relu})
    for (const auto wiring : {sim::Wiring::spatial, sim::Wiring::dense})
      for (const auto encoding : {sim::Encoding::constant, sim::Encoding::bernoulli}) {
        if (neuron == sim::NeuronModel::relu && encoding != sim::Encoding::constant) continue;
        TrainingPlan plan = small_plan(neuron);
        plan.network.wiring = wiring;
        if (wiring == sim::Wiring::dense) plan.network.weight_scale.clear();
        plan.encoder = {.encoding = encoding, .seed = 5};
        const auto one = trained(plan, images, 1);
        CHECK(one.parameters.values != Trainer(plan, images, Workers(1)).start().parameters.values);
        CHECK(trained(plan, images, 2).parameters.values == one.parameters.values);
        CHECK(trained(plan, images, 8).parameters.values == one.parameters.values);
      }
}

TEST_CASE("training learns: accuracy far above the tenth that chance gives") {
  const auto images = synthetic_images(400, 1);
  const auto unseen = synthetic_images(200, 2);
  for (const auto neuron : {sim::NeuronModel::lif, sim::NeuronModel::relu}) {
    TrainingPlan plan = small_plan(neuron);
    plan.epochs = 12;
    const auto state = trained(plan, images, 2);
    CHECK(state.history.back().train_loss < state.history.front().train_loss);
    const Workers workers(2);
    BatchEvaluator evaluator(plan.network, plan.objective, workers);
    // Chance: 0.1 with a standard deviation of 0.02 on 200 images.
    CHECK(evaluate(evaluator, state.parameters, unseen, {}, plan.encoder).accuracy > 0.7);
  }
}

TEST_CASE("a training stopped after any batch goes on to the same end") {
  const auto images = synthetic_images(200, 1);
  TrainingPlan plan = small_plan();
  plan.n_validation = 40;
  const auto whole = trained(plan, images, 2);
  const Workers workers(2);
  for (const std::size_t stop_after : {1U, 5U, 6U, 7U, 13U}) {
    Trainer first(plan, images, workers);
    TrainingState state = first.start();
    Silent observer;
    observer.stop_after = stop_after;
    first.run(state, observer);
    REQUIRE_FALSE(first.finished(state));
    Trainer second(plan, images, workers);
    Silent rest;
    second.run(state, rest);
    CHECK(state.parameters.values == whole.parameters.values);
    CHECK(state.best == whole.best);
    REQUIRE(state.history.size() == whole.history.size());
    for (std::size_t e = 0; e < state.history.size(); ++e) {
      CHECK(state.history[e].train_loss == whole.history[e].train_loss);
      CHECK(state.history[e].validation_accuracy == whole.history[e].validation_accuracy);
    }
  }
}

TEST_CASE("the best epoch on the validation images is kept, and its parameters give its accuracy") {
  const auto images = synthetic_images(300, 1);
  TrainingPlan plan = small_plan();
  plan.n_validation = 100;
  plan.schedule = {.peak = 0.3};  // large and constant: the accuracy goes up and down
  plan.epochs = 8;
  const Workers workers(1);
  Trainer trainer(plan, images, workers);
  TrainingState state = trainer.start();
  Silent observer;
  trainer.run(state, observer);
  double best = -1;
  std::size_t best_epoch = 0;
  for (const auto& record : state.history)
    if (record.validation_accuracy > best) {
      best = record.validation_accuracy;
      best_epoch = record.epoch;
    }
  CHECK(state.best_accuracy == best);
  CHECK(state.best_epoch == best_epoch);
  CHECK(trainer.result(state).values == state.best);
}

TEST_CASE("training stops early when validation no longer improves") {
  const auto images = synthetic_images(200, 1);
  TrainingPlan plan = small_plan();
  plan.n_validation = 50;
  plan.patience = 2;
  plan.epochs = 200;
  const auto state = trained(plan, images, 1);
  CHECK(state.stopped_early);
  CHECK(state.epoch == state.best_epoch + 2);
  CHECK(state.history.size() == state.epoch);
}

TEST_CASE("schedules start at their peak, warm up, and fall as they say") {
  CHECK(Schedule{.peak = 2}.rate(99, 100) == 2.0);
  CHECK(Schedule{.peak = 2, .decay = Decay::linear}.rate(25, 100) == Approx(1.5));
  CHECK(Schedule{.peak = 2, .decay = Decay::quadratic}.rate(50, 100) == Approx(0.5));
  CHECK(Schedule{.peak = 2, .decay = Decay::cosine}.rate(50, 100) == Approx(1.0));
  CHECK(Schedule{.peak = 2, .warmup = 0.1}.rate(0, 100) == Approx(0.2));
  CHECK(Schedule{.peak = 2, .warmup = 0.1}.rate(10, 100) == Approx(2.0));
}

TEST_CASE("Adam's first updates are those worked out by hand") {
  // g = 1 at first: m = 0.1, v = 0.001, corrected both 1, so the step is rate / (1 + eps). Then g = 3: m =
  // 0.39, v = 0.009999, corrected m = 0.39 / 0.19, v = 0.009999 / 0.001999.
  const sim::NetworkDescription network{
      .sizes = {1, 1}, .wiring = sim::Wiring::dense, .neuron = sim::NeuronModel::relu};
  sim::Parameters parameters(network);
  sim::Parameters gradient(network);
  AdamState state;
  const Workers workers(1);
  gradient.values = {1.0F, 1.0F};
  adam_update({.rate_factor = {{"bias", 0.5}}}, 0.1, gradient, workers, state, parameters);
  CHECK(parameters.group("weight", 0)[0] == Approx(-0.1));
  CHECK(parameters.group("bias", 1)[0] == Approx(-0.05));
  gradient.values = {3.0F, 3.0F};
  adam_update({.rate_factor = {{"bias", 0.5}}}, 0.1, gradient, workers, state, parameters);
  const double step = 0.1 * (0.39 / 0.19) / std::sqrt(0.009999 / 0.001999);
  CHECK(parameters.group("weight", 0)[0] == Approx(-0.1 - step).epsilon(1e-5));
}

TEST_CASE("decay takes its share of a kind's own rate off its parameters before each update") {
  const sim::NetworkDescription network{
      .sizes = {1, 1}, .wiring = sim::Wiring::dense, .neuron = sim::NeuronModel::relu};
  sim::Parameters parameters(network);
  sim::Parameters gradient(network);
  AdamState state;
  parameters.values = {8.0F, 8.0F};
  gradient.values = {1.0F, 1.0F};
  adam_update({.rate_factor = {{"weight", 0.5}}, .decay = {{"weight", 2.5}}}, 0.1, gradient, Workers(1),
              state, parameters);
  CHECK(parameters.group("weight", 0)[0] == Approx(8 * (1 - 0.05 * 2.5) - 0.05));
  CHECK(parameters.group("bias", 1)[0] == Approx(8 - 0.1));
}

TEST_CASE("a gradient is scaled to the largest norm allowed and else left alone") {
  std::vector<float> gradient{3.0F, 4.0F};
  CHECK(clip_norm(gradient, 10.0) == Approx(5.0));
  CHECK(gradient == std::vector<float>{3.0F, 4.0F});
  clip_norm(gradient, 1.0);
  CHECK(gradient[0] == Approx(0.6));
  CHECK(gradient[1] == Approx(0.8));
}

TEST_CASE("a plan that makes no sense is refused by field") {
  const auto images = synthetic_images(50, 1);
  const auto refused = [&](auto change, const char* field) {
    TrainingPlan plan = small_plan();
    change(plan);
    CHECK_THROWS_WITH(validate(plan, images), Catch::Contains(field));
  };
  refused([](auto& plan) { plan.batch_size = 0; }, "training.batch_size");
  refused([](auto& plan) { plan.epochs = 0; }, "training.epochs");
  refused([](auto& plan) { plan.schedule.peak = -1; }, "training.learning_rate");
  refused([](auto& plan) { plan.adam.decay["weight"] = -0.1; }, "training.decay_weight");
  refused([](auto& plan) { plan.n_validation = 50; }, "data.validation");
  refused([](auto& plan) { plan.patience = 3; }, "training.patience");
  refused([](auto& plan) { plan.network.sizes[0] = 35; }, "network.sizes");
  refused([](auto& plan) { plan.objective.loss = Loss::cross_entropy; }, "objective.loss");
}

TEST_CASE("training that diverges says so and keeps the last finished batch") {
  const auto images = synthetic_images(100, 1);
  TrainingPlan plan = small_plan(sim::NeuronModel::relu);
  plan.network.wiring = sim::Wiring::dense;
  plan.network.weight_scale.clear();
  plan.schedule.peak = 1e30;
  const Workers workers(1);
  Trainer trainer(plan, images, workers);
  TrainingState state = trainer.start();
  Silent observer;
  CHECK_THROWS_WITH(trainer.run(state, observer), Catch::Contains("not finite"));
  CHECK(state.adam.n_updates > 0);
  CHECK(state.batches_done == state.adam.n_updates);
}

TEST_CASE("neurons that coincide while their gap vanishes keep finite weights and gradients") {
  sim::NetworkDescription network{.sizes = {20, 30, 10}, .dims = 3};
  auto parameters = sim::initialise(network, {.seed = 2});
  parameters.group("gap", 0)[0] = 0.0F;
  for (std::size_t k = 0; k < 2; ++k)
    parameters.group("position", 1)[k] =
        parameters.group("position", 0)[k];  // hidden neuron 0 upon input neuron 0
  const auto batch = test::random_batch(8, 20, 10, 10, true, 3);
  const Workers workers(1);
  BatchEvaluator evaluator(network, {.n_steps = 10}, workers);
  sim::Parameters gradient(network);
  CHECK(std::isfinite(evaluator.gradient(parameters, batch, gradient).loss));
  CHECK(
      std::all_of(gradient.values.begin(), gradient.values.end(), [](float g) { return std::isfinite(g); }));
  network.softening = 0.01;
  const auto weights = sim::connection_weights(network, parameters, 0);
  const float mask = std::tanh(5.0F * parameters.group("inhibition", 0)[0]);
  CHECK(weights[0] == Approx(mask / 0.1F).epsilon(1e-5));
}

TEST_CASE("every instruction set of this machine computes the same gradient up to rounding") {
  const sim::NetworkDescription network{.sizes = {50, 130, 10}, .weight_scale = {0.4, 0.2}, .balanced = true};
  const auto parameters = sim::initialise(network, {.seed = 2});
  const auto batch = test::random_batch(9, 50, 10, 12, true, 3);
  const auto sets = available_instruction_sets();
  REQUIRE(sets.back() == "portable");
  const Workers workers(1);
  std::vector<std::vector<float>> gradients;
  for (const auto& set : sets) {
    choose_instruction_set(set);
    CHECK(instruction_set() == set);
    BatchEvaluator evaluator(network, {.n_steps = 12}, workers);
    sim::Parameters gradient(network);
    CHECK(evaluator.gradient(parameters, batch, gradient).n_spikes > 100);
    gradients.push_back(gradient.values);
  }
  choose_instruction_set(sets.front());
  CHECK_THROWS_AS(choose_instruction_set("mmx"), InputError);
  CHECK(instruction_set() == sets.front());
  for (const auto& gradient : gradients)
    CHECK(test::largest_relative_error<float, float>(gradient, gradients.front()) < 1e-4);
}

TEST_CASE("a gradual pruning rises as a cubic from nothing to all of its share") {
  const PruningSchedule schedule{.begin = 0.2, .end = 0.6};
  CHECK(schedule.fraction(0, 100) == 0.0);
  CHECK(schedule.fraction(20, 100) == 0.0);
  CHECK(schedule.fraction(40, 100) == Approx(1 - 0.5 * 0.5 * 0.5));
  CHECK(schedule.fraction(60, 100) == 1.0);
  CHECK(schedule.fraction(99, 100) == 1.0);
  CHECK(PruningSchedule{}.fraction(0, 100) == 1.0);
}

TEST_CASE("a training with gradual pruning begins as one without and keeps no epoch from before its end") {
  const auto images = synthetic_images(300, 1);
  TrainingPlan plan = small_plan(sim::NeuronModel::relu);
  plan.n_validation = 100;
  const auto whole = trained(plan, images, 2);
  plan.network.pruned = 0.9;
  plan.pruning = {.begin = 0.25, .end = 0.75};  // of four epochs: the second and the third
  plan.patience = 1;
  const auto gradual = trained(plan, images, 2);
  REQUIRE(gradual.history.size() == 4);
  // But for rounding: networks that may lack edges centre their currents at another place.
  CHECK(gradual.history[0].train_loss == Approx(whole.history[0].train_loss).epsilon(1e-6));
  CHECK(gradual.history[1].train_loss != Approx(whole.history[1].train_loss).epsilon(1e-3));
  CHECK(gradual.best_epoch >= 3);
  const Workers workers(1);
  plan.pruning = {.begin = 0.0, .end = 1.0};
  plan.patience = 0;
  const auto late = trained(plan, images, 2);
  CHECK(late.best_epoch == 4);
  for (const std::size_t stop_after : {3U, 17U}) {
    Trainer first(plan, images, workers);
    TrainingState state = first.start();
    Silent observer;
    observer.stop_after = stop_after;
    first.run(state, observer);
    Trainer second(plan, images, workers);
    Silent quiet;
    second.run(state, quiet);
    CHECK(state.parameters.values == late.parameters.values);
  }
  plan.pruning = {.begin = 0.5, .end = 0.4};
  CHECK_THROWS_WITH(validate(plan, images), Catch::Contains("training.pruning_end"));
}
