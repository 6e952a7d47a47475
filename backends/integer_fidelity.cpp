#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "backends/certificate.hpp"
#include "backends/limits.hpp"
#include "backends/overflow_bound.hpp"

namespace loci::backends {
namespace {

const char* words_of(sim::Reset reset) {
  return reset == sim::Reset::zero ? "set to zero" : "reduced by the threshold";
}

// The worst of what layers say; their notes after one another, equal ones once.
class Worst {
 public:
  explicit Worst(std::string property) : result_{std::move(property), Fidelity::exact, ""} {}

  void add(Fidelity fidelity, const std::string& note) {
    result_.fidelity = std::max(result_.fidelity, fidelity);
    if (note.empty() || std::ranges::find(notes_, note) != notes_.end()) return;
    notes_.push_back(note);
    result_.note += (result_.note.empty() ? "" : "; ") + note;
  }
  PropertyFidelity result() const { return result_; }

 private:
  PropertyFidelity result_;
  std::vector<std::string> notes_;
};

PropertyFidelity equation(const TargetDescription& target) {
  if (target.order == SpikeOrder::one_by_one)
    return {"neuron equation", Fidelity::approximate,
            "thresholds are looked at after each spike that arrives, not once a step"};
  if (target.model.leak == Leak::linear)
    return {"neuron equation", Fidelity::approximate, "the leak is linear"};
  return {"neuron equation", Fidelity::exact, "leak, add, compare once a step, in whole numbers"};
}

PropertyFidelity reset(const FloatNetwork& trained, const TargetDescription& target) {
  Worst worst("reset");
  for (const FloatLayer& layer : trained.layers) {
    const IntegerModel& model = target.model;
    const sim::Reset of_target = model.reset == ResetTo::zero ? sim::Reset::zero : sim::Reset::subtract;
    if (resets_as_trained(layer.lif, model))
      worst.add(Fidelity::exact, "");
    else if (of_target == layer.lif.reset)
      worst.add(Fidelity::approximate, model.reset_time == ResetTime::at_once
                                           ? "at once instead of with the next step's leak"
                                           : "with the next step's leak instead of at once");
    else
      worst.add(Fidelity::not_representable, fmt::format("trained to be {} after a spike, the membrane is {}",
                                                         words_of(layer.lif.reset), words_of(of_target)));
  }
  return worst.result();
}

PropertyFidelity comparison(const FloatNetwork& trained, const QuantisedNetwork& network,
                            const TargetDescription& target) {
  Worst worst("comparison");
  const bool above = target.model.comparison == Comparison::greater;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    if (network.scaling[l].threshold_ratio != 1.0)
      worst.add(Fidelity::approximate,
                fmt::format("layer {}'s threshold is {} times its size, to make up for "
                            "the reset or the leak",
                            l + 1, network.scaling[l].threshold_ratio));
    else if (above && network.loss[l].threshold_error > 1e-9)
      worst.add(Fidelity::approximate, fmt::format("thresholds are rounded, by up to {:.2g} of their size",
                                                   network.loss[l].threshold_error));
  }
  if (target.order == SpikeOrder::one_by_one)
    worst.add(Fidelity::approximate, "a neuron may fire before later spikes of the same step arrive");
  if (worst.result().note.empty())
    return {"comparison", Fidelity::exact,
            above ? "fires above the threshold" : "fires at the whole number after the threshold"};
  return worst.result();
}

PropertyFidelity leak(const FloatNetwork& trained, const QuantisedNetwork& network,
                      const TargetDescription& target) {
  Worst worst("leak");
  const IntegerModel& model = target.model;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    const double beta = trained.layers[l].lif.beta;
    if (model.leak == Leak::linear && beta < 1.0) {
      const auto [least, most] = std::ranges::minmax(network.network.layers[l].parameters.leak);
      worst.add(Fidelity::approximate,
                fmt::format("layer {}'s factor {} is a constant {} a step", l + 1, beta,
                            least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most)));
    } else if (model.leak == Leak::multiplicative) {
      const double kept = std::ldexp(static_cast<double>(leak_factor(beta, model)), -model.leak_bits);
      const char* rounding = model.leak_rounding == Rounding::floor         ? "down"
                             : model.leak_rounding == Rounding::toward_zero ? "toward zero"
                                                                            : "to nearest";
      if (beta == 1.0 && kept == 1.0)
        worst.add(Fidelity::exact, "");
      else
        worst.add(
            Fidelity::approximate,
            fmt::format("{} is {}/{}{}, products rounded {}", beta, leak_factor(beta, model),
                        1 << model.leak_bits, kept == beta ? "" : fmt::format(" = {:.6f}", kept), rounding));
    }
  }
  return worst.result();
}

PropertyFidelity delay(const FloatNetwork& trained) {
  sim::Step longest = 0;
  for (const FloatLayer& layer : trained.layers)
    longest = std::max(longest, count_edges(layer).longest_delay);
  return {"delay", Fidelity::exact,
          longest == 0 ? "none beyond a layer's own" : fmt::format("up to {} steps", longest)};
}

PropertyFidelity weights(const QuantisedNetwork& network, const TargetDescription& target) {
  Worst worst("weights");
  for (std::size_t l = 0; l < network.loss.size(); ++l) {
    const LayerLoss& loss = network.loss[l];
    if (loss.weight_error == 0.0) continue;
    const auto share = [&](std::uint64_t n) {
      return 100.0 * static_cast<double>(n) / static_cast<double>(std::max<std::uint64_t>(1, loss.edges));
    };
    std::string note = fmt::format("layer {}: error {:.2g} of their size", l + 1, loss.weight_error);
    if (loss.clipped > 0) note += fmt::format(", {:.2g} % clipped", share(loss.clipped));
    if (loss.wrong_sign > 0)
      note += fmt::format(", {:.2g} % left out because a source has one sign", share(loss.wrong_sign));
    worst.add(loss.wrong_sign > 0 ? Fidelity::not_representable : Fidelity::approximate, note);
  }
  PropertyFidelity result = worst.result();
  const bool as_trained = std::ranges::all_of(network.search, &LayerSearch::as_trained);
  const std::string range =
      fmt::format("whole numbers {} to {}{}", target.numbers.weight.lowest, target.numbers.weight.highest,
                  as_trained ? ", as they were trained" : "");
  result.note = result.note.empty() ? range : range + "; " + result.note;
  return result;
}

PropertyFidelity biases(const FloatNetwork& trained, const QuantisedNetwork& network,
                        const TargetDescription& target) {
  Worst worst("biases");
  bool early = false;
  for (std::size_t l = 0; l < trained.layers.size(); ++l) {
    if (std::ranges::all_of(trained.layers[l].bias, [](double bias) { return bias == 0.0; })) continue;
    if (!target.numbers.bias)
      worst.add(Fidelity::not_representable,
                "left out: this target has none (train without them: --no-biases)");
    else if (network.loss[l].bias_error > 0.0)
      worst.add(Fidelity::approximate,
                fmt::format("layer {}: error {:.2g} of their size", l + 1, network.loss[l].bias_error));
    if (target.numbers.bias && target.layer_latency > 0) early = true;
  }
  if (early)
    worst.add(Fidelity::approximate,
              "they flow from the first step on, before a layer's first spikes can arrive "
              "(train without them: --no-biases)");
  return worst.result();
}

// What an image of bytes can drive a neuron with, of either sign: the larger of its positive and its negative
// weights' sums, times the brightest pixel.
std::vector<std::int32_t> largest_pixel_sums(const IntegerConnection& incoming) {
  std::vector<std::int64_t> excitation(incoming.n_targets);
  std::vector<std::int64_t> inhibition(incoming.n_targets);
  for (std::size_t pair = 0; pair < incoming.weight.size(); ++pair) {
    const std::int64_t weight = incoming.weight[pair];
    (weight > 0 ? excitation : inhibition)[pair % incoming.n_targets] += std::abs(weight);
  }
  std::vector<std::int32_t> sums(incoming.n_targets);
  for (std::size_t j = 0; j < sums.size(); ++j)
    sums[j] = static_cast<std::int32_t>(std::min(
        largest_sum, (std::max(excitation[j], inhibition[j]) * std::int64_t{255}) << incoming.exponent));
  return sums;
}

}  // namespace

OverflowVerdict overflow_verdict(const IntegerNetwork& network, Drive drive) {
  std::vector<LayerBounds> bounds;
  if (drive == Drive::pixels) {
    IntegerNetwork without_spikes = network;  // of its inputs
    std::ranges::fill(without_spikes.layers.front().incoming.weight, std::int16_t{0});
    bounds = register_bounds(without_spikes, largest_pixel_sums(network.layers.front().incoming));
  } else {
    bounds = register_bounds(network);
  }
  std::string beyond;
  for (std::size_t l = 0; l < bounds.size(); ++l)
    if (!bounds[l].fits) beyond += fmt::format("{}{}", beyond.empty() ? "layer " : ", ", l + 1);
  if (beyond.empty()) return {true, "proved from the weights, whatever arrives"};
  return {false, "an input could drive registers beyond their range: " + beyond};
}

std::vector<PropertyFidelity> integer_fidelity(const FloatNetwork& trained, const QuantisedNetwork& network,
                                               const TargetDescription& target) {
  const bool pixels = network.scaling.front().drive == Drive::pixels;
  return {equation(target),
          reset(trained, target),
          comparison(trained, network, target),
          leak(trained, network, target),
          delay(trained),
          weights(network, target),
          biases(trained, network, target),
          {"input", Fidelity::exact,
           pixels ? "bytes of the image times the weights, at every step" : "spikes, step by step"}};
}

}  // namespace loci::backends
