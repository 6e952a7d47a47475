#include "sim/quantisation_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace loci::sim {
namespace {

// Powers of two may err more: sums of whole numbers divided by them meet a threshold exactly, in float, too.
constexpr double power_of_two_worth = 1.25;

// The sum of |error|^1.5: between squares, of which the rare largest weights take most, and sizes, which
// hardly mind that they are clipped.
double error_of(const std::vector<double>& weights, double scale, std::size_t bits) {
  double error = 0.0;
  for (const double weight : weights) {
    const double difference = std::abs(whole_number(weight, scale, bits) / scale - weight);
    error += difference * std::sqrt(difference);
  }
  return error;
}

struct Fit {
  std::size_t n = 1;
  double error = std::numeric_limits<double>::infinity();
};

// On ladders whose rungs are a sixteenth, or a factor of two, apart: between the former the error hardly
// changes.
double fitted_scale(const std::vector<double>& weights, double unit, std::size_t bits) {
  const std::size_t most = std::size_t{1} << (bits + 7);
  const auto best_of = [&](const auto& next) {
    Fit best;
    for (std::size_t n = 1; n <= most; n = next(n)) {
      const double error = error_of(weights, unit * static_cast<double>(n), bits);
      if (error < best.error) best = {n, error};
    }
    return best;
  };
  const Fit any = best_of([](std::size_t n) { return n + std::max<std::size_t>(1, n / 16); });
  const Fit power = best_of([](std::size_t n) { return 2 * n; });
  const bool near = power.error <= power_of_two_worth * any.error;
  return unit * static_cast<double>(near ? power.n : any.n);
}

}  // namespace

std::vector<double> fitted_scales(const NetworkDescription& network, const Parameters& parameters,
                                  std::size_t bits) {
  NetworkDescription unrounded = network;
  unrounded.quantisation.weight_bits = 0;
  std::vector<double> scales;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const double threshold = network.spiking() ? network.lif_of(l + 1).threshold : 1.0;
    auto weights = connection_weights(unrounded, in_double(network, parameters), l);
    if (network.spiking())
      for (double& weight : weights) weight = std::clamp(weight, -2 * threshold, 2 * threshold);
    scales.push_back(fitted_scale(weights, 1.0 / threshold, bits));
  }
  return scales;
}

double fitted_step(const Parameters& parameters, std::size_t bits) {
  double largest = 0.0;
  for (const ParameterGroup& group : parameters.layout.groups())
    if (group.kind == "position")
      for (const float value : parameters.view(group))
        largest = std::max(largest, std::abs(static_cast<double>(value)));
  const double highest = std::ldexp(1.0, static_cast<int>(bits) - 1) - 1.0;
  double step = std::exp2(std::ceil(std::log2(std::max(largest, 1e-3) / highest)));
  while (step * highest < largest) step *= 2;
  return step;
}

}  // namespace loci::sim
