#include "backends/scale_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "backends/integer_replay.hpp"
#include "backends/parallel.hpp"

namespace loci::backends {
namespace {

using ByGroup = std::vector<std::uint64_t>;

// The same weights at another shift.
LayerScaling with_shift(LayerScaling scaling, int shift, const FloatLayer& layer,
                        const TargetDescription& target) {
  const double ratio = std::exp2(shift - scaling.shift);
  scaling.shift = shift;
  return rescaled(scaling, std::span(&ratio, 1), layer, target);
}

std::uint64_t sum(const ByGroup& values) {
  return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

// One layer, fed the reference's spikes.
class LayerSearcher {
 public:
  LayerSearcher(const FloatNetwork& network, const TargetDescription& target,
                std::span<const ReplaySample> samples, sim::Step n_steps, const ScaleSearch& options,
                std::size_t index, std::optional<int> shift = std::nullopt)
      : layer_(network.layers[index]),
        target_(target),
        samples_(samples),
        n_steps_(n_steps),
        options_(options),
        index_(index),
        width_(neurons_per_scale(layer_, target)),
        best_(first_guess(layer_, target, index == 0 ? samples.front().drive() : Drive::spikes)),
        shift_(shift) {
    if (shift_) best_ = with_shift(best_, *shift_, layer_, target_);
    mismatches_ = replay(best_);
    report_.mismatches_first = sum(mismatches_);
    for (const ReplaySample& sample : samples_)
      report_.reference_spikes += sample.reference[index_].neuron.size();
  }

  LayerScaling run() {
    const auto trained = trained_scaling(layer_, target_, best_.drive);
    if (trained)
      keep(*trained);
    else
      search();
    report_.as_trained = trained.has_value();
    report_.mismatches = sum(mismatches_);
    return best_;
  }

  const LayerSearch& report() const { return report_; }

 private:
  // The layer's own scale gives its very weights; only what says nothing about these is left to try.
  void keep(const LayerScaling& trained) {
    best_ = shift_ ? with_shift(trained, *shift_, layer_, target_) : trained;
    mismatches_ = replay(best_);
    if (target_.numbers.even_beyond) try_even();
    if (target_.numbers.weight_shift && !shift_) try_shifts();
    try_what_differs();
  }

  void search() {
    if (target_.numbers.even_beyond) try_even();
    if (target_.numbers.weight_shift && !shift_) try_shifts();
    try_scales(coarse_ratios());
    try_what_differs();
    for (const double octaves : {1.0 / 4.0, 1.0 / 8.0, 1.0 / 16.0})
      try_scales({std::exp2(-octaves), std::exp2(octaves)});
    try_what_differs();
  }

  void try_what_differs() {
    if (target_.model.leak != Leak::linear && resets_as_trained(layer_.lif, target_.model)) return;
    try_leaks();
    try_thresholds();
  }

  // Weights that follow from distances have few that are very large: clipping these may pay far beyond the
  // first guess. Where pixels drive, membranes may need more room than it leaves them.
  std::vector<double> coarse_ratios() const {
    std::vector<double> ratios;
    const int lowest = best_.drive == Drive::pixels ? -12 : -4;
    for (int half = lowest; half <= 14; ++half)
      if (half != 0) ratios.push_back(std::exp2(half / 2.0));
    return ratios;
  }

  // Spikes that differ, of each group.
  ByGroup replay(const LayerScaling& scaling) const {
    const IntegerNetwork alone{.layers = {quantised(layer_, target_, scaling).layer}, .order = target_.order};
    IntegerReplay replay(alone);
    std::vector<std::uint64_t> by_neuron(layer_.n_targets);
    LayerTrains spikes;
    for (const ReplaySample& sample : samples_) {
      if (index_ == 0)
        emulate(alone, replay, n_steps_, sample, spikes);
      else
        replay.run({.spikes = &sample.reference[index_ - 1]}, n_steps_, spikes);
      add_mismatches(spikes.front(), sample.reference[index_], by_neuron);
    }
    ByGroup by_group((layer_.n_targets + width_ - 1) / width_);
    for (std::size_t j = 0; j < layer_.n_targets; ++j) by_group[j / width_] += by_neuron[j];
    return by_group;
  }

  std::vector<ByGroup> replay_all(const std::vector<LayerScaling>& candidates) {
    std::vector<ByGroup> results(candidates.size());
    for_each_index(candidates.size(), options_.n_threads,
                   [&](std::size_t c) { results[c] = replay(candidates[c]); });
    report_.tried += candidates.size();
    return results;
  }

  // Scales are each group's own: of all ratios a group takes its best, the first of equals, none if the
  // present scale is as good.
  void try_scales(const std::vector<double>& ratios) {
    std::vector<LayerScaling> candidates;
    candidates.reserve(ratios.size());
    for (const double ratio : ratios)
      candidates.push_back(rescaled(best_, std::span(&ratio, 1), layer_, target_));
    const std::vector<ByGroup> results = replay_all(candidates);
    for (std::size_t g = 0; g < mismatches_.size(); ++g)
      for (std::size_t c = 0; c < candidates.size(); ++c)
        if (results[c][g] < mismatches_[g]) {
          mismatches_[g] = results[c][g];
          const std::size_t last = std::min(layer_.n_targets, (g + 1) * width_);
          for (std::size_t j = g * width_; j < last; ++j) best_.scale[j] = candidates[c].scale[j];
        }
  }

  // What all neurons of the layer have in common.
  void try_layers(const std::vector<LayerScaling>& candidates) {
    const std::vector<ByGroup> results = replay_all(candidates);
    for (std::size_t c = 0; c < candidates.size(); ++c)
      if (sum(results[c]) < sum(mismatches_)) {
        mismatches_ = results[c];
        best_ = candidates[c];
      }
  }

  // Either all weights are even, or they stay within half of the range at half of the scale.
  void try_even() {
    LayerScaling other = best_;
    other.even = !best_.even;
    const double ratio = other.even ? 2.0 : 0.5;
    try_layers({rescaled(other, std::span(&ratio, 1), layer_, target_)});
  }

  // The same weights with a finer or a coarser membrane.
  void try_shifts() {
    std::vector<LayerScaling> candidates;
    const Range& range = *target_.numbers.weight_shift;
    for (int change = -3; change <= 3; ++change) {
      if (change == 0 || !range.contains(best_.shift + change)) continue;
      candidates.push_back(with_shift(best_, best_.shift + change, layer_, target_));
    }
    try_layers(candidates);
  }

  void try_leaks() {
    if (target_.model.leak != Leak::linear) return;
    std::vector<LayerScaling> candidates;
    for (const double ratio : {0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.5}) {
      candidates.push_back(best_);
      candidates.back().leak_ratio = ratio;
    }
    try_layers(candidates);
  }

  void try_thresholds() {
    std::vector<LayerScaling> candidates;
    for (const double ratio : {0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2}) {
      candidates.push_back(best_);
      candidates.back().threshold_ratio = ratio;
    }
    try_layers(candidates);
  }

  const FloatLayer& layer_;
  const TargetDescription& target_;
  std::span<const ReplaySample> samples_;
  sim::Step n_steps_;
  const ScaleSearch& options_;
  std::size_t index_;
  std::size_t width_;  // neurons of a group
  LayerScaling best_;
  std::optional<int> shift_;  // that is given: no other is tried
  ByGroup mismatches_;
  LayerSearch report_;
};

// All layers together. What counts most comes first.
struct Together {
  std::uint64_t labels = std::numeric_limits<std::uint64_t>::max();  // that differ from the reference's
  std::uint64_t spikes = std::numeric_limits<std::uint64_t>::max();  // of the last layer that differ

  auto operator<=>(const Together&) const = default;
};

class JointSearcher {
 public:
  JointSearcher(const FloatNetwork& network, const TargetDescription& target,
                std::span<const ReplaySample> samples, sim::Step n_steps, const ScaleSearch& options)
      : network_(network), target_(target), samples_(samples), n_steps_(n_steps), options_(options) {}

  // layers: what is known of each; those that have the scale they were trained with keep it.
  std::vector<LayerScaling> run(std::vector<std::vector<LayerScaling>> starts,
                                std::span<const LayerSearch> layers) {
    take_best(std::move(starts));
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      if (layers[l].as_trained) continue;
      std::vector<std::vector<LayerScaling>> candidates;
      for (const double octaves : {-3.0, -2.0, -1.0, -0.5, -0.25, -0.125, 0.125, 0.25, 0.5, 1.0}) {
        const double ratio = std::exp2(octaves);
        candidates.push_back(best_);
        candidates.back()[l] = rescaled(best_[l], std::span(&ratio, 1), network_.layers[l], target_);
      }
      take_best(std::move(candidates));
    }
    return best_;
  }

 private:
  Together replay(const std::vector<LayerScaling>& scaling) const {
    const QuantisedNetwork candidate = quantised(network_, target_, scaling);
    IntegerReplay replay(candidate.network);
    const std::size_t n_outputs = network_.n_outputs();
    Together result{0, 0};
    LayerTrains spikes;
    for (const ReplaySample& sample : samples_) {
      emulate(candidate.network, replay, n_steps_, sample, spikes);
      const sim::SpikeTrains& reference = sample.reference.back();
      result.labels += most_active(spikes.back(), n_outputs) != most_active(reference, n_outputs) ? 1 : 0;
      result.spikes += mismatches(spikes.back(), reference, n_outputs);
    }
    return result;
  }

  void take_best(std::vector<std::vector<LayerScaling>> candidates) {
    std::vector<Together> results(candidates.size());
    for_each_index(candidates.size(), options_.n_threads,
                   [&](std::size_t c) { results[c] = replay(candidates[c]); });
    for (std::size_t c = 0; c < candidates.size(); ++c)
      if (results[c] < reached_) {
        reached_ = results[c];
        best_ = std::move(candidates[c]);
      }
  }

  const FloatNetwork& network_;
  const TargetDescription& target_;
  std::span<const ReplaySample> samples_;
  sim::Step n_steps_;
  const ScaleSearch& options_;
  std::vector<LayerScaling> best_;
  Together reached_;
};

// Brings all layers after the first to one shift, where the target has one for them: of those that they chose
// by themselves the one with the fewest spikes unlike the reference's, and each layer's best scales with it.
void share_shift(const FloatNetwork& network, const TargetDescription& target,
                 std::span<const ReplaySample> samples, sim::Step n_steps, const ScaleSearch& options,
                 std::vector<LayerScaling>& found, std::vector<LayerSearch>& reports) {
  std::set<int> shifts;
  for (std::size_t l = 1; l < found.size(); ++l) shifts.insert(found[l].shift);
  if (shifts.size() < 2) return;
  const std::vector<LayerScaling> alone = found;
  const std::vector<LayerSearch> reports_alone = reports;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const int shift : shifts) {
    std::vector<LayerScaling> scaling = alone;
    std::vector<LayerSearch> at_shift = reports_alone;
    std::uint64_t n_mismatches = 0;
    for (std::size_t l = 1; l < alone.size(); ++l) {
      if (alone[l].shift != shift) {
        LayerSearcher searcher(network, target, samples, n_steps, options, l, shift);
        scaling[l] = searcher.run();
        at_shift[l].mismatches = searcher.report().mismatches;
        at_shift[l].tried += searcher.report().tried;
      }
      n_mismatches += at_shift[l].mismatches;
    }
    if (n_mismatches >= least) continue;
    least = n_mismatches;
    found = std::move(scaling);
    reports = std::move(at_shift);
  }
}

void tell(const ScaleSearch& options, const std::string& what, std::size_t done, std::size_t total) {
  if (options.progress) options.progress(what, done, total);
}

}  // namespace

bool resets_as_trained(const sim::Lif& lif, const IntegerModel& model) {
  if (lif.reset == sim::Reset::none) return false;
  if ((lif.reset == sim::Reset::zero) != (model.reset == ResetTo::zero)) return false;
  if (lif.reset == sim::Reset::zero) return true;  // spikes are the same, whenever it takes place
  return lif.reset_delay == (model.reset_time == ResetTime::next_update);
}

QuantisedNetwork quantised(const FloatNetwork& network, const TargetDescription& target,
                           const std::vector<LayerScaling>& scaling) {
  assert(scaling.size() == network.layers.size());
  QuantisedNetwork result{.network = {.layers = {},
                                      .order = target.order,
                                      .layer_latency = static_cast<std::uint32_t>(target.layer_latency)},
                          .scaling = scaling};
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    QuantisedLayer layer = quantised(network.layers[l], target, scaling[l]);
    result.network.layers.push_back(std::move(layer.layer));
    result.loss.push_back(layer.loss);
  }
  result.search.resize(network.layers.size());
  return result;
}

std::vector<LayerScaling> first_guess(const FloatNetwork& network, const TargetDescription& target,
                                      Drive drive) {
  std::vector<LayerScaling> scaling;
  for (const FloatLayer& layer : network.layers) {
    scaling.push_back(first_guess(layer, target, drive));
    drive = Drive::spikes;
  }
  if (target.numbers.one_later_shift && scaling.size() > 2) {
    // The least one leaves room in the membranes of all.
    int shift = scaling[1].shift;
    for (std::size_t l = 2; l < scaling.size(); ++l) shift = std::min(shift, scaling[l].shift);
    for (std::size_t l = 1; l < scaling.size(); ++l)
      scaling[l] = with_shift(scaling[l], shift, network.layers[l], target);
  }
  return scaling;
}

QuantisedNetwork search_scales(const FloatNetwork& network, const TargetDescription& target,
                               std::span<const ReplaySample> samples, sim::Step n_steps,
                               const ScaleSearch& options) {
  assert(!samples.empty());
  const std::vector<LayerScaling> guess = first_guess(network, target, samples.front().drive());
  if (!options.enabled) return quantised(network, target, guess);
  std::vector<LayerScaling> found;
  std::vector<LayerSearch> reports;
  const std::size_t n_stages = network.layers.size() + 1;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    tell(options, fmt::format("scales of layer {}", l + 1), l, n_stages);
    LayerSearcher searcher(network, target, samples, n_steps, options, l);
    found.push_back(searcher.run());
    reports.push_back(searcher.report());
  }
  if (target.numbers.one_later_shift) share_shift(network, target, samples, n_steps, options, found, reports);
  tell(options, "scales of all layers together", network.layers.size(), n_stages);
  std::vector<std::vector<LayerScaling>> starts{found};
  const bool all_as_trained = std::ranges::all_of(reports, &LayerSearch::as_trained);
  if (!all_as_trained) starts.insert(starts.begin(), guess);
  found = JointSearcher(network, target, samples, n_steps, options).run(std::move(starts), reports);
  tell(options, "scales of all layers together", n_stages, n_stages);
  QuantisedNetwork result = quantised(network, target, found);
  result.search = std::move(reports);
  return result;
}

}  // namespace loci::backends
