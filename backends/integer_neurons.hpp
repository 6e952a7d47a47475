// Integrate-and-fire neurons in whole numbers. Chips differ in their settings: how they leak, compare, reset
// and overflow, and whether they look at the threshold after each spike that arrives or once a step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backends/fixed_point.hpp"

namespace loci::backends {

enum class Leak {
  none,
  multiplicative,  // state * factor / 2^bits, rounded
  linear,          // toward zero by an amount, and not past it
};
enum class Comparison { greater, greater_equal };
enum class ResetTo { zero, subtract };  // what it is reset by: set to 0, or the threshold subtracted
enum class ResetTime {
  at_once,      // in the step of the spike
  next_update,  // with the next leak: zero instead of it, or the threshold subtracted after it (snnTorch,
                // ReckOn)
};

// A current between the input and the membrane, which forgets as multiplicative leaks do (Loihi's u).
struct IntegerCurrent {
  std::int64_t factor = 0;
  int bits = 12;
  Rounding rounding = Rounding::toward_zero;
  Range range;

  bool operator==(const IntegerCurrent&) const = default;
};

// What neurons of an array have in common.
struct IntegerModel {
  Range membrane;
  Leak leak = Leak::multiplicative;
  int leak_bits = 12;
  Rounding leak_rounding = Rounding::toward_zero;
  Comparison comparison = Comparison::greater;
  bool negative_never_fires =
      false;  // tinyODIN compares as unsigned, and only where the membrane is not negative
  ResetTo reset = ResetTo::zero;
  ResetTime reset_time = ResetTime::at_once;
  int input_shift = 0;  // bits by which sums of weights are shifted left (Loihi: 6)
  std::optional<IntegerCurrent> current;

  bool operator==(const IntegerModel&) const = default;
};

// What a leak leaves of a membrane; `leak` is the neuron's factor or amount.
std::int64_t leaked(const IntegerModel& model, std::int64_t membrane, std::int64_t leak);

// What each neuron has of its own, n numbers each.
struct IntegerParameters {
  std::vector<std::int32_t> leak;       // factor or amount
  std::vector<std::int32_t> threshold;  // in units of the membrane
  std::vector<std::int32_t> bias;       // added at each step, units of the membrane; empty: none
};

// How often a register would have gone beyond its range.
struct Overflows {
  std::uint64_t membrane = 0;
  std::uint64_t current = 0;

  bool operator==(const Overflows&) const = default;
};

// The order within a step is the caller's, who knows the chip: leak(), then the input in one sum or spike by
// spike, then fire(), or fire() after each spike.
class IntegerNeurons {
 public:
  // Throws std::invalid_argument for parameters of different lengths.
  IntegerNeurons(const IntegerModel& model, IntegerParameters parameters);

  std::size_t size() const { return membrane_.size(); }
  // Leaks all membranes, and carries out resets that were left for the next update.
  void leak();
  // Adds one spike's weights, (size()), each brought into the range at once.
  void add(std::span<const std::int16_t> weights);
  void add(std::span<const std::int32_t> weights);
  // Adds the sums of what arrives in a step, (size()), and biases.
  void integrate(std::span<const std::int32_t> sums);
  // Who is beyond its threshold, rising, appended to `fired`. They are reset, or will be with the next leak.
  void fire(std::vector<std::uint32_t>& fired);
  // The same for the neurons [begin, end) alone, where a chip works on some of them. weights: of `begin` and
  // those after it.
  void leak(std::size_t begin, std::size_t end);
  void add(std::size_t begin, std::span<const std::int32_t> weights);
  void fire(std::size_t begin, std::size_t end, std::vector<std::uint32_t>& fired);
  // As at the start.
  void clear();

  std::span<const std::int32_t> membrane() const { return membrane_; }
  std::span<const std::int32_t> current() const { return current_; }  // empty where there is none
  const Overflows& overflows() const { return overflows_; }

 private:
  template <typename Weight>
  void add_spike(std::size_t begin, std::span<const Weight> weights);
  void reset(std::span<const std::uint32_t> fired);

  IntegerModel model_;
  IntegerParameters parameters_;
  std::vector<std::int32_t> membrane_;
  std::vector<std::int32_t> current_;
  std::vector<std::uint8_t> resets_;  // with the next leak
  Overflows overflows_;
};

}  // namespace loci::backends
