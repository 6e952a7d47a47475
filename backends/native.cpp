#include "backends/native.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr int c_membrane_bits = 31;
constexpr int verilog_membrane_bits = 24;
constexpr std::int64_t whole_leak = std::int64_t{1} << native_leak_bits;

TargetDescription native_target(const sim::Lif& lif, int weight_bits, Granularity scales, int membrane_bits) {
  if (weight_bits != 8 && weight_bits != 16)
    throw std::invalid_argument("weights of C and Verilog have 8 or 16 bits");
  const std::int64_t highest = signed_range(membrane_bits).highest;
  TargetDescription target;
  target.model = native_model(lif, membrane_bits);
  target.layer_latency = 0;
  target.input_currents = true;
  target.numbers.weight = signed_range(weight_bits);
  target.numbers.threshold = {1, highest};
  target.numbers.threshold_of = scales;
  target.numbers.leak = {0, whole_leak};
  target.numbers.leak_of = scales;
  target.numbers.bias = Range{-highest / 2, highest / 2};
  return target;
}

std::vector<std::int64_t> absolute_sums(const IntegerConnection& connection) {
  std::vector<std::int64_t> sums(connection.n_targets);
  for (std::size_t i = 0; i < connection.n_sources; ++i)
    for (std::size_t j = 0; j < connection.n_targets; ++j)
      sums[j] += std::abs(int{connection.weight[i * connection.n_targets + j]});
  return sums;
}

}  // namespace

IntegerModel native_model(const sim::Lif& lif, int membrane_bits) {
  if (lif.reset == sim::Reset::none)
    throw InputError("reset", "these neurons never reset, which integer neurons cannot do",
                     "train with reset 'subtract' or 'zero'");
  IntegerModel model;
  model.membrane = signed_range(membrane_bits);
  model.leak_bits = native_leak_bits;
  model.reset = lif.reset == sim::Reset::zero ? ResetTo::zero : ResetTo::subtract;
  model.reset_time = lif.reset_delay ? ResetTime::next_update : ResetTime::at_once;
  return model;
}

TargetDescription c_target(const sim::Lif& lif, int weight_bits, Granularity scales) {
  TargetDescription target = native_target(lif, weight_bits, scales, c_membrane_bits);
  target.name = "c";
  target.title = "C99 source for microcontrollers and computers";
  target.limits.neurons = target.limits.inputs = std::numeric_limits<std::uint16_t>::max();
  return target;
}

TargetDescription verilog_target(const sim::Lif& lif, int weight_bits, Granularity scales) {
  TargetDescription target = native_target(lif, weight_bits, scales, verilog_membrane_bits);
  target.name = "verilog";
  target.title = "Verilog-2005 for FPGAs";
  target.limits.neurons = target.limits.inputs = 4096;  // spikes pass between layers as bit vectors
  return target;
}

void require_native(const IntegerNetwork& network) {
  validate(network);
  if (network.order != SpikeOrder::summed)
    throw std::invalid_argument("native neurons take the spikes of a step as one sum");
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerLayer& layer = network.layers[l];
    const IntegerModel& model = layer.model;
    const auto require = [&](bool holds, const char* what) {
      if (!holds) throw std::invalid_argument(fmt::format("layer {} of a native network: {}", l, what));
    };
    require(model.leak == Leak::multiplicative && model.leak_bits == native_leak_bits &&
                model.leak_rounding == Rounding::toward_zero,
            "its leak is not a product with 12 bits, rounded toward zero");
    require(model.comparison == Comparison::greater && !model.negative_never_fires,
            "it does not fire beyond its threshold and only there");
    require(!model.current && model.input_shift == 0 && layer.incoming.exponent == 0,
            "it has currents of its own, or sums that are shifted");
    require(std::ranges::all_of(layer.incoming.delay, [](std::uint8_t delay) { return delay == 0; }),
            "it has delays");
    require(layer.size() > 0, "it has no neuron");
    const Range& membrane = model.membrane;
    const Range widest = signed_range(c_membrane_bits);
    require(membrane.overflow == Overflow::saturate && widest.lowest <= membrane.lowest &&
                membrane.lowest <= -1 && 1 <= membrane.highest && membrane.highest <= widest.highest,
            "its membranes do not saturate within 31 bits");
    const IntegerParameters& parameters = layer.parameters;
    for (const std::int32_t threshold : parameters.threshold)
      require(1 <= threshold && threshold <= membrane.highest, "a threshold is below 1 or never reached");
    for (const std::int32_t leak : parameters.leak)
      require(0 <= leak && leak <= whole_leak, "a leak is not between 0 and 1");
    std::int64_t bias = 0;
    for (const std::int32_t value : parameters.bias) bias = std::max(bias, std::abs(std::int64_t{value}));
    require(bias + most_added(layer.incoming) <= widest.highest, "its sums could exceed 31 bits");
  }
}

std::int64_t most_added(const IntegerConnection& connection) {
  return std::ranges::max(absolute_sums(connection));
}

IntegerNetwork with_coarser_biases(IntegerNetwork network, int bits) {
  if (bits < 2 || bits > 31) throw std::invalid_argument("coarser biases have 2 to 31 bits");
  const Range range = signed_range(bits);
  for (IntegerLayer& layer : network.layers) {
    std::vector<std::int32_t>& biases = layer.parameters.bias;
    const auto fit_after = [&](int shift) {
      return std::ranges::all_of(biases, [&](std::int32_t bias) {
        return range.contains(shift_right(bias, shift, Rounding::nearest_even));
      });
    };
    int shift = 0;
    while (!fit_after(shift)) ++shift;
    for (std::int32_t& bias : biases)
      bias = static_cast<std::int32_t>(shift_right(bias, shift, Rounding::nearest_even) << shift);
  }
  return network;
}

PixelSums::PixelSums(const IntegerConnection& connection, int shift)
    : connection_(connection), shift_(shift) {
  if (most_added(connection) * 255 > std::numeric_limits<std::int32_t>::max())
    throw InputError("first layer", "its weights are so large that an image could drive sums beyond 32 bits",
                     "use 8-bit weights or spiking input");
}

std::vector<std::int32_t> PixelSums::of(std::span<const std::uint8_t> pixels) const {
  if (pixels.size() != connection_.n_sources)
    throw std::invalid_argument("an image has not the input's size");
  std::vector<std::int32_t> sums(connection_.n_targets);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (pixels[i] != 0)
      for (std::size_t j = 0; j < sums.size(); ++j)
        sums[j] += connection_.weight[i * sums.size() + j] * pixels[i];
  for (std::int32_t& sum : sums) sum = static_cast<std::int32_t>(shift_right(sum, shift_, Rounding::floor));
  return sums;
}

std::int64_t PixelSums::largest() const {
  return ((most_added(connection_) * 255) >> shift_) + 1;
}

void require_pixels_fit(const IntegerNetwork& network, int shift) {
  if (shift < 0 || shift > 30) throw std::invalid_argument("sums of pixels are shifted by 0 to 30 bits");
  const IntegerLayer& first = network.layers.front();
  std::int64_t bias = 0;
  for (const std::int32_t value : first.parameters.bias) bias = std::max(bias, std::abs(std::int64_t{value}));
  const std::int64_t currents = PixelSums(first.incoming, shift).largest();
  if (bias + most_added(first.incoming) + currents > signed_range(c_membrane_bits).highest)
    throw InputError("first layer", "an image could drive its sums beyond 31 bits",
                     "use 8-bit weights, a larger pixel shift or spiking input");
}

}  // namespace loci::backends
