#include "bench/engine_run.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace loci::bench {
namespace {

sim::LayeredSimulation simulation_of(const EngineWorkload& workload, sim::Engine engine) {
  return {workload.network, workload.parameters, workload.graph, engine, workload.n_steps};
}

Activity activity_of(const EngineWorkload& workload, const sim::Raster& raster, std::size_t n_images) {
  const auto n_inputs = workload.graph.layer_begin(1);
  const auto n_input_spikes =
      std::ranges::count_if(raster.neuron, [&](sim::NeuronId id) { return index_of(id) < n_inputs; });
  const auto steps = static_cast<double>(n_images * workload.n_steps);
  const auto n_neurons = static_cast<double>(workload.graph.n_neurons() - n_inputs);
  const auto n_spikes = static_cast<double>(raster.size()) - static_cast<double>(n_input_spikes);
  return {.neurons = n_spikes / (steps * n_neurons),
          .input = static_cast<double>(n_input_spikes) / (steps * static_cast<double>(n_inputs))};
}

// All spikes of the first n_images, end to end, and what was predicted.
sim::Raster record(const EngineWorkload& workload, std::size_t n_images, sim::LayeredSimulation& simulation,
                   std::vector<std::size_t>& predictions) {
  sim::Raster raster;
  sim::RasterRecorder recorder(raster);
  for (std::size_t i = 0; i < n_images; ++i) {
    recorder.begin_sample(static_cast<double>(i) * simulation.sample_duration_ms());
    const auto sample = static_cast<std::uint32_t>(i);
    predictions.push_back(
        simulation.run(workload.images.image(i), workload.encoder, sample, recorder).predicted);
  }
  return raster;
}

double time_round(const EngineWorkload& workload, sim::LayeredSimulation& simulation) {
  sim::NullRecorder recorder;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < workload.images.size(); ++i)
    simulation.run(workload.images.image(i), workload.encoder, static_cast<std::uint32_t>(i), recorder);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Activity measure_activity(const EngineWorkload& workload, std::size_t n_images) {
  auto simulation = simulation_of(workload, sim::Engine::clock);
  std::vector<std::size_t> predictions;
  return activity_of(workload, record(workload, n_images, simulation, predictions), n_images);
}

EngineComparison compare_engines(const EngineWorkload& workload, std::size_t n_rounds) {
  auto clock = simulation_of(workload, sim::Engine::clock);
  auto event = simulation_of(workload, sim::Engine::event);
  const std::size_t n_images = workload.images.size();
  EngineComparison comparison;
  std::vector<std::size_t> again;
  const sim::Raster raster = record(workload, n_images, clock, comparison.predictions);
  if (raster != record(workload, n_images, event, again))
    throw std::runtime_error("the engines disagree: nothing was timed");
  comparison.activity = activity_of(workload, raster, n_images);
  comparison.clock.counts = clock.counts();
  comparison.event.counts = event.counts();
  for (std::size_t round = 0; round < n_rounds; ++round) {
    comparison.clock.seconds.push_back(time_round(workload, clock));
    comparison.event.seconds.push_back(time_round(workload, event));
  }
  return comparison;
}

nlohmann::json engine_json(const EngineResult& result, std::size_t n_images) {
  const auto n = static_cast<double>(n_images);
  return {{"seconds", result.seconds},
          {"images_per_second", n / median(result.seconds)},
          {"spikes_per_image", static_cast<double>(result.counts.spikes) / n},
          {"synaptic_events_per_image", static_cast<double>(result.counts.synaptic_events) / n},
          {"neuron_updates_per_image", static_cast<double>(result.counts.neuron_updates) / n},
          {"predictions_per_image", static_cast<double>(result.counts.predictions) / n}};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace loci::bench
