#include "backends/integer_neurons.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace loci::backends {

IntegerNeurons::IntegerNeurons(const IntegerModel& model, IntegerParameters parameters)
    : model_(model), parameters_(std::move(parameters)), membrane_(parameters_.threshold.size()) {
  if (parameters_.leak.size() != size() || (!parameters_.bias.empty() && parameters_.bias.size() != size()))
    throw std::invalid_argument("parameters of integer neurons differ in number");
  if (model_.current) current_.resize(size());
  if (model_.reset_time == ResetTime::next_update) resets_.resize(size());
}

std::int64_t IntegerNeurons::leaked(std::int64_t membrane, std::size_t neuron) const {
  const std::int64_t leak = parameters_.leak[neuron];
  if (model_.leak == Leak::multiplicative)
    return shift_right(membrane * leak, model_.leak_bits, model_.leak_rounding);
  if (model_.leak == Leak::linear)
    return membrane >= 0 ? std::max<std::int64_t>(0, membrane - leak)
                         : std::min<std::int64_t>(0, membrane + leak);
  return membrane;
}

void IntegerNeurons::leak() {
  for (std::size_t n = 0; n < size(); ++n) {
    const bool resets = !resets_.empty() && resets_[n] != 0;
    if (resets && model_.reset == ResetTo::zero) {
      membrane_[n] = 0;
    } else {
      const std::int64_t left = leaked(membrane_[n], n);
      membrane_[n] = kept(resets ? left - parameters_.threshold[n] : left);
    }
  }
  std::ranges::fill(resets_, 0);
}

std::int32_t IntegerNeurons::kept(std::int64_t membrane) {
  if (!model_.membrane.contains(membrane)) ++overflows_.membrane;
  return static_cast<std::int32_t>(fit(membrane, model_.membrane));
}

void IntegerNeurons::add(std::span<const std::int32_t> weights) {
  assert(weights.size() == size());
  for (std::size_t n = 0; n < size(); ++n) membrane_[n] = kept(std::int64_t{membrane_[n]} + weights[n]);
}

void IntegerNeurons::integrate(std::span<const std::int32_t> sums) {
  assert(sums.size() == size());
  for (std::size_t n = 0; n < size(); ++n) {
    std::int64_t input = std::int64_t{sums[n]} << model_.input_shift;
    if (model_.current) {
      const IntegerCurrent& current = *model_.current;
      input += shift_right(current_[n] * current.factor, current.bits, current.rounding);
      if (!current.range.contains(input)) ++overflows_.current;
      input = fit(input, current.range);
      current_[n] = static_cast<std::int32_t>(input);
    }
    if (!parameters_.bias.empty()) input += parameters_.bias[n];
    membrane_[n] = kept(membrane_[n] + input);
  }
}

bool IntegerNeurons::fires(std::size_t neuron) const {
  const std::int32_t membrane = membrane_[neuron];
  if (model_.negative_never_fires && membrane < 0) return false;
  const std::int32_t threshold = parameters_.threshold[neuron];
  return model_.comparison == Comparison::greater ? membrane > threshold : membrane >= threshold;
}

void IntegerNeurons::fire(std::vector<std::uint32_t>& fired) {
  for (std::size_t n = 0; n < size(); ++n) {
    if (!fires(n)) continue;
    fired.push_back(static_cast<std::uint32_t>(n));
    if (model_.reset_time == ResetTime::next_update)
      resets_[n] = 1;
    else
      membrane_[n] =
          model_.reset == ResetTo::zero ? 0 : kept(std::int64_t{membrane_[n]} - parameters_.threshold[n]);
  }
}

void IntegerNeurons::clear() {
  std::ranges::fill(membrane_, 0);
  std::ranges::fill(current_, 0);
  std::ranges::fill(resets_, 0);
}

}  // namespace loci::backends
