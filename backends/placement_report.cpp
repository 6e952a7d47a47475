#include "backends/placement_report.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <tuple>

#include "backends/core_occupancy.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

// One pass over all neurons at a time.
class Refiner {
 public:
  Refiner(const CoreNetwork& network, const CoreCapacity& capacity, const CorePlacement& placement)
      : network_(network), shares_(capacity.layers_share_cores), cores_(network, capacity) {
    for (std::uint32_t core = 0; core < placement.n_cores; ++core) cores_.open_core();
    for (std::uint32_t i = 0; i < placement.core.size(); ++i)
      cores_.put(network.n_inputs() + i, placement.core[i]);
  }

  // Whether anything got better.
  bool pass() {
    const std::uint64_t before = cores_.messages();
    for (std::uint32_t neuron = network_.n_inputs(); neuron < network_.n_neurons(); ++neuron)
      if (const auto core = best_core(neuron); core && !try_move(neuron, *core)) try_swap(neuron, *core);
    return cores_.messages() < before;
  }

  CorePlacement placement() const {
    CorePlacement placement{.n_cores = cores_.n_cores(), .core = {}};
    for (std::uint32_t neuron = network_.n_inputs(); neuron < network_.n_neurons(); ++neuron)
      placement.core.push_back(cores_.core_of(neuron));
    return placement;
  }

 private:
  // Where the neuron would save most messages, if anywhere.
  std::optional<std::uint32_t> best_core(std::uint32_t neuron) const {
    std::int64_t most = 0;
    std::optional<std::uint32_t> best;
    for (std::uint32_t core = 0; core < cores_.n_cores(); ++core)
      if (const std::int64_t gain = cores_.gain(neuron, core); gain > most) most = gain, best = core;
    return best;
  }

  void move(std::uint32_t neuron, std::uint32_t core) {
    cores_.take(neuron);
    cores_.put(neuron, core);
  }

  bool try_move(std::uint32_t neuron, std::uint32_t core) {
    if (!shares_) return false;  // it could come among another layer
    const std::uint32_t from = cores_.core_of(neuron);
    move(neuron, core);
    if (cores_.neurons_on(from) > 0 && cores_.all_fit()) return true;
    move(neuron, from);
    return false;
  }

  void try_swap(std::uint32_t neuron, std::uint32_t core) {
    const std::uint32_t from = cores_.core_of(neuron);
    std::int64_t most = 0;
    std::optional<std::uint32_t> partner;
    for (std::uint32_t other = network_.n_inputs(); other < network_.n_neurons(); ++other) {
      if (cores_.core_of(other) != core) continue;
      if (!shares_ && network_.layer_of(other) != network_.layer_of(neuron)) return;
      const std::int64_t gain = cores_.gain(other, from);
      if (!partner || gain > most) most = gain, partner = other;
    }
    if (!partner || cores_.gain(neuron, core) + most <= 0) return;
    const std::uint64_t before = cores_.messages();
    move(neuron, core);
    move(*partner, from);
    if (cores_.messages() < before && cores_.all_fit()) return;
    move(*partner, core);
    move(neuron, from);
  }

  const CoreNetwork& network_;
  bool shares_;
  CoreOccupancy cores_;
};

auto cost(const PlacementTrial& trial) {
  return std::tuple(trial.traffic.messages(), trial.n_cores);
}

}  // namespace

CorePlacement refined(const CoreNetwork& network, const CoreCapacity& capacity,
                      const CorePlacement& placement, int most_passes) {
  Refiner refiner(network, capacity, placement);
  for (int pass = 0; pass < most_passes && refiner.pass(); ++pass) {
  }
  return refiner.placement();
}

PlacementReport best_placement(const CoreNetwork& network, const CoreCapacity& capacity, std::uint64_t seed) {
  constexpr std::array methods{PlacementMethod::layer_order, PlacementMethod::random,
                               PlacementMethod::curve,       PlacementMethod::curve_by_layer,
                               PlacementMethod::bisection,   PlacementMethod::bisection_by_layer};
  PlacementReport report;
  bool found = false;
  const auto consider = [&](PlacementTrial trial, CorePlacement placement) {
    trial.n_cores = placement.n_cores;
    trial.traffic = traffic_of(network, placement);
    if (!found || cost(trial) < cost(report.trials[report.best_trial])) {
      report.best = std::move(placement);
      report.best_trial = report.trials.size();
      found = true;
    }
    report.trials.push_back(std::move(trial));
  };
  for (const PlacementMethod method : methods) {
    if (!applies(method, network, capacity)) continue;
    const std::string name(name_of(method));
    try {
      consider({.name = name}, place_on_cores(network, capacity, method, seed));
    } catch (const InputError& error) {
      report.trials.push_back({.name = name, .refusal = error.what()});
    }
  }
  if (!found) (void)place_on_cores(network, capacity, PlacementMethod::layer_order);  // refuses, saying why
  const CorePlacement start = report.best;
  const std::string name = report.trials[report.best_trial].name + ", refined";
  consider({.name = name}, refined(network, capacity, start));
  return report;
}

std::string table_of(const PlacementReport& report) {
  std::string text = fmt::format("  {:<28} {:>6} {:>16} {:>16} {:>16} {:>10}\n", "placement", "cores",
                                 "between cores", "from the input", "messages", "of random");
  double random = 0.0;
  for (const PlacementTrial& trial : report.trials)
    if (trial.name == "random") random = static_cast<double>(trial.traffic.messages());
  for (std::size_t i = 0; i < report.trials.size(); ++i) {
    const PlacementTrial& trial = report.trials[i];
    const char mark = i == report.best_trial ? '*' : ' ';
    if (!trial.refusal.empty()) {
      text += fmt::format("{} {:<28} {}\n", mark, trial.name, trial.refusal);
      continue;
    }
    const auto messages = static_cast<double>(trial.traffic.messages());
    const std::string share = random > 0.0 ? fmt::format("{:.1f} %", 100.0 * messages / random) : "";
    text +=
        fmt::format("{} {:<28} {:>6} {:>16} {:>16} {:>16} {:>10}\n", mark, trial.name, trial.n_cores,
                    trial.traffic.between_cores, trial.traffic.from_input, trial.traffic.messages(), share);
  }
  return text;
}

}  // namespace loci::backends
