// Which engine suits a circuit: by what it cannot run, else by how much happens in it.
#pragma once

#include <functional>
#include <string>

#include "sim/circuit/connectivity.hpp"

namespace loci::sim {

// What a user asks for.
enum class EngineRequest { clock, event, automatic };

// Below so many events for each neuron and step the event engine is the faster one. An event is a spike that
// arrives at a neuron, from outside or through a synapse, or one that a neuron fires.
//
// Measured on one core of an AMD EPYC (Zen 3), 4,000 neurons with 100 synapses each, steps of 0.1 ms, by
// driving them more and more: see docs/performance.md. The engines took the same time at MEASURED.
inline constexpr double event_engine_limit = 0.003;

struct EngineChoice {
  bool event = false;
  std::string reason;                   // in words, for the user
  double events_per_neuron_step = 0.0;  // as far as it was needed for the choice
};

// What the event engine cannot simulate of a circuit that passes validate(circuit, true); empty: nothing.
std::string event_engine_obstacle(const Circuit& circuit);

// Events that arrive from outside, for each neuron and step of a run of `duration_ms`.
double input_events_per_neuron_step(const Circuit& circuit, double duration_ms);

// Runs the circuit on the clock engine from its start until 100 ms after its first input, or to the end of
// the run if that is earlier, and counts the spikes and where they go, for each neuron and step since that
// input. The connectivity is on the grid.
double recurrent_events_per_neuron_step(const Circuit& circuit, const Connectivity& connectivity,
                                        double duration_ms);

// Chooses from the description alone where that is enough: an obstacle, or input beyond the limit; a circuit
// that the clock engine cannot run, for a delay below one step, goes to the event engine. Where it is not,
// `pilot` is called for recurrent_events_per_neuron_step(). A pure function of circuit and duration.
EngineChoice choose_engine(const Circuit& circuit, double duration_ms, const std::function<double()>& pilot);

}  // namespace loci::sim
