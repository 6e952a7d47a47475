#include "sim/clock_engine.hpp"

#include <algorithm>
#include <utility>

namespace loci::sim {

// No spike is under way for longer than the window: what would arrive later is dropped when it is sent.
ClockEngine::ClockEngine(LayeredModel model)
    : model_(std::move(model)),
      membrane_(model_.n_neurons),
      under_way_(model_.n_neurons, std::min(model_.synapses->longest_delay(), model_.window)) {}

// The order within a step is that of the trained network: input of earlier steps counts before the threshold
// is tested, and what fires now acts one step later at the earliest, so the order of the layers within a step
// does not matter.
void ClockEngine::run(const Stimulus& stimulus, SpikeListener& listener) {
  std::ranges::fill(membrane_, 0.0);
  under_way_.clear();
  for (Step now = 0; now < model_.window; ++now) {
    const std::span<double> arrived = under_way_.at(now);  // deliver what is due
    spikes_.clear();
    add_input_spikes(stimulus, now);  // add the outside world
    for (const ActiveLayer& layer :
         model_.layers)  // integrate, and find the spikes in the order of the neurons
      if (layer.active(now)) integrate(layer, stimulus.current, arrived);
    std::ranges::fill(arrived, 0.0);
    send(now);
    if (!spikes_.empty()) listener.on_spikes(now, spikes_);
  }
}

void ClockEngine::add_input_spikes(const Stimulus& stimulus, Step now) {
  if (stimulus.spikes == nullptr || now >= model_.n_steps) return;
  for (const std::uint32_t pixel : stimulus.spikes->at(now)) spikes_.push_back(NeuronId{pixel});
}

void ClockEngine::integrate(const ActiveLayer& layer, std::span<const double> current,
                            std::span<const double> arrived) {
  for (Vertex n = layer.begin; n < layer.end; ++n)
    if (layer.lif.step(current[n] + arrived[n], membrane_[n])) spikes_.push_back(NeuronId{n});
  counts_.neuron_updates += layer.end - layer.begin;
}

void ClockEngine::send(Step now) {
  counts_.spikes += spikes_.size();
  for (const NeuronId spike : spikes_) {
    const Vertex source = index_of(spike);
    for (const Synapses::Bundle& bundle : model_.synapses->from(source)) {
      const Step arrival = now + bundle.delay;
      if (arrival >= model_.arrive_before[source]) {
        counts_.dropped_events += bundle.size();
      } else {
        model_.synapses->deliver(bundle, 1.0, under_way_.at(arrival));
        counts_.synaptic_events += bundle.size();
      }
    }
  }
}

}  // namespace loci::sim
