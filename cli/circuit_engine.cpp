#include "cli/circuit_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/circuit/clock.hpp"
#include "sim/circuit/engine_choice.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

class ClockListener final : public sim::CircuitListener {
 public:
  ClockListener(const sim::Circuit& circuit, const sim::CircuitClock& clock, CircuitOutputs& outputs,
                sim::SpikeStatistics& statistics)
      : step_ms_(circuit.step_ms), probe_(clock), outputs_(outputs), statistics_(statistics) {}

  void on_spikes(sim::Step step, std::size_t population, std::span<const std::uint32_t> neurons) override {
    statistics_.on_spikes(step, population, neurons);
    outputs_.on_spikes((step + 1.0) * step_ms_, population, neurons);
  }
  sim::Step interval() const override { return outputs_.frame_interval(); }
  void on_step(sim::Step step) override {
    if (outputs_.wants_frame(step + 1)) outputs_.take_frame(step + 1, probe_);
  }

 private:
  double step_ms_;
  EngineProbe<sim::CircuitClock> probe_;
  CircuitOutputs& outputs_;
  sim::SpikeStatistics& statistics_;
};

class EventListener final : public sim::CircuitEventListener {
 public:
  EventListener(CircuitOutputs& outputs, sim::SpikeStatistics& statistics)
      : outputs_(outputs), statistics_(statistics) {}
  void on_spikes(double time_ms, std::size_t population, std::span<const std::uint32_t> neurons) override {
    statistics_.add(time_ms, population, neurons);
    outputs_.on_spikes(time_ms, population, neurons);
  }

 private:
  CircuitOutputs& outputs_;
  sim::SpikeStatistics& statistics_;
};

// In pieces of 10 ms, so that a bar can be drawn in between. piece(done) goes on and says how far it came.
template <typename Piece>
void run_pieces(const char* title, const io::CircuitFile& file, const Output& output, Piece piece,
                const std::function<std::uint64_t()>& n_spikes) {
  const double step_ms = file.circuit.step_ms;
  const sim::Step n_steps =
      sim::steps_from_ms(file.duration_ms, step_ms, sim::OffGrid::refuse, "run.duration_ms");
  const auto ten_ms = std::max<sim::Step>(1, static_cast<sim::Step>(10.0 / step_ms));
  Progress progress(output, "ms");
  for (sim::Step done = 0; done < n_steps;) {
    done = piece(done, std::min(done + ten_ms, n_steps));
    progress.update(title, done, n_steps, static_cast<std::uint64_t>(done * step_ms),
                    fmt::format("{} spikes", n_spikes()));
  }
}

void run_clock(const io::CircuitFile& file, sim::CircuitClock& clock, CircuitOutputs& outputs,
               sim::SpikeStatistics& statistics, const Output& output) {
  ClockListener listener(file.circuit, clock, outputs, statistics);
  if (outputs.wants_frame(0)) outputs.take_frame(0, EngineProbe(clock));
  run_pieces(
      "clock engine", file, output,
      [&](sim::Step done, sim::Step until) {
        clock.run(until - done, listener);
        return until;
      },
      [&] { return clock.n_spikes(); });
}

void run_event(const io::CircuitFile& file, sim::CircuitEvent& event, CircuitOutputs& outputs,
               sim::SpikeStatistics& statistics, const Output& output) {
  EventListener listener(outputs, statistics);
  const EngineProbe probe(event);
  if (outputs.wants_frame(0)) outputs.take_frame(0, probe);
  run_pieces(
      "event engine", file, output,
      [&](sim::Step done, sim::Step until) {
        const sim::Step next = std::min(until, outputs.next_frame(done));
        event.run_until(next * file.circuit.step_ms, listener);
        if (outputs.wants_frame(next)) outputs.take_frame(next, probe);
        return next;
      },
      [&] { return event.counts().spikes; });
}

bool has_poisson(const sim::Circuit& circuit) {
  return std::ranges::any_of(circuit.inputs,
                             [](const sim::Input& input) { return input.kind == sim::InputKind::poisson; });
}

// What a user who did not choose has to know of the choice.
std::string consequences(const io::CircuitFile& file, bool on_grid) {
  std::string text;
  if (!on_grid) text += "; times are not rounded to steps";
  if (has_poisson(file.circuit))
    text +=
        "; Poisson input comes in continuous time, so spikes equal the clock engine's in their "
        "statistics alone";
  return text;
}

}  // namespace

EnginePlan plan_engine(const io::CircuitFile& file, const EngineRequest& request, const Output& output) {
  EnginePlan plan{.event = request.engine == sim::EngineRequest::event};
  const auto build = [&](bool off_grid) {
    sim::ConnectivityOptions edges = request.edges;
    edges.off_grid = off_grid;
    plan.connectivity.reset();  // never two at once
    plan.connectivity = std::make_unique<sim::Connectivity>(file.circuit, edges);
  };
  if (request.engine == sim::EngineRequest::automatic) {
    const auto choice = sim::choose_engine(file.circuit, file.duration_ms, [&] {
      Progress(output, "").line("choosing the engine: 100 ms on the clock engine");
      build(false);
      return sim::recurrent_events_per_neuron_step(file.circuit, *plan.connectivity, file.duration_ms);
    });
    plan.event = choice.event;
    plan.reason = choice.reason;
    plan.events_per_neuron_step = choice.events_per_neuron_step;
    if (plan.event) plan.reason += consequences(file, request.on_grid);
  }
  plan.on_grid = !plan.event || request.on_grid;
  if (!plan.connectivity || !plan.on_grid) build(!plan.on_grid);
  return plan;
}

std::optional<sim::CircuitEventCounts> run_circuit(const io::CircuitFile& file, const EnginePlan& plan,
                                                   CircuitOutputs& outputs, const std::string& configuration,
                                                   sim::SpikeStatistics& statistics, const Output& output) {
  if (!plan.event) {
    sim::CircuitClock clock(file.circuit, *plan.connectivity);
    outputs.open(configuration);
    run_clock(file, clock, outputs, statistics, output);
    return std::nullopt;
  }
  sim::CircuitEvent event(file.circuit, *plan.connectivity);
  outputs.open(configuration);
  run_event(file, event, outputs, statistics, output);
  return event.counts();
}

}  // namespace loci::cli
