#include "sim/event_engine.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace loci::sim {

bool EventEngine::Later::operator()(const Wakeup& a, const Wakeup& b) const {
  return std::tie(a.time, a.neuron) > std::tie(b.time, b.neuron);
}

EventEngine::EventEngine(LayeredModel model)
    : model_(std::move(model)),
      neurons_(model_.n_neurons),
      arrived_(model_.n_neurons),
      under_way_(std::min(model_.synapses->longest_delay(), model_.window) + 1),
      touched_at_(model_.n_neurons) {}

// The same order within one time as in the clock engine.
void EventEngine::run(const Stimulus& stimulus, SpikeListener& listener) {
  begin(stimulus);
  while (const std::optional<Step> now = next_time()) {
    deliver(*now);
    wake(*now);
    spikes_.clear();
    add_input_spikes(*now);
    update_touched(*now);
    send(*now);
    if (!spikes_.empty()) listener.on_spikes(*now, spikes_);
  }
}

void EventEngine::begin(const Stimulus& stimulus) {
  stimulus_ = stimulus;
  next_input_ = input_from(0);
  std::ranges::fill(neurons_, Neuron{});
  std::ranges::fill(arrived_, 0.0);
  std::ranges::fill(touched_at_, never);
  for (Flights& flights : under_way_) flights.clear();
  arrivals_ = {};
  wakeups_ = {};
  for (const ActiveLayer& layer : model_.layers) {
    for (Vertex n = layer.begin; n < layer.end; ++n) {
      neurons_[n].updated = layer.start - 1;
      predict(layer, n);
    }
  }
}

std::optional<Step> EventEngine::next_time() {
  while (!wakeups_.empty() && neurons_[wakeups_.top().neuron].wakes != wakeups_.top().time) wakeups_.pop();
  Step time = next_input_;
  if (!arrivals_.empty()) time = std::min(time, arrivals_.top());
  if (!wakeups_.empty()) time = std::min(time, wakeups_.top().time);
  return time == never ? std::nullopt : std::optional(time);
}

void EventEngine::deliver(Step now) {
  touched_.clear();
  if (arrivals_.empty() || arrivals_.top() != now) return;
  arrivals_.pop();
  // Bundles to a whole layer come by the hundred; only the first of them touches anybody new.
  Vertex covered_begin = 0;
  Vertex covered_end = 0;
  for (const Synapses::Bundle* bundle : arriving_at(now)) {
    model_.synapses->deliver(*bundle, 1.0, arrived_);
    counts_.synaptic_events += bundle->size();
    const std::span<const Vertex> targets = model_.synapses->targets(*bundle);
    if (covered_begin <= targets.front() && targets.back() < covered_end) continue;
    for (const Vertex target : targets) touch(target, now);
    if (!bundle->gapless) continue;
    covered_begin = targets.front();
    covered_end = targets.back() + 1;
  }
  arriving_at(now).clear();
}

void EventEngine::wake(Step now) {
  while (!wakeups_.empty() && wakeups_.top().time == now) {
    const Vertex neuron = wakeups_.top().neuron;
    wakeups_.pop();
    if (neurons_[neuron].wakes == now) touch(neuron, now);
  }
}

void EventEngine::touch(Vertex neuron, Step now) {
  if (touched_at_[neuron] == now) return;
  touched_at_[neuron] = now;
  touched_.push_back(neuron);
}

Step EventEngine::input_from(Step step) const {
  if (stimulus_.spikes == nullptr) return never;
  while (step < model_.n_steps && stimulus_.spikes->at(step).empty()) ++step;
  return step < model_.n_steps ? step : never;
}

void EventEngine::add_input_spikes(Step now) {
  if (now != next_input_) return;
  for (const std::uint32_t pixel : stimulus_.spikes->at(now)) spikes_.push_back(NeuronId{pixel});
  next_input_ = input_from(now + 1);
}

void EventEngine::sort_touched(Step now) {
  if (std::ranges::is_sorted(touched_)) return;
  if (touched_.size() < touched_at_.size() / 16) {
    std::ranges::sort(touched_);
    return;
  }
  touched_.clear();  // so many that looking at every neuron is quicker than sorting
  for (Vertex n = 0; n < touched_at_.size(); ++n)
    if (touched_at_[n] == now) touched_.push_back(n);
}

void EventEngine::update_touched(Step now) {
  sort_touched(now);
  auto layer = model_.layers.begin();
  for (const Vertex n : touched_) {
    while (n >= layer->end) ++layer;
    Neuron& neuron = neurons_[n];
    const double current = stimulus_.current[n];
    double membrane = neuron.wakes == now
                          ? neuron.membrane_before
                          : layer->lif.undisturbed(neuron.membrane, current, now - 1 - neuron.updated);
    if (layer->lif.step(current + arrived_[n], membrane)) spikes_.push_back(NeuronId{n});
    neuron.membrane = membrane;
    neuron.updated = now;
    arrived_[n] = 0.0;
    predict(*layer, n);
  }
  counts_.neuron_updates += touched_.size();
}

void EventEngine::predict(const ActiveLayer& layer, Vertex n) {
  Neuron& neuron = neurons_[n];
  const Step queued = std::exchange(neuron.wakes, never);
  const auto wakeup =
      layer.lif.next_wakeup(neuron.membrane, stimulus_.current[n], layer.stop - 1 - neuron.updated);
  if (wakeup.steps == 0) return;
  ++counts_.predictions;
  neuron.wakes = neuron.updated + wakeup.steps;
  neuron.membrane_before = wakeup.membrane_before;
  if (neuron.wakes != queued) wakeups_.push({neuron.wakes, n});
}

void EventEngine::send(Step now) {
  counts_.spikes += spikes_.size();
  for (const NeuronId spike : spikes_) {
    const Vertex source = index_of(spike);
    for (const Synapses::Bundle& bundle : model_.synapses->from(source)) {
      const Step arrival = now + bundle.delay;
      if (arrival >= model_.arrive_before[source]) {
        counts_.dropped_events += bundle.size();
        continue;
      }
      if (arriving_at(arrival).empty()) arrivals_.push(arrival);
      arriving_at(arrival).push_back(&bundle);
    }
  }
}

}  // namespace loci::sim
