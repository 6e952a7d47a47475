// The clock-driven and the event-driven engine on the same images, in turn.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "bench/workload.hpp"
#include "sim/simulate.hpp"

namespace loci::bench {

struct EngineWorkload {
  const sim::NetworkDescription& network;
  const sim::Parameters& parameters;
  const sim::SpatialGraph& graph;
  const sim::LabelledImages& images;
  sim::Encoder encoder;
  std::size_t n_steps;
};

// Spikes per neuron and step, of the layers after the input and of a spiking input.
struct Activity {
  double neurons = 0.0;
  double input = 0.0;
};

struct EngineResult {
  std::vector<double> seconds;   // per round over all images
  sim::SimulationCounts counts;  // of one round
};

struct EngineComparison {
  EngineResult clock, event;
  Activity activity;
  std::vector<std::size_t> predictions;  // per image
};

// Runs the first n_images with one engine.
Activity measure_activity(const EngineWorkload& workload, std::size_t n_images);

// Checks first that the engines agree spike for spike and throws std::runtime_error otherwise.
EngineComparison compare_engines(const EngineWorkload& workload, std::size_t n_rounds);

nlohmann::json engine_json(const EngineResult& result, std::size_t n_images);

double median(std::vector<double> values);

}  // namespace loci::bench
