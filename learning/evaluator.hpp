// The fast path: loss, gradient and logits of one mini-batch in float32, in panels, over all threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "learning/batch.hpp"
#include "learning/objective.hpp"
#include "learning/profile.hpp"
#include "learning/workers.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

struct EvaluatorOptions {
  // Memory for currents, membranes and spikes: a batch is run in blocks of as many samples as fit, at least
  // one.
  double trajectory_mib = 32;
  // For inference: weights are made once and kept, where they fit 64 MiB, for as long as batches come with
  // the same parameters.
  bool keep_weights = false;
};

// The loss of a batch or its gradient became infinite or not a number.
class NotFinite : public std::runtime_error {
 public:
  NotFinite() : std::runtime_error("the loss or its gradient is not finite") {}
};

struct BatchResult {
  double loss = 0.0;           // mean over the batch
  std::size_t n_correct = 0;   // first largest logit equals the target
  std::uint64_t n_spikes = 0;  // of all layers after the input
};

// Results do not depend on the number of threads: the work is cut into panels and sample shards by sizes
// alone, and their parts are added in a fixed order.
class BatchEvaluator {
 public:
  BatchEvaluator(const sim::NetworkDescription& network, const Objective& objective, const Workers& workers,
                 EvaluatorOptions options = {});
  ~BatchEvaluator();

  // Overwrites `gradient`. Throws NotFinite.
  BatchResult gradient(const sim::Parameters& parameters, const Batch& batch, sim::Parameters& gradient);
  BatchResult forward(const sim::Parameters& parameters, const Batch& batch);

  // Of the last batch: (batch, n_classes) spike counts, summed membranes or outputs.
  std::span<const float> logits() const;
  // Where there is a cutoff, neurons are sorted in space now and then, and sums depend on the order: the
  // parameter values they were last sorted at (empty: never), and sorting them as at those values, from where
  // batches go on to the same bit.
  std::span<const float> sorted_at() const;
  void sort_at(std::vector<float> values);
  // From the next batch on, only this fraction (0 to 1) of the share of edges that the network prunes is
  // removed.
  void prune_to(double fraction);
  const Profile& profile() const;
  Profile& profile();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loci::learning
