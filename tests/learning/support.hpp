// What the learning tests share: batches from plain arrays, comparisons relative to the largest value.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/batch.hpp"
#include "learning/objective.hpp"
#include "learning/reference.hpp"
#include "sim/parameters.hpp"
#include "sim/random.hpp"

namespace loci::test {

// Inputs as arrays: constant (batch, n_0) or spikes (n_steps, batch, n_0).
struct ArrayBatch final : learning::Batch {
  std::vector<double> input;
  std::vector<std::uint8_t> targets;
  bool constant = true;
  std::size_t n_inputs = 0;

  std::size_t size() const override { return targets.size(); }
  std::uint8_t target(std::size_t sample) const override { return targets[sample]; }
  bool constant_input() const override { return constant; }
  void currents(std::size_t sample, std::span<float> values) const override {
    for (std::size_t i = 0; i < n_inputs; ++i) values[i] = static_cast<float>(input[sample * n_inputs + i]);
  }
  void spikes(std::size_t sample, std::size_t n_steps, sim::SpikeTrains& trains) const override {
    trains.begin.assign(1, 0);
    trains.neuron.clear();
    for (std::size_t t = 0; t < n_steps; ++t) {
      for (std::size_t i = 0; i < n_inputs; ++i)
        if (input[(t * targets.size() + sample) * n_inputs + i] != 0.0)
          trains.neuron.push_back(static_cast<std::uint32_t>(i));
      trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
    }
  }
};

inline learning::ReferenceBatch<double> reference_batch(const ArrayBatch& batch) {
  return {.input = batch.input, .constant_input = batch.constant, .targets = batch.targets};
}

// Inputs uniform in [0, 1), or spikes with probability 0.3; about half of the constant inputs are dark.
inline ArrayBatch random_batch(std::size_t size, std::size_t n_inputs, std::size_t n_classes,
                               std::size_t n_steps, bool constant, std::uint64_t seed) {
  ArrayBatch batch;
  batch.constant = constant;
  batch.n_inputs = n_inputs;
  std::vector<float> values((constant ? 1 : n_steps) * size * n_inputs);
  sim::fill_uniform(values, 0.0F, 1.0F, seed, sim::Stream::test, 0);
  for (const float value : values)
    batch.input.push_back(constant ? (value < 0.5F ? 0.0 : static_cast<double>(value))
                                   : (value < 0.3F ? 1.0 : 0.0));
  for (std::size_t sample = 0; sample < size; ++sample)
    batch.targets.push_back(
        static_cast<std::uint8_t>(sim::random_words(seed, sim::Stream::test, sample, 1)[0] % n_classes));
  return batch;
}

// Distance of any compared membrane to the threshold: float32 must not be asked to decide what double barely
// does.
inline double threshold_margin(const learning::ReferenceResult<double>& result,
                               const sim::NetworkDescription& network) {
  double margin = 1e9;
  for (std::size_t l = 0; l < result.membranes.size(); ++l)
    for (const double membrane : result.membranes[l])
      margin = std::min(margin, std::abs(membrane - network.lif_of(l + 1).threshold));
  return margin;
}

template <typename To, typename From>
sim::BasicParameters<To> converted(const sim::NetworkDescription& network,
                                   const sim::BasicParameters<From>& from) {
  sim::BasicParameters<To> to(network);
  std::transform(from.values.begin(), from.values.end(), to.values.begin(),
                 [](From v) { return static_cast<To>(v); });
  return to;
}

template <typename A, typename B>
double largest_relative_error(std::span<const A> actual, std::span<const B> expected) {
  double largest = 0.0;
  double error = 0.0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    error = std::max(error, std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])));
  }
  return largest == 0.0 ? error : error / largest;
}

}  // namespace loci::test
