// Numbers rounded as targets hold them (docs/quantization.md): the one definition that training, simulation
// and exports share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace loci::sim {

// What a network's numbers are rounded to before they act; 0 bits: they are not. The sign is one of the bits.
struct Quantisation {
  std::size_t weight_bits = 0;
  std::vector<double> weight_scale{};  // S_l per connection: W_ij acts as a whole number / S_l, b_j likewise
  std::size_t position_bits = 0;
  double position_step = 0.0;  // a power of two: coordinates and gaps act as multiples of it
  std::size_t mask_bits = 0;   // masks act as multiples of 2^(1 - mask_bits)

  bool rounds_weights() const { return weight_bits > 0; }
  bool rounds_positions() const { return position_bits > 0; }
  bool rounds_masks() const { return mask_bits > 0; }
  bool any() const { return rounds_weights() || rounds_positions() || rounds_masks(); }
  bool operator==(const Quantisation&) const = default;
};

inline constexpr std::size_t most_quantised_bits = 24;  // a float holds them

// The nearest whole number, of two equally near ones the even one, after bringing `value` into +-2^31.
inline double nearest_even(double value) {
  // From 2^52 on doubles are whole, and the sum is rounded to the nearest, ties to even: as std::nearbyint,
  // but without a call.
  constexpr double whole_from = 0x1.8p52;
  constexpr double most = 0x1p31;
  return (std::clamp(value, -most, most) + whole_from) - whole_from;
}

// The whole number that stands for value * scale within so many bits: nearest_even(value * scale), clipped to
// +-(2^(bits - 1) - 1). What lies one further on the negative side is left out, as many targets do.
inline double whole_number(double value, double scale, std::size_t bits) {
  const double most = static_cast<double>(std::size_t{1} << (bits - 1)) - 1.0;
  return std::clamp(nearest_even(value * scale), -most, most);
}

// Whether a weight of connection l lies so far beyond the bits' range that it acts as the range's end.
inline bool is_clipped(const Quantisation& quantisation, std::size_t connection, double weight) {
  const double scale = quantisation.weight_scale[connection];
  return nearest_even(weight * scale) != whole_number(weight, scale, quantisation.weight_bits);
}

// What a weight of connection l acts as: whole_number() / S_l.
inline double rounded_weight(const Quantisation& quantisation, std::size_t connection, double weight) {
  const double scale = quantisation.weight_scale[connection];
  return whole_number(weight, scale, quantisation.weight_bits) / scale;
}

// What a bias of layer l + 1 acts as: nearest_even(b S_l) / S_l. Targets keep biases wider than weights.
inline double rounded_bias(const Quantisation& quantisation, std::size_t connection, double bias) {
  const double scale = quantisation.weight_scale[connection];
  return nearest_even(bias * scale) / scale;
}

// What a mask acts as: nearest_even(m M) / M with M = 2^(mask_bits - 1), clipped to +-(M - 1) / M.
inline double rounded_mask(const Quantisation& quantisation, double mask) {
  const auto half = static_cast<double>(std::size_t{1} << (quantisation.mask_bits - 1));
  return std::clamp(nearest_even(mask * half), 1.0 - half, half - 1.0) / half;
}

// What a coordinate acts as: whole_number(p / step) * step.
inline double rounded_position(const Quantisation& quantisation, double position) {
  return whole_number(position, 1.0 / quantisation.position_step, quantisation.position_bits) *
         quantisation.position_step;
}

// What a gap acts as: nearest_even(|g| / step) * step with the sign of g, but at least one step, so that
// neurons whose coordinates fall together keep finite weights.
inline double rounded_gap(const Quantisation& quantisation, double gap) {
  const double step = quantisation.position_step;
  return std::copysign(std::max(nearest_even(std::abs(gap) / step), 1.0) * step, gap);
}

}  // namespace loci::sim
