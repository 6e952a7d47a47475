// Neurons as loci's own C and Verilog compute them: snnTorch's `Leaky` in whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"
#include "backends/target.hpp"
#include "sim/network.hpp"

namespace loci::backends {

// A leak of 1 is 2^12.
inline constexpr int native_leak_bits = 12;

// U[t] = leak(U[t-1]) - reset + I[t], S[t] = U[t] > threshold, the reset of sim::Lif in its own time. The
// leak is a product with a factor of 12 bits, rounded toward zero: C's division does that by its standard
// (a shift of a negative number is the compiler's choice), and a membrane without input comes to rest at 0
// from both sides, where rounding down would rest at -1 and pull all membranes down by half a unit a step.
// The membrane saturates at so many bits. Throws InputError for neurons that never reset.
IntegerModel native_model(const sim::Lif& lif, int membrane_bits);

// weight_bits: 8 or 16. scales: whether each neuron has a scale of its own, or, as weights from positions
// need it, a layer has one. A membrane has 31 bits, so that the sum of a step is added to it in 32 before it
// saturates.
TargetDescription c_target(const sim::Lif& lif = {}, int weight_bits = 8,
                           Granularity scales = Granularity::neuron);
// Membranes have 24 bits.
TargetDescription verilog_target(const sim::Lif& lif = {}, int weight_bits = 8,
                                 Granularity scales = Granularity::neuron);

// Throws std::invalid_argument, saying what, for a network that the native neurons are not made for: another
// leak, rounding or range than native_model()'s, currents, delays, exponents, spikes one by one, thresholds
// below 1.
void require_native(const IntegerNetwork& network);

// The most that spikes of one step can add to a neuron in either direction: max_j sum_i |w_ij|.
std::int64_t most_added(const IntegerConnection& connection);

// Biases rounded to multiples of the least power of 2 with which a layer's fit into so many bits, 2 to 31. C
// stores them without the zeros: half the bytes where weights, and so the units, are fine.
IntegerNetwork with_coarser_biases(IntegerNetwork network, int bits);

// What pixels drive the first layer with at each step, as IntegerStimulus::sums.
class PixelSums {
 public:
  // The connection must outlive it. Throws InputError where an image could drive a sum beyond 32 bits.
  PixelSums(const IntegerConnection& connection, int shift);

  // floor(sum_i w_ij pixel_i / 2^shift), (n_targets). pixels: (n_sources), else std::invalid_argument.
  std::vector<std::int32_t> of(std::span<const std::uint8_t> pixels) const;
  // No sum of any image is further from 0.
  std::int64_t largest() const;

 private:
  const IntegerConnection& connection_;
  int shift_;
};

// Throws InputError where an image could drive the first layer's sums beyond 31 bits, and
// std::invalid_argument for a shift that is not 0 to 30.
void require_pixels_fit(const IntegerNetwork& network, int shift);

}  // namespace loci::backends
