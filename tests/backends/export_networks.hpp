// Networks and samples that tests of exports share.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/replay_sample.hpp"
#include "backends/target.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/random.hpp"

namespace small {

using namespace loci;
using namespace loci::backends;

struct Trained {
  sim::NetworkDescription description;
  sim::Parameters parameters;
};

// A dense network with weights large enough for every layer to fire.
inline Trained dense(std::vector<std::size_t> sizes, const sim::Lif& lif = {}, std::uint64_t seed = 1,
                     double bias = 0.0) {
  sim::NetworkDescription description{.sizes = std::move(sizes), .wiring = sim::Wiring::dense, .lif = {lif}};
  sim::Parameters parameters = sim::initialise(description, {.seed = seed});
  for (std::size_t c = 0; c < description.n_connections(); ++c) {
    for (float& weight : parameters.group("weight", c)) weight = 3.0F * weight + (c == 0 ? 0.05F : 0.1F);
    for (float& value : parameters.group("bias", c + 1)) value = static_cast<float>(bias) * value;
  }
  return {std::move(description), std::move(parameters)};
}

inline FloatNetwork network_of(const Trained& trained) {
  return float_network(trained.description, trained.parameters);
}

// Bernoulli spikes of images of noise, with the network's own answer to them.
inline std::vector<ReplaySample> samples(const FloatNetwork& network, std::size_t n, sim::Step n_steps,
                                         std::uint64_t seed = 7) {
  std::vector<ReplaySample> result(n);
  for (std::size_t s = 0; s < n; ++s) {
    std::vector<float> values(network.n_inputs());
    sim::fill_uniform(values, 0.0F, 150.0F, seed, sim::Stream::test, static_cast<std::uint32_t>(s));
    const std::vector<std::uint8_t> pixels(values.begin(), values.end());
    sim::encode({.encoding = sim::Encoding::bernoulli, .seed = seed}, pixels, n_steps, sim::evaluation_epoch,
                static_cast<std::uint32_t>(s), result[s].input);
    add_reference(network, n_steps, result[s]);
    result[s].label = static_cast<std::uint8_t>(most_active(result[s].reference.back(), network.n_outputs()));
  }
  return result;
}

// A chip as Loihi computes: sums of 8-bit weights shifted by 6 bits, a leak of 12 bits, resets to zero.
inline TargetDescription eight_bits() {
  TargetDescription target{.name = "eight", .title = "a chip of 8 bits"};
  target.model = {.membrane = {-(1 << 23) + 1, (1 << 23) - 1},
                  .leak_bits = 12,
                  .comparison = Comparison::greater,
                  .reset = ResetTo::zero,
                  .input_shift = 6};
  target.numbers = {
      .weight = {-128, 127}, .threshold = {0, 131071}, .leak = {0, 4096}, .bias = Range{-4096, 4095}};
  return target;
}

// A chip as ReckOn computes: thresholds that are reached, subtracted with the next leak; weights that shift.
inline TargetDescription subtracting() {
  TargetDescription target{.name = "subtracting", .title = "a chip that subtracts"};
  target.model = {.membrane = signed_range(24),
                  .leak_bits = 15,
                  .leak_rounding = Rounding::floor,
                  .comparison = Comparison::greater_equal,
                  .reset = ResetTo::subtract,
                  .reset_time = ResetTime::next_update};
  target.numbers = {.weight = {-128, 127},
                    .threshold = {1, (1 << 20) - 1},
                    .threshold_of = Granularity::neuron,
                    .leak = {0x7000, 0x8FFF},
                    .bias = std::nullopt,
                    .weight_shift = Range{0, 7}};
  return target;
}

}  // namespace small
