// A layered spiking network, sample by sample, with either engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/encoder.hpp"
#include "sim/engine.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/recorder.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::sim {

enum class Engine { clock, event };

std::string_view name_of(Engine value);
Engine parse_engine(std::string_view text, const std::string& where);

struct SampleResult {
  std::vector<std::uint32_t> output_counts;  // (n_outputs) spikes of each output neuron
  std::size_t predicted = 0;                 // the first output neuron with the most spikes
};

// A spike in step t of the grid happens at the step's end, (t + 1) step_ms. Layer l's own step t is step t +
// l of the grid (sim/engine.hpp), with every encoding; a constant current flows into layer 1 during that
// layer's n_steps steps. One object serves one thread; objects may share a graph.
class LayeredSimulation {
 public:
  // The simulation shares the graph; weights and delays are the graph's, biases the parameters'.
  // Throws InputError when n_steps is 0 or too long, or when distance-dependent delays were made for another
  // step_ms.
  LayeredSimulation(const NetworkDescription& network, const Parameters& parameters,
                    const SpatialGraph& graph, Engine engine, std::size_t n_steps, double step_ms = 1.0);

  // One sample from a fresh state. pixels: (n_0) bytes; sample: the number that keys the encoder's random
  // draws. The recorder is told times in ms from the sample's start. Throws InputError when the image does
  // not fit the input layer.
  SampleResult run(std::span<const std::uint8_t> pixels, const Encoder& encoder, std::uint32_t sample,
                   Recorder& recorder);

  // From the sample's start to the end of the last step in which its output layer may fire.
  double sample_duration_ms() const { return static_cast<double>(window_) * step_ms_; }
  // Accumulated over all samples.
  const SimulationCounts& counts() const { return engine_->counts(); }

 private:
  void inject(std::span<const std::uint8_t> pixels);

  SpatialGraph graph_;
  std::size_t n_steps_;
  Step window_;
  double step_ms_;
  std::vector<double> bias_;     // (n_neurons), 0 in the input layer
  std::vector<double> current_;  // scratch: (n_neurons) bias and image of one sample
  SpikeTrains trains_;           // scratch
  std::unique_ptr<SpikingEngine> engine_;
};

}  // namespace loci::sim
