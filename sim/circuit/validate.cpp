#include "sim/circuit/validate.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "sim/error.hpp"
#include "sim/time.hpp"

namespace loci::sim {
namespace {

// More neurons a population than synapses have bits for.
constexpr std::size_t most_neurons = std::size_t{1} << 24;

std::string text_of(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

std::string name_of(const Projection& rule) {
  return "projection '" + rule.source + "' to '" + rule.target + "'";
}

const Population& population_of(const Circuit& circuit, const std::string& name, const std::string& where) {
  std::string known;
  for (const Population& population : circuit.populations) {
    if (population.name == name) return population;
    known += (known.empty() ? "" : ", ") + population.name;
  }
  throw InputError(where, "there is no population '" + name + "'",
                   known.empty() ? "describe one" : "use one of: " + known);
}

void require_time_and_space(const Circuit& circuit) {
  if (!(circuit.step_ms > 0.0) || !std::isfinite(circuit.step_ms))
    throw InputError("circuit", "a step of " + text_of(circuit.step_ms) + " ms makes no grid",
                     "choose a finite step_ms above 0");
  const Space& space = circuit.space;
  if (space.dims > 3)
    throw InputError("space", std::to_string(space.dims) + " dimensions", "use 1, 2 or 3; 0 is no space");
  for (std::size_t k = 0; k < space.dims; ++k)
    if (!std::isfinite(space.lower[k]) || !(space.extent[k] > 0.0) || !std::isfinite(space.extent[k]))
      throw InputError(
          "space",
          "from " + text_of(space.lower[k]) + ", an extent of " + text_of(space.extent[k]) + " is no box",
          "give every dimension a finite extent above 0");
}

// The parameters of one population, with the population's name in every refusal.
class ParameterCheck {
 public:
  explicit ParameterCheck(const Population& population)
      : population_(population), where_("population '" + population.name + "'") {}

  const std::string& where() const { return where_; }

  void require(const char* name, const PerNeuron& parameter, bool (*allowed)(double),
               const char* remedy) const {
    const std::size_t n = parameter.values().size();
    if (n != 1 && n != population_.size) refuse_length(name, n);
    for (std::size_t i = 0; i < parameter.values().size(); ++i)
      if (!std::isfinite(parameter[i]) || !allowed(parameter[i])) refuse(name, parameter, i, remedy);
  }
  void positive(const char* name, const PerNeuron& parameter) const {
    require(
        name, parameter, [](double value) { return value > 0.0; }, "give it a finite value above 0");
  }
  void not_negative(const char* name, const PerNeuron& parameter) const {
    require(
        name, parameter, [](double value) { return value >= 0.0; }, "give it a finite value of 0 or more");
  }
  void finite(const char* name, const PerNeuron& parameter) const {
    require(
        name, parameter, [](double) { return true; }, "give it a finite value");
  }
  [[noreturn]] void refuse_length(const char* name, std::size_t n_values) const {
    throw InputError(where_,
                     std::string(name) + " has " + std::to_string(n_values) + " values for " +
                         std::to_string(population_.size) + " neurons",
                     "give one value, or one for each neuron");
  }

 private:
  [[noreturn]] void refuse(const char* name, const PerNeuron& parameter, std::size_t i,
                           const char* remedy) const {
    const std::string whose = parameter.uniform() ? "" : " of neuron " + std::to_string(i);
    throw InputError(where_, std::string(name) + whose + " is " + text_of(parameter[i]), remedy);
  }

  const Population& population_;
  std::string where_;
};

void require_threshold(const Population& population, const std::string& where) {
  const Cell& cell = population.cell;
  const std::size_t n = cell.threshold_mv.uniform() && cell.reset_mv.uniform() ? 1 : population.size;
  for (std::size_t i = 0; i < n; ++i)
    if (!(cell.threshold_mv[i] > cell.reset_mv[i]))
      throw InputError(where,
                       "threshold_mv is " + text_of(cell.threshold_mv[i]) + ", not above reset_mv, " +
                           text_of(cell.reset_mv[i]),
                       "raise the threshold or lower the reset: a neuron would fire in every step");
}

void require_discrete(const Population& population, const std::string& where) {
  const Lif& lif = population.cell.discrete;
  if (!(lif.beta >= 0.0 && lif.beta <= 1.0))
    throw InputError(where, "beta is " + text_of(lif.beta), "use a decay per step from 0 to 1");
  if (!(lif.threshold > 0.0) || !std::isfinite(lif.threshold))
    throw InputError(where, "the threshold is " + text_of(lif.threshold), "give it a finite value above 0");
}

// What the model reads.
void require_cell(const Population& population, const ParameterCheck& check) {
  const Cell& cell = population.cell;
  check.finite("current_pa", cell.current_pa);
  if (cell.model == CellModel::lif_discrete) return require_discrete(population, check.where());
  check.positive("tau_membrane_ms", cell.tau_membrane_ms);
  check.positive("capacitance_pf", cell.capacitance_pf);
  check.finite("resting_mv", cell.resting_mv);
  if (cell.model == CellModel::integrator) return;
  check.finite("threshold_mv", cell.threshold_mv);
  check.finite("reset_mv", cell.reset_mv);
  check.not_negative("refractory_ms", cell.refractory_ms);
  require_threshold(population, check.where());
  if (cell.model == CellModel::lif_delta) return;
  check.positive("tau_excitatory_ms", cell.tau_excitatory_ms);
  check.positive("tau_inhibitory_ms", cell.tau_inhibitory_ms);
  if (cell.model == CellModel::lif_exp) return;
  check.positive("tau_adaptation_ms", cell.tau_adaptation_ms);
  check.finite("adaptation_pa", cell.adaptation_pa);
}

void require_initial(const Population& population, const ParameterCheck& check) {
  const InitialMembrane& initial = population.initial;
  if (!initial.given_mv.empty()) {
    if (initial.given_mv.size() != population.size)
      check.refuse_length("initial_mv", initial.given_mv.size());
    return check.finite("initial_mv", PerNeuron(initial.given_mv));
  }
  check.finite("initial_mv", initial.low_mv);
  check.finite("initial_mv", initial.high_mv);
  if (!(initial.low_mv <= initial.high_mv))
    throw InputError(check.where(),
                     "initial_mv goes from " + text_of(initial.low_mv) + " to " + text_of(initial.high_mv),
                     "give the lower value first");
}

void require_placement(const Population& population, const Space& space, const std::string& where) {
  const Placement& placement = population.placement;
  if (space.dims == 0 && !(placement == Placement{}))
    throw InputError(where, "it is placed where there is no space",
                     "describe the space, with dims from 1 to 3");
  const bool round = placement.kind == PlacementKind::disc || placement.kind == PlacementKind::sphere ||
                     placement.kind == PlacementKind::ball;
  if (round && !(placement.radius > 0.0 && std::isfinite(placement.radius)))
    throw InputError(where, "its placement's radius is " + text_of(placement.radius),
                     "give it a value above 0");
}

void require_population(const Circuit& circuit, const Population& population) {
  const ParameterCheck check(population);
  if (population.size == 0) throw InputError(check.where(), "it has no neurons", "give it a size above 0");
  if (population.size > most_neurons)
    throw InputError(check.where(),
                     std::to_string(population.size) + " neurons are more than a population holds",
                     "use several populations of " + std::to_string(most_neurons) + " at most");
  require_cell(population, check);
  require_initial(population, check);
  check.finite("mask", population.mask);
  require_placement(population, circuit.space, check.where());
}

// A kernel's largest value has to be finite.
void require_kernel(const DistanceKernel& kernel, const char* name, const Space& space,
                    const std::string& where) {
  if (!std::isfinite(kernel.amplitude))
    throw InputError(where, std::string(name) + " is " + text_of(kernel.amplitude), "give it a finite value");
  if (kernel.shape == KernelShape::constant) return;
  if (space.dims == 0)
    throw InputError(where, std::string(name) + " depends on a distance, and there is no space",
                     "describe the space, or use a constant kernel");
  if (!(kernel.length > 0.0) || !std::isfinite(kernel.length))
    throw InputError(where, "the length of " + std::string(name) + " is " + text_of(kernel.length),
                     "give it a finite value above 0");
  if (kernel.shape == KernelShape::inverse_distance && !(kernel.floor > 0.0))
    throw InputError(where,
                     "the floor of " + std::string(name) + " is " + text_of(kernel.floor) +
                         ", and one over the distance has no bound",
                     "give a floor above 0: shorter distances count as this");
}

void require_probability(const DistanceKernel& kernel, const std::string& where) {
  const double most = kernel.shape == KernelShape::inverse_distance
                          ? kernel.amplitude * kernel.length / kernel.floor
                          : kernel.amplitude;
  if (kernel.amplitude >= 0.0 && most <= 1.0) return;
  throw InputError(where,
                   "a probability of " + text_of(kernel.amplitude < 0.0 ? kernel.amplitude : most) +
                       " lies outside [0, 1]",
                   kernel.shape == KernelShape::inverse_distance
                       ? "lower probability or its length, or raise its floor"
                       : "use a value from 0 to 1");
}

void require_delay(const Circuit& circuit, double delay_ms, bool off_grid, const std::string& where) {
  if (off_grid) {
    if (delay_ms > 0.0 && std::isfinite(delay_ms)) return;
    throw InputError(where, "a delay of " + text_of(delay_ms) + " ms is none",
                     "give every synapse a delay above 0 ms");
  }
  if (delay_ms + 1e-9 >= circuit.step_ms && std::isfinite(delay_ms)) return;
  throw InputError(
      where,
      "a delay of " + text_of(delay_ms) + " ms is below one step of " + text_of(circuit.step_ms) + " ms",
      "make the delay longer or the step shorter");
}

void require_ids(std::span<const std::uint32_t> ids, const Population& population, const char* what,
                 const std::string& where) {
  for (std::size_t at = 0; at < ids.size(); ++at)
    if (ids[at] >= population.size)
      throw InputError(where + ", " + what + " " + std::to_string(at),
                       "there is no neuron " + std::to_string(ids[at]) + " among the " +
                           std::to_string(population.size) + " of '" + population.name + "'",
                       "count neurons from 0 within their population");
}

void require_edges(const Circuit& circuit, const Projection& rule, const Population& source,
                   const Population& target, bool off_grid, const std::string& where) {
  const EdgeList& edges = rule.edges;
  const std::size_t n = edges.source.size();
  if (edges.target.size() != n || edges.weight.size() != n || edges.delay_ms.size() != n)
    throw InputError(where,
                     std::to_string(n) + " sources, " + std::to_string(edges.target.size()) + " targets, " +
                         std::to_string(edges.weight.size()) + " weights and " +
                         std::to_string(edges.delay_ms.size()) + " delays",
                     "give every edge one of each");
  if (n > 0xFFFFFFFF) throw InputError(where, "more edges than a list holds", "split the projection");
  require_ids(edges.source, source, "edge", where);
  require_ids(edges.target, target, "edge", where);
  for (std::size_t e = 0; e < n; ++e) {
    if (!std::isfinite(edges.weight[e]))
      throw InputError(where + ", edge " + std::to_string(e), "its weight is " + text_of(edges.weight[e]),
                       "give it a finite value");
    require_delay(circuit, edges.delay_ms[e], off_grid, where + ", edge " + std::to_string(e));
  }
}

void require_indegree(const Projection& rule, const Population& source, const Population& target,
                      const std::string& where) {
  const std::size_t available = source.size - (rule.source == rule.target && !rule.autapses ? 1 : 0);
  if (rule.indegree > 0 && (available == 0 || (!rule.multapses && rule.indegree > available)))
    throw InputError(where,
                     "an indegree of " + std::to_string(rule.indegree) + " from " +
                         std::to_string(available) + " possible sources",
                     "lower the indegree, or allow multapses or autapses");
  if (rule.indegree * target.size > 0xFFFFFFFF)
    throw InputError(where, std::to_string(rule.indegree * target.size) + " edges are more than a list holds",
                     "lower the indegree or split the target population");
}

void require_projection(const Circuit& circuit, const Projection& rule, bool off_grid) {
  const std::string where = name_of(rule);
  const Population& source = population_of(circuit, rule.source, where);
  const Population& target = population_of(circuit, rule.target, where);
  if (rule.rule == ConnectionRule::given)
    return require_edges(circuit, rule, source, target, off_grid, where);
  if (!(rule.cutoff > 0.0))
    throw InputError(where, "a cutoff of " + text_of(rule.cutoff), "use a distance above 0");
  if (circuit.space.dims == 0 && std::isfinite(rule.cutoff))
    throw InputError(where, "it has a cutoff, and there is no space",
                     "describe the space, or leave the cutoff out");
  if (!(rule.velocity > 0.0))
    throw InputError(where, "a velocity of " + text_of(rule.velocity), "use a distance per ms above 0");
  if (circuit.space.dims == 0 && std::isfinite(rule.velocity))
    throw InputError(where, "it has a velocity, and there is no space",
                     "describe the space, or leave the velocity out");
  require_kernel(rule.weight, "weight", circuit.space, where);
  require_kernel(rule.probability, "probability", circuit.space, where);
  if (rule.rule == ConnectionRule::pairwise) require_probability(rule.probability, where);
  if (rule.rule == ConnectionRule::fixed_indegree) require_indegree(rule, source, target, where);
  if (rule.rule == ConnectionRule::one_to_one && source.size != target.size)
    throw InputError(where,
                     std::to_string(source.size) + " neurons cannot be joined one to one with " +
                         std::to_string(target.size),
                     "make the populations equally large, or use another rule");
  require_delay(circuit, rule.delay_ms, off_grid, where);
}

void require_first_spike(const Circuit& circuit, double ms, bool off_grid, const std::string& where) {
  if (off_grid && ms >= 0.0 && std::isfinite(ms)) return;
  if (ms >= 0.0 && std::isfinite(ms) && steps_from_ms(ms, circuit.step_ms, OffGrid::round, where) > 0) return;
  throw InputError(where, "a spike at " + text_of(ms) + " ms is not after the first step",
                   "let spikes arrive at " + text_of(circuit.step_ms) + " ms at the earliest");
}

void require_poisson(const Circuit& circuit, const Input& input, const Population& target,
                     const std::string& where) {
  const std::size_t n = input.rate_hz.values().size();
  if (n != 1 && n != target.size)
    throw InputError(
        where, "rate_hz has " + std::to_string(n) + " values for " + std::to_string(target.size) + " neurons",
        "give one value, or one for each neuron");
  for (const double rate_hz : input.rate_hz.values()) {
    if (!(rate_hz >= 0.0) || !std::isfinite(rate_hz))
      throw InputError(where, "a rate of " + text_of(rate_hz) + " Hz", "use a finite rate of 0 or more");
    const double mean = rate_hz * circuit.step_ms * 1e-3;
    if (mean > most_poisson_mean)
      throw InputError(where, text_of(mean) + " spikes a step are more than a drive counts",
                       "lower the rate, shorten the step, or drive with a current; " +
                           text_of(most_poisson_mean) + " are the most");
  }
}

void require_trains(const Circuit& circuit, const Input& input, const Population& target, bool off_grid,
                    const std::string& where) {
  const std::size_t n = input.times_ms.size();
  if (input.neurons.size() != n || (!input.weights.empty() && input.weights.size() != n))
    throw InputError(where,
                     std::to_string(n) + " times, " + std::to_string(input.neurons.size()) + " neurons and " +
                         std::to_string(input.weights.size()) + " weights",
                     "give every spike a time and a neuron, and all of them a weight or none");
  require_ids(input.neurons, target, "spike", where);
  for (std::size_t at = 0; at < n; ++at)
    require_first_spike(circuit, input.times_ms[at], off_grid, where + ", spike " + std::to_string(at));
  for (const double weight : input.weights)
    if (!std::isfinite(weight))
      throw InputError(where, "a weight of " + text_of(weight), "give it a finite value");
}

void require_current(const Input& input, const std::string& where) {
  if (input.current_times_ms.size() != input.currents_pa.size())
    throw InputError(where,
                     std::to_string(input.current_times_ms.size()) + " times for " +
                         std::to_string(input.currents_pa.size()) + " currents",
                     "give every current the time from which it flows");
  for (std::size_t at = 0; at < input.currents_pa.size(); ++at)
    if (!(input.current_times_ms[at] >= 0.0) || !std::isfinite(input.current_times_ms[at]) ||
        !std::isfinite(input.currents_pa[at]))
      throw InputError(
          where,
          text_of(input.currents_pa[at]) + " pA from " + text_of(input.current_times_ms[at]) + " ms on",
          "use finite currents and times from 0 on");
  if (!std::ranges::is_sorted(input.current_times_ms))
    throw InputError(where, "its currents are not in the order of their times", "sort them by time");
}

void require_input(const Circuit& circuit, const Input& input, bool off_grid) {
  const std::string where = "input to '" + input.target + "'";
  const Population& target = population_of(circuit, input.target, where);
  if (!(input.start_ms >= 0.0) || !std::isfinite(input.start_ms) || !(input.stop_ms >= input.start_ms))
    throw InputError(where,
                     "it lasts from " + text_of(input.start_ms) + " to " + text_of(input.stop_ms) + " ms",
                     "start at 0 ms or later, and stop after that");
  if (!std::isfinite(input.weight))
    throw InputError(where, "its weight is " + text_of(input.weight), "give it a finite value");
  switch (input.kind) {
    case InputKind::poisson:
      return require_poisson(circuit, input, target, where);
    case InputKind::trains:
      return require_trains(circuit, input, target, off_grid, where);
    case InputKind::current:
      return require_current(input, where);
    case InputKind::regular:
      break;
  }
  if (!(input.interval_ms + 1e-9 >= circuit.step_ms) || !std::isfinite(input.interval_ms))
    throw InputError(where,
                     "an interval of " + text_of(input.interval_ms) + " ms is below one step of " +
                         text_of(circuit.step_ms) + " ms",
                     "make the interval longer or the step shorter");
  require_first_spike(circuit, input.start_ms, off_grid, where);
}

}  // namespace

void validate(const Circuit& circuit, bool off_grid) {
  require_time_and_space(circuit);
  if (circuit.populations.empty())
    throw InputError("circuit", "there is no population", "describe at least one");
  std::set<std::string> names;
  for (const Population& population : circuit.populations) {
    if (population.name.empty()) throw InputError("population", "it has no name", "name every population");
    if (!names.insert(population.name).second)
      throw InputError("population '" + population.name + "'", "there are two of this name", "rename one");
    require_population(circuit, population);
  }
  for (const Projection& rule : circuit.projections) require_projection(circuit, rule, off_grid);
  for (const Input& input : circuit.inputs) require_input(circuit, input, off_grid);
}

}  // namespace loci::sim
