// Which engine suits a circuit: by what it cannot run, else by how much happens in it.
#pragma once

#include <functional>
#include <string>

#include "sim/circuit/connectivity.hpp"

namespace loci::sim {

// What a user asks for.
enum class EngineRequest { clock, event, automatic };

// Below so many events for each neuron and step the event engine is the faster one. An event is a spike that
// arrives through a synapse; one from outside counts as four, and so does one that a neuron fires, for each
// comes alone and is followed by a search for the next crossing, while those of a row come together.
//
// Measured on one core of a shared AMD EPYC (Zen 3, AVX2), the shortest of three runs each: steps of 0.1 ms,
// Poisson input of which every spike fires its neuron, at 0.1 to 160 Hz. Both engines took the same time at
// this many events:
//                                lif_delta                  lif_exp
//                            4,000   40,000 neurons     4,000   40,000
//   100 synapses a neuron    0.037    0.018             0.017    0.017
//   none                     0.060    0.027             0.013    0.018
// At the limit the engine not chosen is at most four times as fast, and mostly less than twice.
inline constexpr double event_engine_limit = 0.015;
inline constexpr double events_per_lone_spike = 4.0;

struct EngineChoice {
  bool event = false;
  std::string reason;                   // in words, for the user
  double events_per_neuron_step = 0.0;  // as far as it was needed for the choice
};

// What the event engine cannot simulate of a circuit that passes validate(circuit, true); empty: nothing.
std::string event_engine_obstacle(const Circuit& circuit);

// Events of spikes and changes of current from outside, for each neuron and step of a run of `duration_ms`.
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
