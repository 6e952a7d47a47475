#include "backends/loihi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <stdexcept>

#include "sim/error.hpp"

namespace loci::backends {

namespace {

constexpr std::int64_t state_limit = std::int64_t{1} << 23;
constexpr std::int32_t decay_unit = 1 << 12;

void require_within(std::int32_t value, const Range& range, const char* name, const std::string& where) {
  if (!range.contains(value))
    throw InputError(where, fmt::format("{} is {}", name, value),
                     fmt::format("Loihi takes {} to {}", range.lowest, range.highest));
}

}  // namespace

IntegerModel loihi_model(std::int32_t du) {
  return {.membrane = {-(state_limit - 1), state_limit - 1, Overflow::saturate},
          .leak = Leak::multiplicative,
          .leak_bits = 12,
          .leak_rounding = Rounding::toward_zero,
          .comparison = Comparison::greater,
          .reset = ResetTo::zero,
          .reset_time = ResetTime::at_once,
          .input_shift = loihi_shift,
          .current = IntegerCurrent{.factor = decay_unit - (du + 1),
                                    .bits = 12,
                                    .rounding = Rounding::toward_zero,
                                    .range = {-state_limit + 1, state_limit, Overflow::wrap_once}}};
}

IntegerParameters loihi_parameters(const LoihiNeurons& neurons, std::size_t n, const std::string& where) {
  require_within(neurons.du, loihi_decay_range, "du", where);
  require_within(neurons.dv, loihi_decay_range, "dv", where);
  require_within(neurons.vth, loihi_threshold_range, "vth", where);
  const auto fits = [n](const auto& values) { return values.empty() || values.size() == n; };
  if (!fits(neurons.bias_mant) || !fits(neurons.bias_exponent))
    throw std::invalid_argument("biases of Loihi neurons are not as many as the neurons");
  IntegerParameters parameters{.leak = std::vector<std::int32_t>(n, decay_unit - neurons.dv),
                               .threshold = std::vector<std::int32_t>(n, neurons.vth * (1 << loihi_shift)),
                               .bias = {}};
  for (std::size_t i = 0; i < neurons.bias_mant.size(); ++i) {
    const std::int32_t exponent = neurons.bias_exponent.empty() ? loihi_shift : neurons.bias_exponent[i];
    require_within(neurons.bias_mant[i], loihi_bias_range, "bias_mant", where);
    require_within(exponent, loihi_bias_exponent_range, "bias_exp", where);
    parameters.bias.push_back(loihi_bias(neurons.bias_mant[i], exponent));
  }
  return parameters;
}

std::int32_t loihi_bias(std::int32_t mant, std::int32_t exponent) {
  return exponent >= 0 ? mant * (1 << exponent) : mant >> -exponent;
}

LoihiSigns loihi_signs(std::span<const std::int32_t> weights) {
  if (std::ranges::none_of(weights, [](auto weight) { return weight < 0; })) return LoihiSigns::excitatory;
  if (std::ranges::none_of(weights, [](auto weight) { return weight > 0; })) return LoihiSigns::inhibitory;
  return LoihiSigns::mixed;
}

std::vector<std::int32_t> loihi_weights(std::span<const std::int32_t> weights, LoihiSigns signs, int n_bits) {
  assert(1 <= n_bits && n_bits <= 8);
  const bool mixed = signs == LoihiSigns::mixed;
  const std::int32_t sign = signs == LoihiSigns::inhibitory ? -1 : 1;
  const int n_cleared = 8 - n_bits + (mixed ? 1 : 0);
  std::vector<std::int32_t> kept;
  kept.reserve(weights.size());
  for (const std::int32_t weight : weights) {
    const std::int32_t clipped = std::clamp(sign * weight, mixed ? -256 : 0, 255);
    kept.push_back(sign * (clipped >> n_cleared) * (1 << n_cleared));
  }
  return kept;
}

TargetDescription loihi_target() {
  const CoreCapacity core = loihi_core();
  return {.name = "loihi",
          .title = "Intel Loihi through Lava (netx file)",
          .model = loihi_model(),
          .order = SpikeOrder::summed,
          .layer_latency = 1,
          .limits = {.neurons = *core.cores * core.neurons, .fan_in = core.input_axons, .core = core},
          .numbers = {.weight = {-256, 254, Overflow::saturate},
                      .even_beyond = true,
                      .threshold = loihi_threshold_range,
                      .threshold_of = Granularity::layer,
                      .leak = {decay_unit - loihi_decay_range.highest, decay_unit},
                      .leak_of = Granularity::layer,
                      .bias = loihi_bias_range,
                      .longest_delay = loihi_longest_delay,
                      .delays_by_neuron = true}};
}

}  // namespace loci::backends
