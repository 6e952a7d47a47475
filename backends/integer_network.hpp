// A layered spiking network in whole numbers: what chips, C and Verilog run, and the emulator before them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/integer_neurons.hpp"

namespace loci::backends {

// From one layer to the next.
struct IntegerConnection {
  std::size_t n_sources = 0;
  std::size_t n_targets = 0;
  std::vector<std::int16_t> weight;  // (n_sources, n_targets), row-major; 0: no edge
  std::vector<std::uint8_t> delay;   // the same, in steps beyond the layer's own latency; empty: none
  int exponent = 0;  // sums of weights count 2^exponent times, rounded down (Loihi's weight_exp)
};

// All but the input.
struct IntegerLayer {
  IntegerConnection incoming;
  IntegerModel model;
  IntegerParameters parameters;

  std::size_t size() const { return parameters.threshold.size(); }
};

enum class SpikeOrder {
  summed,      // the spikes of a step arrive as one sum, and thresholds are looked at once a step
  one_by_one,  // thresholds are looked at after the leak and after each spike; spikes leave in the order in
               // which they arose (tinyODIN, ODIN)
  in_turn,     // the spikes of a step arrive one by one, each brought into the membrane's range at once, and
               // thresholds are looked at once a step (ReckOn)
};

struct IntegerNetwork {
  std::vector<IntegerLayer> layers;
  SpikeOrder order = SpikeOrder::summed;
  // Chip steps by which a layer lags behind the one before it, the first behind the inputs. All layers start
  // at once, so that the first takes as many steps before its first input can come, the next twice as many:
  // biases act in them. Without biases it makes no difference.
  std::uint32_t layer_latency = 0;

  std::size_t n_inputs() const { return layers.front().incoming.n_sources; }
};

// A sum of weights times 2^exponent, rounded down.
inline std::int64_t scaled(std::int64_t sum, int exponent) {
  return exponent >= 0 ? sum * (std::int64_t{1} << exponent) : sum >> -exponent;
}

// Of all weights into each target, (n_targets), before the exponent.
std::vector<std::int64_t> sums_of_magnitudes(const IntegerConnection& connection);

// Sums of weights and constant ones stay within it each, so that both together have 32 bits.
inline constexpr std::int64_t largest_sum = (std::int64_t{1} << 30) - 1;

// Throws std::invalid_argument for sizes that do not fit, for registers of more than 32 bits, for weights
// whose sum could exceed largest_sum, and for settings that spikes one by one cannot have; says which.
void validate(const IntegerNetwork& network);

}  // namespace loci::backends
