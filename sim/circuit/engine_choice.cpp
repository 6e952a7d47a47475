#include "sim/circuit/engine_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "sim/circuit/clock.hpp"
#include "sim/circuit/validate.hpp"
#include "sim/error.hpp"

namespace loci::sim {
namespace {

constexpr double pilot_ms = 100.0;

// The part of [begin, end) that lies within the run.
double overlap(double begin, double end, double duration_ms) {
  return std::max(0.0, std::min(end, duration_ms) - begin);
}

double poisson_events(const Input& input, std::size_t n_neurons, double duration_ms) {
  double rate_hz = 0.0;
  for (const double each : input.rate_hz.values()) rate_hz += each;
  if (input.rate_hz.uniform()) rate_hz *= static_cast<double>(n_neurons);
  return rate_hz * 1e-3 * overlap(input.start_ms, input.stop_ms, duration_ms);
}

double events_of(const Input& input, std::size_t n_neurons, double duration_ms) {
  const auto n = static_cast<double>(n_neurons);
  const auto within = [&](double ms) {
    return ms >= input.start_ms && ms <= std::min(input.stop_ms, duration_ms);
  };
  switch (input.kind) {
    case InputKind::poisson:
      return poisson_events(input, n_neurons, duration_ms);
    case InputKind::regular:
      return within(input.start_ms)
                 ? n * (1.0 +
                        std::floor(overlap(input.start_ms, input.stop_ms, duration_ms) / input.interval_ms))
                 : 0.0;
    case InputKind::trains:
      return static_cast<double>(std::ranges::count_if(input.times_ms, within));
    case InputKind::current:
      return n * static_cast<double>(std::ranges::count_if(input.current_times_ms, within));
  }
  return 0.0;
}

// When anything from outside acts for the first time; infinity: never.
double first_input_ms(const Circuit& circuit) {
  double first = std::numeric_limits<double>::infinity();
  for (const Input& input : circuit.inputs) {
    const auto& times = input.kind == InputKind::trains ? input.times_ms : input.current_times_ms;
    const bool listed = input.kind == InputKind::trains || input.kind == InputKind::current;
    if (listed && times.empty()) continue;
    first =
        std::min(first, listed ? std::max(input.start_ms, *std::ranges::min_element(times)) : input.start_ms);
  }
  return first;
}

// Spikes, each with those that it sends.
class EventCount final : public CircuitListener {
 public:
  EventCount(const Circuit& circuit, const Connectivity& connectivity, Step first)
      : first_(first), per_spike_(circuit.populations.size(), events_per_lone_spike) {
    for (const ProjectionEdges& edges : connectivity.projections())
      per_spike_[edges.source()] += static_cast<double>(edges.n_edges()) /
                                    static_cast<double>(circuit.populations[edges.source()].size);
  }
  void on_spikes(Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    if (step + 1 >= first_) events_ += per_spike_[population] * static_cast<double>(neurons.size());
  }
  double events() const { return events_; }

 private:
  Step first_;                     // at whose begin the first input arrives
  std::vector<double> per_spike_;  // by population
  double events_ = 0.0;
};

std::string text_of(double value) {
  std::ostringstream text;
  text.precision(2);
  text << value;
  return text.str();
}

std::string activity_text(double events, const char* whence) {
  return text_of(events) + " events a neuron and step" + whence + ", " +
         (events < event_engine_limit ? "fewer" : "not fewer") + " than " + text_of(event_engine_limit);
}

// What the clock engine cannot run of a circuit that the event engine can; empty: nothing.
std::string clock_engine_obstacle(const Circuit& circuit) {
  try {
    validate(circuit);
  } catch (const InputError& error) {
    return error.where() + ": " + error.problem();
  }
  return "";
}

}  // namespace

std::string event_engine_obstacle(const Circuit& circuit) {
  for (const Population& population : circuit.populations)
    if (population.cell.model == CellModel::lif_discrete)
      return "population '" + population.name + "' has neurons that are defined step by step";
  return "";
}

double input_events_per_neuron_step(const Circuit& circuit, double duration_ms) {
  double events = 0.0;
  for (const Input& input : circuit.inputs)
    events += events_of(input, circuit.populations[find_population(circuit, input.target, "input")].size,
                        duration_ms);
  return events_per_lone_spike * events /
         (static_cast<double>(circuit.n_neurons()) * duration_ms / circuit.step_ms);
}

double recurrent_events_per_neuron_step(const Circuit& circuit, const Connectivity& connectivity,
                                        double duration_ms) {
  const double first_ms = std::min(first_input_ms(circuit), duration_ms);
  const double begin_ms = first_ms < duration_ms ? first_ms : 0.0;
  const auto steps = [&](double ms) { return steps_from_ms(ms, circuit.step_ms, OffGrid::round, "pilot"); };
  const Step begin = steps(begin_ms);
  const Step end = std::max(begin + 1, steps(std::min(begin_ms + pilot_ms, duration_ms)));
  CircuitClock clock(circuit, connectivity);
  EventCount count(circuit, connectivity, begin);
  clock.run(end, count);
  return count.events() / (static_cast<double>(circuit.n_neurons()) * (end - begin));
}

EngineChoice choose_engine(const Circuit& circuit, double duration_ms, const std::function<double()>& pilot) {
  validate(circuit, true);
  if (const auto obstacle = event_engine_obstacle(circuit); !obstacle.empty())
    return {.reason = "the event engine cannot run it: " + obstacle};
  if (const auto obstacle = clock_engine_obstacle(circuit); !obstacle.empty())
    return {.event = true, .reason = "the clock engine cannot run it: " + obstacle};
  const double from_outside = input_events_per_neuron_step(circuit, duration_ms);
  if (from_outside >= event_engine_limit)
    return {.reason = activity_text(from_outside, " from outside alone"),
            .events_per_neuron_step = from_outside};
  const double events = from_outside + pilot();
  return {.event = events < event_engine_limit,
          .reason = activity_text(events, ""),
          .events_per_neuron_step = events};
}

}  // namespace loci::sim
