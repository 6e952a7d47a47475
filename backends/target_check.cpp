#include "backends/target_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

class Check {
 public:
  Check(const IntegerNetwork& network, const TargetDescription& target)
      : network_(network), target_(target) {}

  std::vector<Misfit> found() {
    sizes();
    if (network_.order != target_.order)
      add("the network's spikes arrive in another order than the target's", "quantise it for this target");
    for (std::size_t l = 0; l < network_.layers.size(); ++l) layer(l);
    return std::move(found_);
  }

 private:
  void add(std::string problem, std::string remedy) {
    found_.push_back({std::move(problem), std::move(remedy)});
  }

  void limit(const char* what, std::size_t needs, const std::optional<std::size_t>& has,
             const std::string& remedy) {
    if (has && needs > *has)
      add(fmt::format("{}: the network needs {}, the target has {}", what, needs, *has), remedy);
  }

  // What is left beside `others`, which cannot be fewer.
  static std::string hidden_at_most(const std::optional<std::size_t>& has, std::size_t others) {
    if (has.value_or(0) <= others) return "use smaller images or fewer classes";
    return fmt::format("use at most {} hidden neurons", *has - others);
  }

  void sizes() {
    const TargetLimits& limits = target_.limits;
    std::size_t neurons = 0;
    std::size_t fan_in = 0;
    std::size_t fan_out = 0;
    for (const IntegerLayer& layer : network_.layers) {
      neurons += layer.size();
      const IntegerConnection& incoming = layer.incoming;
      std::vector<std::size_t> into(incoming.n_targets);
      for (std::size_t s = 0; s < incoming.n_sources; ++s) {
        std::size_t out_of = 0;
        for (std::size_t t = 0; t < incoming.n_targets; ++t)
          if (incoming.weight[s * incoming.n_targets + t] != 0) ++into[t], ++out_of;
        fan_out = std::max(fan_out, out_of);
      }
      if (!into.empty()) fan_in = std::max(fan_in, std::ranges::max(into));
    }
    const std::size_t outputs = network_.layers.back().size();
    limit("ids of inputs and neurons", network_.n_inputs() + neurons, limits.ids,
          hidden_at_most(limits.ids, network_.n_inputs() + outputs));
    limit("neurons", neurons, limits.neurons, hidden_at_most(limits.neurons, outputs));
    limit("inputs", network_.n_inputs(), limits.inputs, "use smaller images");
    limit("outputs", outputs, limits.outputs, "use fewer classes");
    limit("layers", network_.layers.size(), limits.layers, "use fewer layers");
    limit("edges into one neuron", fan_in, limits.fan_in, "prune the network");
    limit("edges out of one neuron", fan_out, limits.fan_out, "prune the network");
  }

  void layer(std::size_t l) {
    const IntegerLayer& layer = network_.layers[l];
    const TargetNumbers& numbers = target_.numbers;
    const IntegerParameters& parameters = layer.parameters;
    if (layer.model != target_.model)
      add(fmt::format("layer {} leaks, compares or resets otherwise than the target does", l + 1),
          "quantise the network for this target");
    connection(l, layer.incoming);
    numbers_within(l, "thresholds", std::span(parameters.threshold), numbers.threshold,
                   "change the scale of weights");
    numbers_within(l, "leaks", std::span(parameters.leak), numbers.leak,
                   "train with time constants that the target has");
    shared(l, "threshold", parameters.threshold, numbers.threshold_of);
    shared(l, "leak", parameters.leak, numbers.leak_of);
    if (!numbers.bias && std::ranges::any_of(parameters.bias, [](std::int32_t bias) { return bias != 0; }))
      add(fmt::format("layer {} has biases, and the target has none", l + 1), "train without biases");
    if (numbers.bias)
      numbers_within(l, "biases", std::span(parameters.bias), *numbers.bias, "change the scale of weights");
  }

  void connection(std::size_t l, const IntegerConnection& incoming) {
    const TargetNumbers& numbers = target_.numbers;
    numbers_within(l, "weights", std::span(incoming.weight), numbers.weight,
                   "use a smaller scale of weights");
    if (std::ranges::any_of(incoming.delay, [&](int delay) { return delay > numbers.longest_delay; }))
      add(fmt::format("layer {} has delays of up to {} steps, the target {}", l + 1,
                      std::ranges::max(incoming.delay), numbers.longest_delay),
          "train without delays or with shorter ones");
    const Range shift = numbers.weight_shift.value_or(Range{0, 0});
    if (!shift.contains(incoming.exponent))
      add(fmt::format("layer {}'s weights count 2^{} times, the target's 2^{} to 2^{}", l + 1,
                      incoming.exponent, shift.lowest, shift.highest),
          "use another scale of weights");
    if (numbers.sign_by_source) one_sign(l, incoming);
  }

  template <typename Number>
  void numbers_within(std::size_t l, const char* what, std::span<const Number> values, const Range& range,
                      const char* remedy) {
    const auto n_beyond =
        std::ranges::count_if(values, [&](std::int64_t value) { return !range.contains(value); });
    if (n_beyond == 0) return;
    const auto [lowest, highest] = std::ranges::minmax(values);
    add(fmt::format("layer {}: {} {} are beyond {} to {}, they go from {} to {}", l + 1, n_beyond, what,
                    range.lowest, range.highest, lowest, highest),
        remedy);
  }

  void one_sign(std::size_t l, const IntegerConnection& incoming) {
    std::size_t n_mixed = 0;
    for (std::size_t s = 0; s < incoming.n_sources; ++s) {
      const auto row = std::span(incoming.weight).subspan(s * incoming.n_targets, incoming.n_targets);
      const auto [lowest, highest] = std::ranges::minmax(row);
      n_mixed += lowest < 0 && highest > 0 ? 1 : 0;
    }
    if (n_mixed != 0)
      add(fmt::format(
              "layer {}: {} sources excite some neurons and inhibit others, and on the target a source "
              "has one sign",
              l + 1, n_mixed),
          "train with the inhibition mask, whose sign is the source's");
  }

  void shared(std::size_t l, const char* what, const std::vector<std::int32_t>& values, Granularity of) {
    std::size_t n_differ = 0;
    for (std::size_t n = 0; n < values.size(); ++n)
      n_differ += (of == Granularity::pair && values[n] != values[n / 2 * 2]) ||
                          (of == Granularity::layer && values[n] != values[0])
                      ? 1
                      : 0;
    if (n_differ != 0)
      add(fmt::format("layer {}: {} neurons have another {} than their {}, and the target has one for it",
                      l + 1, n_differ, what, of == Granularity::pair ? "pair" : "layer"),
          fmt::format("give them the same {}", what));
  }

  const IntegerNetwork& network_;
  const TargetDescription& target_;
  std::vector<Misfit> found_;
};

}  // namespace

std::vector<Misfit> misfits(const IntegerNetwork& network, const TargetDescription& target) {
  IntegerNetwork shape = network;  // sizes must be right, but what the order forbids is for the user to mend
  shape.order = SpikeOrder::summed;
  validate(shape);
  return Check(network, target).found();
}

void refuse(const std::vector<Misfit>& found, const std::string& target) {
  if (found.empty()) return;
  std::string problems;
  std::string remedies;
  for (const Misfit& misfit : found) {
    problems += (problems.empty() ? "" : "; ") + misfit.problem;
    if (remedies.find(misfit.remedy) == std::string::npos)
      remedies += (remedies.empty() ? "" : ", ") + misfit.remedy;
  }
  throw InputError(target, problems, remedies);
}

void require_fits(const IntegerNetwork& network, const TargetDescription& target) {
  refuse(misfits(network, target), target.name);
}

}  // namespace loci::backends
