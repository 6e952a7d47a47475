#include "backends/nir_neurons.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

// Files hold single precision, so 1 - dt/tau and (1 - dt/tau) r are known to a few of its roundings.
constexpr double single_rounding = 4.0 * std::numeric_limits<float>::epsilon();

bool near(double a, double b) {
  return std::abs(a - b) <= single_rounding * std::max({1.0, std::abs(a), std::abs(b)});
}

bool is_cuba(NirType type) {
  return type == NirType::cuba_leaky || type == NirType::cuba_lif;
}
bool leaks(NirType type) {
  return type != NirType::integrator && type != NirType::integrate_fire;
}
bool fires(NirType type) {
  return type == NirType::integrate_fire || type == NirType::lif || type == NirType::cuba_lif;
}

class Neurons {
 public:
  Neurons(const std::string& name, const NirNode& node, const NirTime& time, const std::string& where,
          std::vector<std::string>& notes)
      : name_(name), node_(node), time_(time), where_(where), notes_(notes) {}

  NirNeurons read(std::optional<sim::Reset> reset, bool is_last) {
    for (const auto& [parameter, array] : node_.parameters)
      for (const double value : numbers_of(array))
        if (!std::isfinite(value))
          refuse(fmt::format("its {} is {}", parameter, value),
                 parameter == "tau" ? "an IF node holds neurons that do not leak" : "mend the file");
    NirNeurons neurons;
    neurons.lif.beta = decay();
    neurons.gain = gains(neurons.lif.beta);
    if (!fires(node_.type)) {
      read_without_threshold(is_last, neurons.lif);
      return neurons;
    }
    read_reset(reset, neurons.lif);
    read_threshold(neurons);
    return neurons;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem, const std::string& remedy) const {
    throw InputError(fmt::format("{}: node '{}'", where_, name_), problem, remedy);
  }
  void note(const std::string& text) { notes_.push_back(fmt::format("node '{}': {}", name_, text)); }

  std::vector<double> values(const char* parameter) const {
    return numbers_of(node_.parameters.at(parameter));
  }

  // What metadata give in full, where it is the same but for single precision.
  double in_double(const char* name, double value) const {
    const auto exact = number_in(node_.metadata, name);
    return exact && near(*exact, value) ? *exact : value;
  }

  // What is left after a step.
  double left(double tau) const {
    return time_.integrator == NirIntegrator::euler ? 1.0 - time_.dt / tau : std::exp(-time_.dt / tau);
  }

  double decay() const {
    if (!leaks(node_.type)) return 1.0;
    const auto tau = values(is_cuba(node_.type) ? "tau_mem" : "tau");
    const auto [least, most] = std::ranges::minmax(tau);
    if (!(least > 0.0)) refuse(fmt::format("a time constant of {} is not above 0", least), "mend the file");
    if (!near(left(least), left(most)))
      refuse(fmt::format("its time constants go from {:.6g} to {:.6g}, and a layer here has one decay", least,
                         most),
             "split it into nodes of one time constant each, or train with one");
    const double beta = left(least);
    if (beta < -single_rounding)
      refuse(fmt::format("its time constant {:.6g} is shorter than a step of {:.6g}", least, time_.dt),
             "give the step's duration with --dt, in the file's unit of time");
    return std::clamp(in_double("beta", beta), 0.0, 1.0);
  }

  // v' = beta v + gain I in a step.
  std::vector<double> gains(double beta) {
    auto gain = values("r");
    const double share = leaks(node_.type) ? 1.0 - beta : time_.dt;
    for (double& each : gain) each *= share;
    if (is_cuba(node_.type)) take_synapses(gain);
    if (!leaks(node_.type) && std::ranges::all_of(values("r"), [](double r) { return r == 1.0; }) &&
        time_.dt != 1.0)
      note(fmt::format(
          "with r = 1 an input counts dt = {} of itself; where whole steps were meant, give --dt 1",
          time_.dt));
    for (double& each : gain)
      if (near(each, 1.0)) each = 1.0;  // written as r = 1 / (1 - beta)
    return gain;
  }

  // A current that is gone with its step is none.
  void take_synapses(std::vector<double>& gain) const {
    const auto tau = values("tau_syn");
    const auto weight = values("w_in");
    for (std::size_t n = 0; n < tau.size(); ++n) {
      if (!(tau[n] > 0.0))
        refuse(fmt::format("a time constant of {} is not above 0", tau[n]), "mend the file");
      if (left(tau[n]) > single_rounding)
        refuse(fmt::format("its synaptic currents last (tau_syn {:.6g}, of which a step of {:.6g} leaves "
                           "{:.3g}), and neurons "
                           "here have none",
                           tau[n], time_.dt, left(tau[n])),
               "use LIF nodes");
      gain[n] *= weight[n];
    }
  }

  void read_without_threshold(bool is_last, sim::Lif& lif) {
    if (!is_last)
      refuse(fmt::format("a {} gives its membrane on, and layers here give spikes", name_of(node_.type)),
             "only the last layer may be one");
    lif.threshold = 1.0;
    lif.reset = sim::Reset::none;
    note(fmt::format(
        "a {} does not spike: it becomes neurons that are never reset, with the same membranes; spikes "
        "above 1 mean nothing",
        name_of(node_.type)));
    if (leaks(node_.type) && std::ranges::any_of(values("v_leak"), [](double v) { return v != 0.0; }))
      note("its v_leak is taken as the zero of its membranes");
  }

  void read_reset(std::optional<sim::Reset> reset, sim::Lif& lif) {
    lif.reset = sim::Reset::zero;  // that to v_reset is one
    lif.reset_delay = true;
    const auto recorded = text_in(node_.metadata, "reset");
    if (reset) {
      lif.reset = *reset;
    } else if (recorded) {
      lif.reset = sim::parse_reset(*recorded, fmt::format("{}: node '{}': metadata 'reset'", where_, name_));
      if (lif.reset != sim::Reset::zero)
        note(
            fmt::format("reset={} is taken from its metadata; NIR itself would reset to v_reset", *recorded));
    }
    if (const auto delay = number_in(node_.metadata, "reset_delay")) lif.reset_delay = *delay != 0.0;
  }

  // Membranes are counted from where they rest: v_leak, or v_reset where nothing leaks.
  void read_threshold(NirNeurons& neurons) {
    const auto rest = values(leaks(node_.type) ? "v_leak" : "v_reset");
    const auto to = values("v_reset");
    auto threshold = values("v_threshold");
    for (std::size_t n = 0; n < threshold.size(); ++n) {
      if (neurons.lif.reset == sim::Reset::zero && !near(to[n], rest[n]))
        refuse(fmt::format(
                   "v_reset {:.6g} differs from v_leak {:.6g}, and neurons here are reset to where they rest",
                   to[n], rest[n]),
               "use neurons with v_reset = v_leak, or --reset subtract or none");
      threshold[n] -= rest[n];
      if (!(threshold[n] > 0.0))
        refuse(fmt::format("its v_threshold is not above its rest at {:.6g}", rest[n]),
               "use neurons that rest below it");
    }
    if (std::ranges::any_of(rest, [](double v) { return v != 0.0; }))
      note("membranes are counted from where they rest, and start there");
    neurons.lif.threshold = in_double("threshold", threshold.front());
    if (std::ranges::all_of(threshold, [&](double each) { return each == threshold.front(); })) return;
    neurons.lif.threshold = threshold.front();
    for (std::size_t n = 0; n < threshold.size(); ++n) neurons.gain[n] *= threshold.front() / threshold[n];
    note(fmt::format("thresholds differ: all become {:.6g}, and weights into each neuron are scaled to match",
                     threshold.front()));
  }

  const std::string& name_;
  const NirNode& node_;
  const NirTime& time_;
  const std::string& where_;
  std::vector<std::string>& notes_;
};

}  // namespace

NirNeurons neurons_of(const std::string& name, const NirNode& node, const NirTime& time,
                      std::optional<sim::Reset> reset, bool is_last, const std::string& where,
                      std::vector<std::string>& notes) {
  return Neurons(name, node, time, where, notes).read(reset, is_last);
}

std::optional<double> number_in(const sim::DataGroup& metadata, const std::string& name) {
  const auto found = metadata.arrays.find(name);
  if (found == metadata.arrays.end() ||
      std::holds_alternative<std::vector<std::string>>(found->second.values))
    return std::nullopt;
  const auto values = numbers_of(found->second);
  return values.size() == 1 ? std::optional(values.front()) : std::nullopt;
}

std::optional<std::string> text_in(const sim::DataGroup& metadata, const std::string& name) {
  const auto found = metadata.arrays.find(name);
  if (found == metadata.arrays.end()) return std::nullopt;
  const auto* texts = std::get_if<std::vector<std::string>>(&found->second.values);
  return texts != nullptr && texts->size() == 1 ? std::optional(texts->front()) : std::nullopt;
}

}  // namespace loci::backends
