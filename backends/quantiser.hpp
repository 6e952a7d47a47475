// One layer of real numbers as a target's whole numbers, for given scales; and what that loses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/float_network.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// How a layer's numbers become whole ones. A current of 1 is `scale` of a neuron's units, in which its
// threshold and biases are counted; a weight counts 2^shift of them, and so do the membrane's 2^input_shift.
struct LayerScaling {
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

enum class Drive {
  spikes,    // spikes arrive, biases are the layer's own
  currents,  // a sample's currents arrive at every step, and biases are among them
};

// Weights are rounded half to even and clipped to the range. The threshold is the nearest whole number for a
// target that fires above it, and for one that fires at it the next one above. `scaling` has to agree with
// the target: equal scales where a threshold is shared.
QuantisedLayer quantised(const FloatLayer& layer, const TargetDescription& target,
                         const LayerScaling& scaling, Drive drive = Drive::spikes);

// A sample's currents, (n_targets), biases included, in the layer's units, rounded half to even.
std::vector<std::int32_t> integer_currents(std::span<const double> currents, const LayerScaling& scaling);

// What max |w| suggests: the largest weight of each group that shares a threshold takes the whole range, and
// the shift leaves the membrane room for `headroom` times the threshold.
LayerScaling first_guess(const FloatLayer& layer, const TargetDescription& target);
inline constexpr double headroom = 8.0;

// How many neighbouring neurons share a threshold and with it a scale: 1, 2 or the layer.
std::size_t neurons_per_scale(const FloatLayer& layer, const TargetDescription& target);

// The scaling with all scales `ratios[group]` times as large (one ratio: all groups), kept where thresholds
// can be told.
LayerScaling rescaled(const LayerScaling& scaling, std::span<const double> ratios, const FloatLayer& layer,
                      const TargetDescription& target);

}  // namespace loci::backends
