// One layer of real numbers as a target's whole numbers, for given scales; and what that loses.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// What arrives at the first layer.
enum class Drive {
  spikes,
  pixels,  // at every step the whole image: the sums of weights times bytes, a current of pixel / 255
};
inline constexpr double brightest_pixel = 255.0;

// How a layer's numbers become whole ones. A current of 1 is `scale` of a neuron's units, in which its
// threshold and biases are counted; a weight counts 2^shift of them, or 255 times as many where pixels drive.
// A unit is 2^input_shift of the membrane.
struct LayerScaling {
  Drive drive = Drive::spikes;
  std::vector<double> scale;     // (n_targets)
  int shift = 0;                 // of the weights, where the target has one
  bool even = false;             // weights are even numbers, and may use the whole range (Loihi)
  double threshold_ratio = 1.0;  // the threshold's size beside threshold * scale
  double leak_ratio = 0.5;       // linear leaks only: amount beside (1 - beta) * threshold * scale
};

struct LayerLoss {
  double scale_lowest = 0.0;  // over neurons
  double scale_highest = 0.0;
  std::uint64_t edges = 0;
  std::uint64_t clipped = 0;     // weights beyond the target's range
  std::uint64_t vanished = 0;    // that became 0
  std::uint64_t wrong_sign = 0;  // and those that became 0 because a source has one sign
  double weight_error = 0.0;     // root mean square of rounding and clipping, beside that of the weights
  double bias_error = 0.0;       // the same of biases, 0 where there are none
  double threshold_error = 0.0;  // the largest, beside the threshold
};

struct QuantisedLayer {
  IntegerLayer layer;
  LayerLoss loss;
};

// Weights are rounded half to even and clipped to the range. The threshold is the nearest whole number for a
// target that fires above it, and for one that fires at it the next one above. `scaling` has to agree with
// the target: equal scales where a threshold is shared.
QuantisedLayer quantised(const FloatLayer& layer, const TargetDescription& target,
                         const LayerScaling& scaling);

// What an image drives a layer with at each step, (n_targets): sum_i w_ij pixel_i 2^exponent. Throws
// std::invalid_argument where an image could drive a sum beyond largest_sum.
std::vector<std::int32_t> pixel_sums(const IntegerConnection& incoming, std::span<const std::uint8_t> pixels);

// What max |w| suggests: the largest weight of each group that shares a threshold takes the whole range, and
// the shift leaves the membrane room for `headroom` times the threshold.
LayerScaling first_guess(const FloatLayer& layer, const TargetDescription& target,
                         Drive drive = Drive::spikes);
inline constexpr double headroom = 8.0;

// The scaling at which the layer's numbers are the whole ones that it was trained with, for a target that can
// hold all of them; a target that shifts weights takes the largest shift that first_guess() leaves room for.
// nullopt: the layer was not trained in whole numbers, or not in such that the target has.
std::optional<LayerScaling> trained_scaling(const FloatLayer& layer, const TargetDescription& target,
                                            Drive drive = Drive::spikes);

// How many neighbouring neurons share a threshold and with it a scale: 1, 2 or the layer.
std::size_t neurons_per_scale(const FloatLayer& layer, const TargetDescription& target);

// The scaling with all scales `ratios[group]` times as large (one ratio: all groups), kept where thresholds
// can be told.
LayerScaling rescaled(const LayerScaling& scaling, std::span<const double> ratios, const FloatLayer& layer,
                      const TargetDescription& target);

}  // namespace loci::backends
