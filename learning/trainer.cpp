#include "learning/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::learning {
namespace {

void require(bool good, const std::string& field, const std::string& problem, const std::string& remedy) {
  if (!good) throw InputError(field, problem, remedy);
}

bool positive(double value) {
  return value > 0.0 && std::isfinite(value);
}

}  // namespace

void validate(const TrainingPlan& plan, const sim::LabelledImages& images) {
  sim::validate(plan.network);
  validate(plan.objective, plan.network);
  require(plan.epochs > 0, "training.epochs", "no epochs", "train for at least one");
  require(plan.batch_size > 0, "training.batch_size", "empty batches", "use at least one image a batch");
  require(positive(plan.schedule.peak), "training.learning_rate", "the learning rate is not positive",
          "choose one above 0");
  require(plan.schedule.warmup >= 0 && plan.schedule.warmup < 1, "training.warmup",
          "the warm-up is not a fraction below 1", "choose 0 or a small fraction of the training");
  require(plan.pruning.begin >= 0 && plan.pruning.begin <= plan.pruning.end && plan.pruning.end <= 1,
          "training.pruning_end",
          "pruning does not begin at a fraction of the training and end at a later one",
          "choose 0 <= pruning_begin <= pruning_end <= 1");
  require(plan.largest_gradient_norm >= 0, "training.clip_norm", "the largest gradient norm is negative",
          "choose 0 for none");
  require(positive(plan.initialisation.spread), "network.spread", "the spread of positions is not positive",
          "choose one above 0");
  for (const double beta : {plan.adam.beta1, plan.adam.beta2})
    require(beta >= 0 && beta < 1, "training.adam_beta", "a decay of Adam's moments is outside [0, 1)",
            "choose one within, near 1");
  require(positive(plan.adam.epsilon), "training.adam_epsilon", "Adam's epsilon is not positive",
          "choose a small one above 0");
  for (const auto& [kind, factor] : plan.adam.rate_factor)
    require(factor >= 0 && std::isfinite(factor), "training.rate_" + kind,
            "the factor is negative or not finite",
            "choose 0 to keep these parameters as they are, 1 for the common rate");
  for (const auto& [kind, decay] : plan.adam.decay)
    require(decay >= 0 && decay * plan.schedule.peak < 1, "training.decay_" + kind,
            "the decay is negative, or an update takes all there is", "choose 0 for none, or a small one");
  require(plan.augmentation.shift >= 0 && std::isfinite(plan.augmentation.shift), "training.augment_shift",
          "the farthest shift is negative or not finite", "choose a number of pixels, 0 for none");
  require(plan.augmentation.rotation >= 0 && plan.augmentation.rotation <= 180, "training.augment_rotation",
          "the farthest rotation is outside 0 to 180 degrees", "choose an angle within, 0 for none");
  require(plan.augmentation.zoom >= 0 && std::isfinite(plan.augmentation.zoom), "training.augment_zoom",
          "the largest zoom is negative or not finite", "choose a small share, 0 for none");
  require(positive(plan.trajectory_mib), "training.trajectory_mib", "no memory for trajectories",
          "give a number of MiB above 0; a block holds at least one sample");
  require(std::isfinite(plan.initialisation.gap), "network.gap", "the gap is not finite",
          "choose a finite distance");
  require(plan.patience == 0 || plan.n_validation > 0, "training.patience",
          "early stopping without validation images", "set aside some with the validation option");
  require(plan.n_validation < images.size(), "data.validation",
          std::to_string(plan.n_validation) + " validation images of " + std::to_string(images.size()),
          "leave some to train on");
  require(plan.network.sizes.front() == images.n_pixels(), "network.sizes",
          std::to_string(plan.network.sizes.front()) + " input neurons for images of " +
              std::to_string(images.n_pixels()) + " pixels",
          "make the first layer as large as an image");
  require(plan.network.sizes.back() >= images.n_classes, "network.sizes",
          std::to_string(plan.network.sizes.back()) + " output neurons for " +
              std::to_string(images.n_classes) + " classes",
          "make the last layer at least as large");
  require(plan.network.spiking() || plan.encoder.encoding == sim::Encoding::constant, "data.encoding",
          "a rate network takes no spikes", "use the constant encoding");
}

Trainer::Trainer(const TrainingPlan& plan, const sim::LabelledImages& images, const Workers& workers)
    : plan_(plan),
      images_(images),
      workers_(workers),
      evaluator_(plan.network, plan.objective, workers, {.trajectory_mib = plan.trajectory_mib}),
      training_(images.size()) {
  validate(plan_, images_);
  std::iota(training_.begin(), training_.end(), 0U);
  if (plan_.n_validation == 0) return;
  sim::shuffle(training_, plan_.seed, sim::Stream::validation_split, 0);
  const auto split = training_.end() - static_cast<std::ptrdiff_t>(plan_.n_validation);
  validation_.assign(split, training_.end());
  training_.erase(split, training_.end());
  std::sort(training_.begin(), training_.end());
}

TrainingState Trainer::start() const {
  return {.parameters = sim::initialise(plan_.network, plan_.initialisation)};
}

void Trainer::run(TrainingState& state, TrainingObserver& observer) {
  bool go_on = true;
  evaluator_.sort_at(state.sorted_at);
  while (go_on && !finished(state)) run_epoch(state, observer, go_on);
}

void Trainer::run_epoch(TrainingState& state, TrainingObserver& observer, bool& go_on) {
  std::vector<std::uint32_t> order = training_;
  const auto epoch = static_cast<std::uint32_t>(state.epoch);
  sim::shuffle(order, plan_.seed, sim::Stream::shuffle, epoch);
  sim::Parameters gradient(plan_.network);
  double learning_rate = 0.0;
  while (state.batches_done < n_batches()) {
    const auto begin_time = std::chrono::steady_clock::now();
    const std::size_t begin = state.batches_done * plan_.batch_size;
    const std::size_t size = std::min(plan_.batch_size, order.size() - begin);
    const ImageBatch batch(images_, std::span(order).subspan(begin, size), plan_.encoder, epoch,
                           plan_.augmentation);
    BatchResult result;
    evaluator_.prune_to(pruned_fraction(state));
    try {
      result = evaluator_.gradient(state.parameters, batch, gradient);
    } catch (const NotFinite&) {
      throw InputError("training, epoch " + std::to_string(state.epoch + 1) + ", batch " +
                           std::to_string(state.batches_done + 1),
                       "the loss or its gradient is not finite: training diverged",
                       "lower the learning rate or clip gradients");
    }
    Stopwatch watch(evaluator_.profile());
    if (plan_.largest_gradient_norm > 0) clip_norm(gradient.values, plan_.largest_gradient_norm);
    learning_rate = plan_.schedule.rate(state.adam.n_updates, plan_.epochs * n_batches());
    adam_update(plan_.adam, learning_rate, gradient, workers_, state.adam, state.parameters);
    watch.charge(Phase::optimiser);
    ++state.batches_done;
    state.loss_sum += result.loss * static_cast<double>(size);
    state.n_correct += result.n_correct;
    state.n_seen += size;
    state.n_spikes += result.n_spikes;
    state.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_time).count();
    if (state.batches_done == n_batches()) finish_epoch(state, learning_rate);
    if (!std::ranges::equal(state.sorted_at, evaluator_.sorted_at()))
      state.sorted_at.assign(evaluator_.sorted_at().begin(), evaluator_.sorted_at().end());
    go_on = observer.on_batch(state, n_batches());
    if (state.batches_done == 0) return observer.on_epoch(state);
    if (!go_on) return;
  }
}

void Trainer::finish_epoch(TrainingState& state, double learning_rate) {
  const auto n_seen = static_cast<double>(state.n_seen);
  EpochRecord record{.epoch = state.epoch + 1,
                     .learning_rate = learning_rate,
                     .train_loss = state.loss_sum / n_seen,
                     .train_accuracy = static_cast<double>(state.n_correct) / n_seen,
                     .spikes_per_image = static_cast<double>(state.n_spikes) / n_seen,
                     .seconds = state.seconds};
  if (!validation_.empty()) {
    const double pruned = pruned_fraction(state);
    evaluator_.prune_to(pruned);
    record.validation_accuracy =
        evaluate(evaluator_, state.parameters, images_, validation_, plan_.encoder).accuracy;
    // Before all is pruned, an epoch is one of another network.
    if (pruned == 1.0 && record.validation_accuracy > state.best_accuracy) {
      state.best = state.parameters.values;
      state.best_accuracy = record.validation_accuracy;
      state.best_epoch = record.epoch;
    }
    state.stopped_early =
        plan_.patience > 0 && state.best_epoch > 0 && record.epoch >= state.best_epoch + plan_.patience;
  }
  state.history.push_back(record);
  state.epoch = record.epoch;
  state.batches_done = 0;
  state.loss_sum = 0;
  state.n_correct = state.n_seen = state.n_spikes = 0;
  state.seconds = 0;
}

sim::Parameters Trainer::result(const TrainingState& state) const {
  sim::Parameters parameters = state.parameters;
  if (!state.best.empty()) parameters.values = state.best;
  return parameters;
}

Accuracy evaluate(BatchEvaluator& evaluator, const sim::Parameters& parameters,
                  const sim::LabelledImages& images, std::vector<std::uint32_t> samples,
                  const sim::Encoder& encoder) {
  if (samples.empty()) {
    samples.resize(images.size());
    std::iota(samples.begin(), samples.end(), 0U);
  }
  constexpr std::size_t chunk = 1000;
  Accuracy result;
  std::size_t n_correct = 0;
  for (std::size_t begin = 0; begin < samples.size(); begin += chunk) {
    const std::size_t size = std::min(chunk, samples.size() - begin);
    const ImageBatch batch(images, std::span(samples).subspan(begin, size), encoder, sim::evaluation_epoch);
    const BatchResult part = evaluator.forward(parameters, batch);
    n_correct += part.n_correct;
    result.loss += part.loss * static_cast<double>(size);
    result.spikes_per_image += static_cast<double>(part.n_spikes);
    const std::size_t n_classes = evaluator.logits().size() / size;
    for (std::size_t sample = 0; sample < size; ++sample) {
      const auto scores = evaluator.logits().subspan(sample * n_classes, n_classes);
      result.predictions.push_back(
          static_cast<std::uint8_t>(std::max_element(scores.begin(), scores.end()) - scores.begin()));
    }
  }
  const auto n = static_cast<double>(samples.size());
  result.loss /= n;
  result.accuracy = static_cast<double>(n_correct) / n;
  result.spikes_per_image /= n;
  return result;
}

}  // namespace loci::learning
