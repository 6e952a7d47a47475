#include "backends/quantiser.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "backends/limits.hpp"

namespace loci::backends {
namespace {

constexpr FixedPoint whole{
    {std::numeric_limits<std::int32_t>::min() / 2, std::numeric_limits<std::int32_t>::max() / 2}, 0};

std::int64_t nearest(double value) {
  return whole.quantised(value);
}

// What the target's threshold can be in its units, from the smallest that can be told from 0.
std::int64_t threshold_within(std::int64_t threshold, const TargetDescription& target) {
  const std::int64_t least = std::max<std::int64_t>(1, target.numbers.threshold.lowest);
  return std::clamp(threshold, least, target.numbers.threshold.highest);
}

std::int64_t threshold_of(double threshold, const TargetDescription& target) {
  if (target.model.comparison == Comparison::greater) return threshold_within(nearest(threshold), target);
  // v >= n is v > threshold for whole v: n is the next number above.
  return threshold_within(static_cast<std::int64_t>(std::floor(threshold)) + 1, target);
}

// The weights that a whole weight may be: all of the range, or those that need not be even.
Range weights_of(const TargetDescription& target, bool even) {
  Range range = target.numbers.weight;
  if (target.numbers.even_beyond && !even) {
    range.lowest = std::max<std::int64_t>(range.lowest, -128);
    range.highest = std::min<std::int64_t>(range.highest, 127);
  }
  return range;
}

// A source's sign where all its weights have one: that of the larger sum.
int sign_of(std::span<const float> weights) {
  double sum = 0.0;
  for (const float weight : weights) sum += weight;
  return sum < 0.0 ? -1 : 1;
}

// What a weight is multiplied by when it arrives.
double amplitude_of(Drive drive) {
  return drive == Drive::pixels ? brightest_pixel : 1.0;
}

// None where the trained float is what stands for the whole number.
double error_of(double kept, double trained) {
  return static_cast<float>(kept) == static_cast<float>(trained) ? 0.0 : kept - trained;
}

class WeightRounding {
 public:
  WeightRounding(const TargetDescription& target, const LayerScaling& scaling)
      : range_(weights_of(target, scaling.even)),
        unit_(std::ldexp(amplitude_of(scaling.drive), scaling.shift)),
        step_(scaling.even ? 2.0 : 1.0) {}

  // Counts what is lost in units of the weight as it was.
  std::int16_t operator()(double weight, double scale, LayerLoss& loss) {
    const double exact = weight * scale / (unit_ * step_);
    const std::int64_t rounded = nearest(exact) * static_cast<std::int64_t>(step_);
    const std::int64_t kept = std::clamp(rounded, range_.lowest, range_.highest);
    loss.clipped += kept != rounded ? 1 : 0;
    return count(kept, weight, scale, loss);
  }
  std::int16_t dropped(double weight, LayerLoss& loss) {
    ++loss.wrong_sign;
    return count(0, weight, 1.0, loss);
  }
  double relative_error() const { return squares_ > 0.0 ? std::sqrt(squared_errors_ / squares_) : 0.0; }

 private:
  std::int16_t count(std::int64_t kept, double weight, double scale, LayerLoss& loss) {
    const double error = error_of(static_cast<double>(kept) * unit_ / scale, weight);
    squared_errors_ += error * error;
    squares_ += weight * weight;
    ++loss.edges;
    loss.vanished += kept == 0 ? 1 : 0;
    return static_cast<std::int16_t>(kept);
  }

  Range range_;
  double unit_;
  double step_;
  double squared_errors_ = 0.0;
  double squares_ = 0.0;
};

void take_weights(const FloatLayer& layer, const TargetDescription& target, const LayerScaling& scaling,
                  QuantisedLayer& result) {
  IntegerConnection& incoming = result.layer.incoming;
  incoming.n_sources = layer.n_sources;
  incoming.n_targets = layer.n_targets;
  incoming.exponent = scaling.shift;
  incoming.weight.assign(layer.weight.size(), 0);
  WeightRounding rounding(target, scaling);
  for (std::size_t i = 0; i < layer.n_sources; ++i) {
    const auto row = std::span(layer.weight).subspan(i * layer.n_targets, layer.n_targets);
    const int sign = target.numbers.sign_by_source ? sign_of(row) : 0;
    for (std::size_t j = 0; j < layer.n_targets; ++j) {
      if (row[j] == 0.0F) continue;
      incoming.weight[i * layer.n_targets + j] = static_cast<float>(sign) * row[j] < 0.0F
                                                     ? rounding.dropped(row[j], result.loss)
                                                     : rounding(row[j], scaling.scale[j], result.loss);
    }
  }
  result.loss.weight_error = rounding.relative_error();
  if (layer.delay.empty()) return;
  incoming.delay.resize(layer.delay.size());
  std::ranges::transform(layer.delay, incoming.delay.begin(), [](sim::Step delay) {
    assert(delay <= std::numeric_limits<std::uint8_t>::max());
    return static_cast<std::uint8_t>(delay);
  });
}

void take_biases(const FloatLayer& layer, const TargetDescription& target, const LayerScaling& scaling,
                 QuantisedLayer& result) {
  double squares = 0.0;
  for (const double bias : layer.bias) squares += bias * bias;
  if (squares == 0.0) return;
  if (!target.numbers.bias) {
    result.loss.bias_error = 1.0;
    return;
  }
  double squared_errors = 0.0;
  for (std::size_t j = 0; j < layer.n_targets; ++j) {
    const std::int64_t bias = fit(nearest(layer.bias[j] * scaling.scale[j]), *target.numbers.bias);
    const double error = error_of(static_cast<double>(bias) / scaling.scale[j], layer.bias[j]);
    squared_errors += error * error;
    result.layer.parameters.bias.push_back(static_cast<std::int32_t>(bias << target.model.input_shift));
  }
  result.loss.bias_error = std::sqrt(squared_errors / squares);
}

double leak_of(const FloatLayer& layer, const TargetDescription& target, const LayerScaling& scaling,
               double scale) {
  if (target.model.leak == Leak::multiplicative)
    return static_cast<double>(leak_factor(layer.lif.beta, target.model));
  if (target.model.leak == Leak::none) return 0.0;
  return std::ldexp((1.0 - layer.lif.beta) * layer.lif.threshold * scale * scaling.leak_ratio,
                    target.model.input_shift);
}

double mean(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void take_neurons(const FloatLayer& layer, const TargetDescription& target, const LayerScaling& scaling,
                  QuantisedLayer& result) {
  IntegerParameters& parameters = result.layer.parameters;
  LayerLoss& loss = result.loss;
  const bool shared = target.numbers.leak_of == Granularity::layer;
  const double mean_scale = mean(scaling.scale);
  for (const double scale : scaling.scale) {
    const double wanted = layer.lif.threshold * scale * scaling.threshold_ratio;
    const std::int64_t threshold = threshold_of(wanted, target);
    parameters.threshold.push_back(static_cast<std::int32_t>(threshold << target.model.input_shift));
    const double exact = layer.lif.threshold * scale;
    loss.threshold_error =
        std::max(loss.threshold_error, std::abs(static_cast<double>(threshold) - exact) / exact);
    const double leak = leak_of(layer, target, scaling, shared ? mean_scale : scale);
    parameters.leak.push_back(static_cast<std::int32_t>(fit(nearest(leak), target.numbers.leak)));
  }
}

// The scale at which a group's largest weight takes the range.
double scale_of(const FloatLayer& layer, const Range& range, std::size_t first, std::size_t last) {
  double lowest = 0.0;
  double highest = 0.0;
  for (std::size_t i = 0; i < layer.n_sources; ++i)
    for (std::size_t j = first; j < last; ++j) {
      const double weight = layer.weight[i * layer.n_targets + j];
      lowest = std::min(lowest, weight);
      highest = std::max(highest, weight);
    }
  double scale = std::numeric_limits<double>::infinity();
  if (highest > 0.0 && range.highest > 0) scale = static_cast<double>(range.highest) / highest;
  if (lowest < 0.0 && range.lowest < 0) scale = std::min(scale, static_cast<double>(range.lowest) / lowest);
  return scale;
}

// Within what thresholds can say; whole thresholds where that is what makes the comparison exact.
double settled(double scale, const FloatLayer& layer, const TargetDescription& target) {
  const double threshold = layer.lif.threshold;
  const std::int64_t beyond = target.model.comparison == Comparison::greater ? 0 : 1;
  const double most = static_cast<double>(target.numbers.threshold.highest - beyond) / threshold;
  const double kept = std::min(scale, most);
  if (target.model.comparison != Comparison::greater) return std::max(kept, 0.5 / threshold);
  return static_cast<double>(threshold_within(nearest(kept * threshold), target)) / threshold;
}

// The shift of weights with which the membrane has room for `headroom` times the threshold.
int fitting_shift(double scale, const FloatLayer& layer, const TargetDescription& target) {
  const Range& shifts = *target.numbers.weight_shift;
  const double room = static_cast<double>(target.model.membrane.highest >> target.model.input_shift);
  const double most = scale * layer.lif.threshold * headroom;
  const auto fitting = static_cast<std::int64_t>(std::floor(std::log2(std::max(room / most, 0x1p-15))));
  return static_cast<int>(std::clamp(fitting, shifts.lowest, shifts.highest));
}

// Whether all numbers are the whole ones that a float stood for.
bool holds(const LayerLoss& loss) {
  return loss.clipped == 0 && loss.wrong_sign == 0 && loss.weight_error == 0.0 && loss.bias_error == 0.0;
}

}  // namespace

QuantisedLayer quantised(const FloatLayer& layer, const TargetDescription& target,
                         const LayerScaling& scaling) {
  assert(scaling.scale.size() == layer.n_targets);
  QuantisedLayer result;
  result.layer.model = target.model;
  const auto [lowest, highest] = std::ranges::minmax(scaling.scale);
  result.loss.scale_lowest = lowest;
  result.loss.scale_highest = highest;
  take_weights(layer, target, scaling, result);
  take_biases(layer, target, scaling, result);
  take_neurons(layer, target, scaling, result);
  return result;
}

std::vector<std::int32_t> pixel_sums(const IntegerConnection& incoming,
                                     std::span<const std::uint8_t> pixels) {
  assert(pixels.size() == incoming.n_sources && incoming.exponent >= 0);
  std::vector<std::int64_t> sums(incoming.n_targets);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] == 0) continue;
    const std::int16_t* row = &incoming.weight[i * incoming.n_targets];
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += std::int64_t{pixels[i]} * row[j];
  }
  std::vector<std::int32_t> result(sums.size());
  for (std::size_t j = 0; j < sums.size(); ++j) {
    const std::int64_t scaled = sums[j] << incoming.exponent;
    if (std::abs(scaled) > largest_sum)
      throw std::invalid_argument("an image drives a neuron with more than its sums can hold");
    result[j] = static_cast<std::int32_t>(scaled);
  }
  return result;
}

std::size_t neurons_per_scale(const FloatLayer& layer, const TargetDescription& target) {
  if (target.numbers.threshold_of == Granularity::layer) return layer.n_targets;
  return target.numbers.threshold_of == Granularity::pair ? 2 : 1;
}

LayerScaling first_guess(const FloatLayer& layer, const TargetDescription& target, Drive drive) {
  const std::size_t n = layer.n_targets;
  LayerScaling scaling{.drive = drive};
  scaling.even = target.numbers.even_beyond;
  const Range range = weights_of(target, scaling.even);
  // A group without edges goes by the layer's scale, and a layer without any by thresholds of 1.
  double of_layer = scale_of(layer, range, 0, n);
  if (!std::isfinite(of_layer)) of_layer = 1.0 / layer.lif.threshold;
  const std::size_t width = neurons_per_scale(layer, target);
  for (std::size_t first = 0; first < n; first += width) {
    const std::size_t last = std::min(n, first + width);
    const double scale = scale_of(layer, range, first, last);
    scaling.scale.insert(scaling.scale.end(), last - first, std::isfinite(scale) ? scale : of_layer);
  }
  for (double& scale : scaling.scale) scale *= amplitude_of(drive);
  if (target.numbers.weight_shift) {
    scaling.shift = fitting_shift(std::ranges::max(scaling.scale), layer, target);
    for (double& scale : scaling.scale) scale = std::ldexp(scale, scaling.shift);
  }
  for (double& scale : scaling.scale) scale = settled(scale, layer, target);
  return scaling;
}

std::optional<LayerScaling> trained_scaling(const FloatLayer& layer, const TargetDescription& target,
                                            Drive drive) {
  if (layer.trained_scale <= 0.0) return std::nullopt;
  const double unshifted = layer.trained_scale * amplitude_of(drive);
  LayerScaling scaling{.drive = drive};
  if (target.numbers.weight_shift) scaling.shift = fitting_shift(unshifted, layer, target);
  const double scale = std::ldexp(unshifted, scaling.shift);
  scaling.scale.assign(layer.n_targets, scale);
  const bool exact = settled(scale, layer, target) == scale && holds(quantised(layer, target, scaling).loss);
  return exact ? std::optional(scaling) : std::nullopt;
}

LayerScaling rescaled(const LayerScaling& scaling, std::span<const double> ratios, const FloatLayer& layer,
                      const TargetDescription& target) {
  LayerScaling result = scaling;
  const std::size_t width = neurons_per_scale(layer, target);
  for (std::size_t j = 0; j < result.scale.size(); ++j)
    result.scale[j] = settled(scaling.scale[j] * ratios[ratios.size() == 1 ? 0 : j / width], layer, target);
  return result;
}

}  // namespace loci::backends
