// Training from a plan to parameters: mini-batches, validation, best-so-far, early stop. Knows no files: what
// it is at any moment is a plain state that can be stored, restored and gone on with, bit for bit.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "learning/adam.hpp"
#include "learning/augmentation.hpp"
#include "learning/evaluator.hpp"
#include "learning/schedule.hpp"
#include "sim/samples.hpp"

namespace loci::learning {

struct TrainingPlan {
  sim::NetworkDescription network;
  sim::Initialisation initialisation;
  Objective objective;
  sim::Encoder encoder;
  Schedule schedule;
  PruningSchedule pruning;
  AdamSettings adam;
  Augmentation augmentation;
  std::size_t epochs = 20;
  std::size_t batch_size = 100;
  std::size_t n_validation =
      0;  // images of the training set set aside to choose the best epoch by; 0: keep the last
  std::size_t patience = 0;  // epochs without a better validation accuracy before training stops; 0: never
  double largest_gradient_norm = 0;  // 0: no clipping
  double trajectory_mib = 32;        // EvaluatorOptions
  std::uint64_t seed = 1;            // of the order of samples and the validation split
};

// Throws InputError naming the field.
void validate(const TrainingPlan& plan, const sim::LabelledImages& images);

struct EpochRecord {
  std::size_t epoch = 0;  // from 1
  double learning_rate = 0;
  double train_loss = 0;
  double train_accuracy = 0;
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  double spikes_per_image = 0;
  double seconds = 0;
};

// Everything that evolves.
struct TrainingState {
  sim::Parameters parameters;
  AdamState adam;
  std::size_t epoch = 0;         // finished epochs
  std::size_t batches_done = 0;  // of the epoch under way
  double loss_sum = 0;           // over the images of the epoch under way
  std::uint64_t n_correct = 0;
  std::uint64_t n_seen = 0;
  std::uint64_t n_spikes = 0;
  double seconds = 0;            // of the epoch under way
  std::vector<float> sorted_at;  // BatchEvaluator::sorted_at
  // Parameters of the best epoch on the validation images, of those with all pruned edges removed; empty
  // without them.
  std::vector<float> best;
  double best_accuracy = -1;
  std::size_t best_epoch = 0;
  std::vector<EpochRecord> history;
  bool stopped_early = false;
};

// Told what happens; may ask training to stop after the batch by returning false.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual bool on_batch(const TrainingState& state, std::size_t n_batches) = 0;
  virtual void on_epoch(const TrainingState& state) = 0;
};

struct Accuracy {
  double loss = 0;
  double accuracy = 0;
  double spikes_per_image = 0;
  std::vector<std::uint8_t> predictions;  // per image asked for
};

class Trainer {
 public:
  Trainer(const TrainingPlan& plan, const sim::LabelledImages& images, const Workers& workers);

  // A fresh state, or one to go on from.
  TrainingState start() const;
  // Runs until the plan is fulfilled, training stops early, or the observer asks for a stop. Throws
  // InputError when the loss stops being finite; the state is then that of the last finished batch.
  void run(TrainingState& state, TrainingObserver& observer);
  bool finished(const TrainingState& state) const {
    return state.stopped_early || state.epoch >= plan_.epochs;
  }
  // The parameters to keep: the best on validation images, or the last.
  sim::Parameters result(const TrainingState& state) const;
  const Profile& profile() const { return evaluator_.profile(); }

 private:
  void run_epoch(TrainingState& state, TrainingObserver& observer, bool& go_on);
  void finish_epoch(TrainingState& state, double learning_rate);
  double pruned_fraction(const TrainingState& state) const {
    return plan_.pruning.fraction(state.adam.n_updates, plan_.epochs * n_batches());
  }
  std::size_t n_batches() const { return (training_.size() + plan_.batch_size - 1) / plan_.batch_size; }

  const TrainingPlan plan_;
  const sim::LabelledImages& images_;
  const Workers& workers_;
  BatchEvaluator evaluator_;
  std::vector<std::uint32_t> training_;
  std::vector<std::uint32_t> validation_;
};

// Accuracy on chosen images (all if `samples` is empty). Random encodings draw from a stream of their own.
Accuracy evaluate(BatchEvaluator& evaluator, const sim::Parameters& parameters,
                  const sim::LabelledImages& images, std::vector<std::uint32_t> samples,
                  const sim::Encoder& encoder);

}  // namespace loci::learning
