#include "learning/adam.hpp"

#include <algorithm>
#include <cmath>

namespace loci::learning {
namespace {

double of_kind(const std::map<std::string, double>& values, const std::string& kind, double otherwise) {
  const auto found = values.find(kind);
  return found == values.end() ? otherwise : found->second;
}

}  // namespace

void adam_update(const AdamSettings& settings, double learning_rate, const sim::Parameters& gradient,
                 const Workers& workers, AdamState& state, sim::Parameters& parameters) {
  state.first_moment.resize(parameters.values.size());
  state.second_moment.resize(parameters.values.size());
  ++state.n_updates;
  const auto n = static_cast<double>(state.n_updates);
  const auto beta1 = static_cast<float>(settings.beta1);
  const auto beta2 = static_cast<float>(settings.beta2);
  const auto correction1 = static_cast<float>(1.0 / (1.0 - std::pow(settings.beta1, n)));
  const auto correction2 = static_cast<float>(1.0 / (1.0 - std::pow(settings.beta2, n)));
  const auto epsilon = static_cast<float>(settings.epsilon);
  constexpr std::size_t chunk = 65536;
  for (const auto& group : parameters.layout.groups()) {
    const double group_rate = learning_rate * of_kind(settings.rate_factor, group.kind, 1.0);
    const auto rate = static_cast<float>(group_rate);
    const auto kept = static_cast<float>(1.0 - group_rate * of_kind(settings.decay, group.kind, 0.0));
    workers.for_each((group.size() + chunk - 1) / chunk, [&](std::size_t part, std::size_t) {
      const std::size_t begin = group.offset + part * chunk;
      const std::size_t end = std::min(begin + chunk, group.offset + group.size());
      if (kept != 1.0F)
        for (std::size_t i = begin; i < end; ++i) parameters.values[i] *= kept;
      for (std::size_t i = begin; i < end; ++i) {
        const float g = gradient.values[i];
        const float m = state.first_moment[i] = beta1 * state.first_moment[i] + (1 - beta1) * g;
        const float v = state.second_moment[i] = beta2 * state.second_moment[i] + (1 - beta2) * g * g;
        parameters.values[i] -= rate * (m * correction1) / (std::sqrt(v * correction2) + epsilon);
      }
    });
  }
}

double clip_norm(std::span<float> gradient, double largest) {
  double squares = 0.0;
  for (const float g : gradient) squares += static_cast<double>(g) * g;
  const double norm = std::sqrt(squares);
  if (norm > largest) {
    const auto factor = static_cast<float>(largest / norm);
    for (float& g : gradient) g *= factor;
  }
  return norm;
}

}  // namespace loci::learning
