#include "backends/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

class LimitCheck {
 public:
  LimitCheck(const FloatNetwork& network, const TargetDescription& target, Drive drive)
      : network_(network), target_(target), drive_(drive) {}

  std::vector<BrokenLimit> all() {
    finite();
    if (!broken_.empty()) return broken_;
    sizes();
    edges();
    cores();
    neurons();
    return broken_;
  }

 private:
  void add(std::string limit, std::string allowed, std::string needed, std::string excess,
           std::string remedy) {
    broken_.push_back(
        {std::move(limit), std::move(allowed), std::move(needed), std::move(excess), std::move(remedy)});
  }

  void at_most(const std::optional<std::size_t>& allowed, std::size_t needed, const std::string& limit,
               const std::string& remedy) {
    if (allowed && needed > *allowed)
      add(limit, fmt::format("{}", *allowed), fmt::format("{}", needed),
          fmt::format("{} too many", needed - *allowed), remedy);
  }

  void finite() {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const FloatLayer& layer = network_.layers[l];
      const auto bad_weights = std::ranges::count_if(layer.weight, [](float w) { return !std::isfinite(w); });
      const auto bad_biases = std::ranges::count_if(layer.bias, [](double b) { return !std::isfinite(b); });
      if (bad_weights > 0)
        add(fmt::format("weights, layer {}", l + 1), "finite numbers", "not finite",
            fmt::format("{} of them", bad_weights), "train again with a smaller learning rate");
      if (bad_biases > 0)
        add(fmt::format("biases, layer {}", l + 1), "finite numbers", "not finite",
            fmt::format("{} of them", bad_biases), "train again with a smaller learning rate");
    }
  }

  std::size_t n_neurons() const {
    std::size_t n = 0;
    for (const FloatLayer& layer : network_.layers) n += layer.n_targets;
    return n;
  }

  // What to do about too many neurons: as many hidden ones as leave room for the others.
  std::string fewer_hidden(std::size_t room) const {
    const std::size_t outputs = network_.n_outputs();
    if (room > outputs && network_.layers.size() > 1)
      return fmt::format("train with at most {} hidden neurons (--hidden)", room - outputs);
    return "choose another target: the inputs and outputs alone are too many";
  }

  // Over several chips, if that helps by itself or with fewer edges.
  std::string or_split() const {
    if (!target_.limits.chip) return "";
    std::size_t fan_in = 0;
    for (const FloatLayer& layer : network_.layers) fan_in = std::max(fan_in, count_edges(layer).fan_in);
    const std::size_t sources = target_.limits.chip->sources;
    if (fan_in <= sources) return "; or use several chips (--split)";
    return fmt::format("; or {} and use several chips (--split)",
                       prune(1.0 - static_cast<double>(sources) / static_cast<double>(fan_in)));
  }

  void sizes() {
    const TargetLimits& limits = target_.limits;
    const std::size_t n = n_neurons();
    const std::size_t n_inputs = network_.n_inputs();
    at_most(limits.layers, network_.layers.size(), "layers", "train with fewer layers (--hidden)");
    at_most(limits.inputs, n_inputs, "inputs", "train on smaller images" + or_split());
    at_most(limits.outputs, network_.n_outputs(), "outputs", "use data of fewer classes");
    at_most(limits.neurons, n, "neurons", fewer_hidden(limits.neurons.value_or(0)) + or_split());
    const std::size_t ids = limits.ids.value_or(0);
    at_most(limits.ids, n_inputs + n, "inputs and neurons together",
            (ids > n_inputs + network_.n_outputs()
                 ? fewer_hidden(ids - n_inputs)
                 : fmt::format("train on smaller images: inputs and outputs alone are {}",
                               n_inputs + network_.n_outputs())) +
                or_split());
  }

  void edges() {
    const TargetLimits& limits = target_.limits;
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const FloatLayer& layer = network_.layers[l];
      const EdgeCounts counts = count_edges(layer);
      const auto prune = [&](const std::optional<std::size_t>& allowed, std::size_t needed) {
        return LimitCheck::prune(1.0 -
                                 static_cast<double>(allowed.value_or(0)) / static_cast<double>(needed));
      };
      at_most(limits.fan_in, counts.fan_in, fmt::format("fan-in, layer {}", l + 1),
              prune(limits.fan_in, counts.fan_in));
      at_most(limits.fan_out, counts.fan_out, fmt::format("fan-out, layer {}", l),
              prune(limits.fan_out, counts.fan_out));
      sums(l, counts.fan_in);
      const auto longest = static_cast<sim::Step>(target_.numbers.longest_delay);
      if (counts.longest_delay > longest)
        add(fmt::format("delay into layer {}", l + 1), fmt::format("{} steps", longest),
            fmt::format("{} steps", counts.longest_delay),
            fmt::format("{} too long", counts.longest_delay - longest),
            longest == 0 ? "leave --velocity out: this target has no delays beyond a layer's own"
                         : fmt::format("raise --velocity or --step-ms by a factor of {:.2f}",
                                       1.005 * counts.longest_delay / longest));
      if (target_.numbers.delays_by_neuron) delays_by_neuron(layer, l + 1, counts);
    }
  }

  // What the largest weights could sum up to in one step.
  void sums(std::size_t l, std::size_t fan_in) {
    const Range& weight = target_.numbers.weight;
    const bool pixels = l == 0 && drive_ == Drive::pixels;
    const double needed = static_cast<double>(std::max(-weight.lowest, weight.highest)) *
                          static_cast<double>(fan_in) * (pixels ? brightest_pixel : 1.0);
    const auto most = static_cast<double>(largest_sum);
    if (needed <= most) return;
    add(fmt::format("sum of a step, layer {}", l + 1), fmt::format("{}", largest_sum),
        fmt::format("up to {:.4g}", needed), fmt::format("{:.2f} times too large", needed / most),
        pixels ? "export with fewer --weight-bits, or with --encoding bernoulli"
               : "export with fewer --weight-bits");
  }

  // A delay for each neuron, or one for each source. Longer ones than the target's are told apart from that.
  void delays_by_neuron(const FloatLayer& layer, std::size_t number, const EdgeCounts& counts) {
    if (layer.delay.empty()) return;
    const std::size_t n = layer.n_targets;
    const OddDelays into = odd_delays(layer, n, [n](std::size_t pair) { return pair % n; });
    if (into.edges == 0) return;
    const OddDelays out_of = odd_delays(layer, layer.n_sources, [n](std::size_t pair) { return pair / n; });
    const bool ambiguous = layer.n_sources == n;
    if (out_of.edges == 0 && !ambiguous) return;
    const std::string limit = fmt::format("delays by synapse, layer {}", number);
    // Delays are rounded: the longest, below E + 1/2 steps, has to come below 1/2.
    const std::string remedy = fmt::format(
        "leave --velocity out, or raise it or --step-ms by a factor of {:.2f}: no delay is then left",
        1.005 * (2.0 * counts.longest_delay + 1.0));
    if (out_of.edges == 0)
      add(limit, "one a neuron, where as many sources", "one a source",
          fmt::format("{} neurons have several", into.groups),
          "change the size of a layer by one, or " + remedy);
    else
      add(limit, "one a neuron, or one a source", "one a synapse",
          fmt::format("{} of {} neurons have several, {} of {} sources; {} of {} synapses are odd",
                      into.groups, n, out_of.groups, layer.n_sources, std::min(into.edges, out_of.edges),
                      counts.total),
          remedy);
  }

  // Groups of edges with several delays, and the edges that have another one than most of their group.
  struct OddDelays {
    std::size_t groups = 0;
    std::size_t edges = 0;
  };

  template <typename GroupOf>
  static OddDelays odd_delays(const FloatLayer& layer, std::size_t n_groups, GroupOf group_of) {
    std::vector<std::map<sim::Step, std::size_t>> counts(n_groups);
    for (std::size_t pair = 0; pair < layer.weight.size(); ++pair)
      if (layer.weight[pair] != 0.0F) ++counts[group_of(pair)][layer.delay[pair]];
    OddDelays odd;
    for (const auto& of_group : counts) {
      std::size_t n = 0;
      std::size_t most = 0;
      for (const auto& [delay, count] : of_group) {
        n += count;
        most = std::max(most, count);
      }
      odd.groups += of_group.size() > 1 ? 1 : 0;
      odd.edges += n - most;
    }
    return odd;
  }

  // By synapse memory alone; neurons have a limit of their own.
  void cores() {
    const std::optional<CoreCapacity>& core = target_.limits.core;
    if (!core || !core->cores) return;
    std::size_t n_edges = 0;
    sim::Step longest_delay = 0;
    for (const FloatLayer& layer : network_.layers) {
      const EdgeCounts counts = count_edges(layer);
      n_edges += counts.total;
      longest_delay = std::max(longest_delay, counts.longest_delay);
    }
    const std::size_t needed = least_cores(with_delays(*core, longest_delay), 0, n_edges);
    const double share = 1.0 - static_cast<double>(*core->cores) / static_cast<double>(needed);
    if (needed > *core->cores)
      add("cores, by synapse memory", fmt::format("{}", *core->cores), fmt::format("at least {}", needed),
          fmt::format("{} too many", needed - *core->cores), prune(share));
  }

  static std::string prune(double share) {
    return fmt::format("prune at least {:.1f} % of the edges (--pruned {:.3f})",
                       std::ceil(1000.0 * share) / 10.0, std::ceil(1000.0 * share) / 1000.0);
  }

  void neurons() {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      const sim::Lif& lif = network_.layers[l].lif;
      leak(lif.beta, l + 1);
      if (lif.reset == sim::Reset::none)
        add(fmt::format("reset, layer {}", l + 1), "to zero, or by subtraction", "none", "-",
            "train with --reset zero or --reset subtract");
    }
  }

  void leak(double beta, std::size_t layer) {
    const IntegerModel& model = target_.model;
    const Range& range = target_.numbers.leak;
    const std::string limit = fmt::format("beta, layer {}", layer);
    if (model.leak == Leak::none && beta != 1.0)
      add(limit, "1 (neurons do not leak)", fmt::format("{}", beta), fmt::format("{:.4g} below", 1.0 - beta),
          "train with --beta 1");
    if (model.leak != Leak::multiplicative) return;
    const std::int64_t factor = leak_factor(beta, model);
    if (range.contains(factor)) return;
    const double lowest = std::ldexp(static_cast<double>(range.lowest), -model.leak_bits);
    const double highest = std::ldexp(static_cast<double>(range.highest), -model.leak_bits);
    add(limit, fmt::format("{:.6g} to {:.6g}", lowest, highest), fmt::format("{}", beta),
        beta < lowest ? fmt::format("{:.4g} below", lowest - beta)
                      : fmt::format("{:.4g} above", beta - highest),
        fmt::format("train with --beta {:.6g}", beta < lowest ? lowest : highest));
  }

  const FloatNetwork& network_;
  const TargetDescription& target_;
  Drive drive_;
  std::vector<BrokenLimit> broken_;
};

}  // namespace

std::int64_t leak_factor(double beta, const IntegerModel& model) {
  return std::llround(std::ldexp(beta, model.leak_bits));
}

std::vector<BrokenLimit> broken_limits(const FloatNetwork& network, const TargetDescription& target,
                                       Drive drive) {
  return LimitCheck(network, target, drive).all();
}

std::string limits_table(const std::vector<BrokenLimit>& broken) {
  std::size_t widths[4] = {5, 7, 6, 7};
  for (const BrokenLimit& each : broken) {
    widths[0] = std::max(widths[0], each.limit.size());
    widths[1] = std::max(widths[1], each.allowed.size());
    widths[2] = std::max(widths[2], each.needed.size());
    widths[3] = std::max(widths[3], each.excess.size());
  }
  const auto line = [&](const BrokenLimit& cells) {
    return fmt::format("    {:<{}}  {:<{}}  {:<{}}  {:<{}}  {}", cells.limit, widths[0], cells.allowed,
                       widths[1], cells.needed, widths[2], cells.excess, widths[3], cells.remedy);
  };
  std::string table = line({"limit", "allowed", "needed", "how far", "what would help"});
  for (const BrokenLimit& each : broken) table += "\n" + line(each);
  return table;
}

void require_fits(const FloatNetwork& network, const TargetDescription& target, Drive drive) {
  const std::vector<BrokenLimit> broken = broken_limits(network, target, drive);
  if (broken.empty()) return;
  throw InputError("target " + target.name,
                   fmt::format("{} cannot hold this network\n{}", target.title, limits_table(broken)),
                   "mend every line of the table, or choose another target (loci export --list-targets)");
}

}  // namespace loci::backends
