// The largest and smallest numbers that registers of an integer network can be given, whatever its inputs do:
// where they fit, no register ever overflows, and emulators that differ in what overflows do agree.
//
// Let one step bring a neuron between lo and hi (weights of one sign, each delay's sum scaled and shifted as
// the chip does, bias and constant sums), and let c be the largest membrane that does not fire. A membrane
// that is at most W before the threshold is looked at is, one step later, at most
//   next(W) = max(0, leak(min(W, c)), after) + max(0, hi),
// where `after` is what a spike leaves: 0; leak(W - threshold); or leak(W) - threshold with the next update.
// next() never falls, so that a W with next(W) <= W bounds all steps by induction; bisection finds the least.
// (Below the same, with leak(c + 1) - threshold for a reset by the next update.) A current is bounded in the
// same way without a threshold, and the membrane's lo and hi are then the current's with the bias. Loihi's
// current, for one, stays within 64 sum|w| 4096 / (du + 1).
//
// Where spikes arrive one by one a neuron meets a spike with at most W <= max(c, what a reset leaves) + the
// largest weight, and fires in a step at most as often as the weights that arrive pay for resets; its targets
// are given that many spikes a step.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"

namespace loci::backends {

// No number of 32 bits is a bound: a membrane that does not leak, or that grows by its leak.
inline constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

struct RegisterBounds {
  std::int64_t lowest = 0;  // -unbounded: none is known
  std::int64_t highest = 0;

  bool within(const Range& range) const { return range.contains(lowest) && range.contains(highest); }
  bool operator==(const RegisterBounds&) const = default;
};

// Of all neurons of a layer together.
struct LayerBounds {
  RegisterBounds membrane;
  RegisterBounds current;  // 0 where there is none
  bool fits = false;       // in the layer's registers
};

// One for each layer. Each input spikes at most once a step, with payload 1. largest_sums: (first layer), how
// large a constant sum of a stimulus may be, of either sign; empty: there are none. Throws
// std::invalid_argument for a network that validate() refuses and for another number of sums.
std::vector<LayerBounds> register_bounds(const IntegerNetwork& network,
                                         std::span<const std::int32_t> largest_sums = {});

// Whether all layers' registers hold whatever they can be given.
bool overflow_impossible(const IntegerNetwork& network, std::span<const std::int32_t> largest_sums = {});

}  // namespace loci::backends
