#include "backends/generated_weights.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "backends/native.hpp"

namespace loci::backends {
namespace {

// What a weight of 1 is in the target's whole numbers.
double unit_of(const LayerScaling& scaling) {
  if (std::ranges::adjacent_find(scaling.scale, std::not_equal_to{}) != scaling.scale.end())
    throw std::invalid_argument("weights from positions need one scale for each layer");
  const double amplitude = scaling.drive == Drive::pixels ? brightest_pixel : 1.0;
  return scaling.scale.front() / std::ldexp(amplitude, scaling.shift);
}

// Of weights at these units: the target's, or where rounding clipped them as they were trained.
std::vector<std::int32_t> limits_of(const sim::NetworkDescription& description,
                                    const TargetDescription& target, std::span<const double> units) {
  std::vector<std::int32_t> limits(units.size(), static_cast<std::int32_t>(target.numbers.weight.highest));
  const sim::Quantisation& rounding = description.quantisation;
  if (!rounding.rounds_weights()) return limits;
  const double highest = std::ldexp(1.0, static_cast<int>(rounding.weight_bits) - 1) - 1.0;
  for (std::size_t l = 0; l < units.size(); ++l)
    limits[l] = static_cast<std::int32_t>(
        std::min<double>(limits[l], std::nearbyint(highest * units[l] / rounding.weight_scale[l])));
  return limits;
}

// Weights beside rounded ones.
struct Differences {
  std::uint64_t edges = 0;
  std::uint64_t by_one = 0;
  std::uint64_t by_more = 0;
  int largest = 0;

  void count(std::span<const std::int16_t> generated, std::span<const std::int16_t> rounded) {
    for (std::size_t at = 0; at < generated.size(); ++at) {
      const int difference = std::abs(generated[at] - rounded[at]);
      edges += generated[at] != 0 || rounded[at] != 0 ? 1 : 0;
      by_one += difference == 1 ? 1 : 0;
      by_more += difference > 1 ? 1 : 0;
      largest = std::max(largest, difference);
    }
  }

  std::string text() const {
    if (largest == 0) return fmt::format("all {} weights are the rounded ones", edges);
    std::string result = fmt::format("{} of {} weights differ from rounding by one", by_one, edges);
    if (by_more > 0) result += fmt::format(", {} by more, up to {}", by_more, largest);
    return result;
  }
};

// Of a layer, whose clipped and dropped weights stay those that rounding had.
void count_weights(const FloatLayer& trained, std::span<const std::int16_t> generated, double unit,
                   LayerLoss& loss) {
  double squares = 0.0;
  double squared_errors = 0.0;
  loss.vanished = 0;
  for (std::size_t pair = 0; pair < generated.size(); ++pair) {
    const double wanted = trained.weight[pair];
    const double error = generated[pair] / unit - wanted;
    squares += wanted * wanted;
    squared_errors += error * error;
    loss.vanished += wanted != 0.0 && generated[pair] == 0 ? 1 : 0;
  }
  loss.weight_error = squares > 0.0 ? std::sqrt(squared_errors / squares) : 0.0;
}

void count_biases(const FloatLayer& trained, const IntegerLayer& layer, double scale, LayerLoss& loss) {
  if (layer.parameters.bias.empty()) return;
  double squares = 0.0;
  double squared_errors = 0.0;
  for (std::size_t j = 0; j < trained.bias.size(); ++j) {
    const double error = layer.parameters.bias[j] / scale - trained.bias[j];
    squares += trained.bias[j] * trained.bias[j];
    squared_errors += error * error;
  }
  loss.bias_error = squares > 0.0 ? std::sqrt(squared_errors / squares) : 0.0;
}

std::string grid_text(const sim::NetworkDescription& trained, const sim::NetworkDescription& gridded) {
  const auto part = [](const char* what, std::size_t bits, bool own) {
    return fmt::format("{} of {} bits{}", what, bits, own ? " (as trained)" : "");
  };
  return fmt::format(
      "{} and {}",
      part("positions", gridded.quantisation.position_bits, trained.quantisation.rounds_positions()),
      part("masks", gridded.quantisation.mask_bits, trained.quantisation.rounds_masks()));
}

constexpr int bias_bits = 16;  // tables of biases would be larger than those of the masks

}  // namespace

GeneratedWeights generate_weights(const sim::NetworkDescription& description,
                                  const sim::Parameters& parameters, const FloatNetwork& trained,
                                  const TargetDescription& target, QuantisedNetwork& network) {
  std::vector<double> units;
  for (const LayerScaling& scaling : network.scaling) units.push_back(unit_of(scaling));
  const std::vector<std::int32_t> limits = limits_of(description, target, units);
  PositionNetwork positions = quantise_positions(description, parameters, units, limits);
  const IntegerNetwork rounded = std::exchange(
      network.network, with_coarser_biases(with_generated_weights(network.network, positions), bias_bits));
  Differences differences;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    const IntegerLayer& layer = network.network.layers[l];
    const IntegerLayer& before = rounded.layers[l];
    differences.count(layer.incoming.weight, before.incoming.weight);
    if (layer.incoming.weight != before.incoming.weight) {
      network.search[l].as_trained = false;
      count_weights(trained.layers[l], layer.incoming.weight, units[l], network.loss[l]);
    }
    if (layer.parameters.bias != before.parameters.bias)
      count_biases(trained.layers[l], layer, network.scaling[l].scale.front(), network.loss[l]);
  }
  const std::string grid = grid_text(description, on_generator_grid(description, parameters));
  return {std::move(positions),
          {"weights", differences.largest == 0 ? Fidelity::exact : Fidelity::approximate,
           fmt::format("made from {} by an integer root, {}", grid, differences.text())}};
}

void add_to(std::vector<PropertyFidelity>& properties, const GeneratedWeights& generated) {
  for (PropertyFidelity& each : properties) {
    if (each.property != generated.weights.property) continue;
    each.fidelity = std::max(each.fidelity, generated.weights.fidelity);
    each.note = generated.weights.note + "; " + each.note;
  }
}

}  // namespace loci::backends
