// Intel's Loihi as Lava's fixed-point models compute it: its neurons, its weights, and what it can hold.
// Written from what those models did in recorded runs (docs/targets/loihi.md); the weights' encoding and the
// file are netx's (backends/netx.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/integer_neurons.hpp"
#include "backends/target.hpp"

namespace loci::backends {

// Sums of weights, biases of exponent 6 and thresholds count 2^6 units of the current and the membrane.
inline constexpr int loihi_shift = 6;
inline constexpr int loihi_longest_delay = 62;  // steps; netx allocates no more

inline constexpr Range loihi_decay_range{0, 4095};  // du and dv, in 4096ths
inline constexpr Range loihi_threshold_range{0, (1 << 17) - 1};
inline constexpr Range loihi_bias_range{-(1 << 12), (1 << 12) - 1};
inline constexpr Range loihi_bias_exponent_range{-7, 7};

// A layer's neurons in registers of the chip.
struct LoihiNeurons {
  std::int32_t du = 4095;  // the current loses (du + 1) / 4096 of itself a step; 4095: is gone with the step
  std::int32_t dv = 0;     // the membrane loses dv / 4096
  std::int32_t vth = 0;    // fires beyond vth * 64
  std::vector<std::int32_t> bias_mant;      // (n); empty: no biases
  std::vector<std::int32_t> bias_exponent;  // (n); empty: 6 for all
};

// u' = u (4095 - du) / 4096 + 64 sum, wrapped once beyond (-2^23, 2^23]; v' = v (4096 - dv) / 4096 + u' +
// bias, saturating at +-(2^23 - 1), both products toward zero; a spike where v' > 64 vth, and then v' = 0.
IntegerModel loihi_model(std::int32_t du = 4095);
// Throws InputError at `where` for a register beyond its range, and std::invalid_argument for biases that are
// not n.
IntegerParameters loihi_parameters(const LoihiNeurons& neurons, std::size_t n, const std::string& where);

// bias_mant * 2^exponent, rounded down.
std::int32_t loihi_bias(std::int32_t mant, std::int32_t exponent);

enum class LoihiSigns { mixed = 1, excitatory = 2, inhibitory = 3 };

// excitatory if none is negative, else inhibitory if none is positive, else mixed.
LoihiSigns loihi_signs(std::span<const std::int32_t> weights);

// What the chip makes of weights: clipped to -256..255 (mixed), 0..255 or -255..0, and the bits that
// `n_bits` (1 to 8, one of them a sign where signs are mixed) leave no room for cleared, away from zero for
// inhibitory ones in mixed layers.
std::vector<std::int32_t> loihi_weights(std::span<const std::int32_t> weights, LoihiSigns signs,
                                        int n_bits = 8);

// Thresholds, biases and weights of its numbers count alike; an integer network has the first two times 64.
TargetDescription loihi_target();

}  // namespace loci::backends
