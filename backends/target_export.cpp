#include "backends/target_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace loci::backends {

std::string unverified_note(const std::string& title) {
  return fmt::format(
      "UNVERIFIED: written for {} from second-hand facts, never run on it or on its own tools. Check it "
      "there "
      "before you rely on it.",
      title);
}

PropertyFidelity weight_fidelity(const FloatNetwork& trained, const FloatNetwork& computed) {
  double squared_error = 0.0;
  double squared = 0.0;
  std::uint64_t n_edges = 0;
  std::uint64_t n_vanished = 0;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    const auto& before = trained.layers[l].weight;
    const auto& after = computed.layers[l].weight;
    for (std::size_t pair = 0; pair < before.size(); ++pair) {
      if (before[pair] == 0.0F) continue;
      ++n_edges;
      if (after[pair] == 0.0F) ++n_vanished;
      const double error = static_cast<double>(after[pair]) - before[pair];
      squared_error += error * error;
      squared += static_cast<double>(before[pair]) * before[pair];
    }
  }
  if (squared_error == 0.0) return {.property = "weights", .fidelity = Fidelity::exact, .note = ""};
  return {.property = "weights",
          .fidelity = Fidelity::approximate,
          .note = fmt::format("rounded, by {:.2g} % of their root mean square; {} of {} became 0",
                              100.0 * std::sqrt(squared_error / squared), n_vanished, n_edges)};
}

PropertyFidelity early_bias_fidelity(const FloatNetwork& network, const std::string& rounded) {
  const auto biased = [](const FloatLayer& layer) {
    return std::ranges::any_of(layer.bias, [](double b) { return b != 0.0; });
  };
  if (std::ranges::none_of(network.layers, biased))
    return {.property = "biases", .fidelity = Fidelity::exact, .note = "there are none"};
  const std::string early =
      "they flow in all layers from the first step on, before the first spikes can arrive";
  return {.property = "biases",
          .fidelity = Fidelity::approximate,
          .note = rounded.empty() ? early : rounded + "; " + early};
}

PropertyFidelity reset_at_once_fidelity(const FloatNetwork& network) {
  const bool delayed = std::ranges::any_of(network.layers, [](const FloatLayer& layer) {
    return layer.lif.reset == sim::Reset::subtract && layer.lif.reset_delay;
  });
  if (!delayed) return {.property = "reset", .fidelity = Fidelity::exact, .note = ""};
  return {
      .property = "reset",
      .fidelity = Fidelity::approximate,
      .note =
          "the threshold is subtracted in the step of the spike and leaks with the membrane, not whole with "
          "the next step"};
}

}  // namespace loci::backends
