#include "sim/circuit/event.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "sim/error.hpp"

namespace loci::sim {

CircuitEvent::CircuitEvent(const Circuit& circuit, const Connectivity& connectivity)
    : circuit_(circuit),
      connectivity_(connectivity),
      time_(circuit, !connectivity.off_grid()),
      inputs_(circuit, connectivity, time_) {
  std::uint32_t first = 0;
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    const PlacedPopulation& placed = connectivity.populations()[p];
    const auto neurons = placed.cells ? placed.cells->neurons() : std::span<const std::uint32_t>();
    populations_.push_back({.cells = EventCells(circuit, p, neurons, time_), .first = first});
    first += static_cast<std::uint32_t>(placed.size);
  }
  for (std::size_t i = 0; i < connectivity.projections().size(); ++i)
    populations_[connectivity.projections()[i].source()].outgoing.push_back(i);
  marks_.resize(first);
  for (PopulationState& population : populations_)
    for (std::uint32_t place = 0; place < population.cells.size(); ++place)
      crossings_.set(population.first + place, population.cells.next_crossing(place));
  counts_.predictions += first;
}

// The order within one time: what is on its way and the outside world arrive, neurons are brought to the
// present and fire, currents change from now on, and what comes next is found. Delays are above 0, so that a
// spike acts at a later time.
void CircuitEvent::run_until(double time_ms, CircuitEventListener& listener) {
  if (!std::isfinite(time_ms))
    throw InputError("event engine", "a run without end never returns", "give a time in ms");
  const double end = time_.between(time_ms);
  for (double now = next_time(); now <= end; now = next_time()) {
    deliver(now);
    add_inputs(now);
    wake(now);
    meet_changes(now);
    update_touched(now);
    predict_touched(now);
    send(now);
    report(now, listener);
  }
  now_ = std::max(now_, end);
}

double CircuitEvent::next_time() const {
  return std::min(std::min(arrivals_.next_time(), crossings_.next_time()),
                  std::min(inputs_.next_time(), inputs_.next_change()));
}

void CircuitEvent::touch(std::uint32_t neuron) {
  if (marks_[neuron] != 0) return;
  marks_[neuron] = touched;
  touched_.push_back(neuron);
}

// Flights that land at one time do so in the order of their sources, not in that in which they were put away.
void CircuitEvent::deliver(double now) {
  landing_.clear();
  for (; arrivals_.next_time() == now; arrivals_.remove(arrivals_.next()))
    landing_.push_back(arrivals_.next());
  std::ranges::sort(landing_, {}, [&](TimeQueue::Slot slot) {
    const Flight& flight = flights_[slot];
    return std::tuple(flight.source, flight.sent, flight.projection);
  });
  for (const TimeQueue::Slot slot : landing_) {
    Flight& flight = flights_[slot];
    const std::size_t target = connectivity_.projections()[flight.projection].target();
    EventCells& cells = populations_[target].cells;
    for (; flight.next < flight.edges.size() && flight.arrives() == now; ++flight.next) {
      const Flight::Edge& edge = flight.edges[flight.next];
      cells.arrive(edge.target, edge.weight);
      touch(number(target, edge.target));
      ++counts_.synaptic_events;
    }
    if (flight.next < flight.edges.size())
      arrivals_.set(slot, flight.arrives());
    else
      idle_.push_back(slot);
  }
}

void CircuitEvent::add_inputs(double now) {
  input_spikes_.clear();
  inputs_.take(now, input_spikes_);
  counts_.input_events += input_spikes_.size();
  for (const InputSpike& spike : input_spikes_) {
    populations_[spike.population].cells.arrive(spike.place, spike.weight);
    touch(number(spike.population, spike.place));
  }
}

void CircuitEvent::wake(double now) {
  for (; crossings_.next_time() == now; crossings_.remove(crossings_.next())) {
    touch(crossings_.next());
    marks_[crossings_.next()] |= due;
  }
}

// A current lifts the membranes of its population from now on: until now they are as the former one has them.
void CircuitEvent::meet_changes(double now) {
  changes_.clear();
  inputs_.take_changes(now, changes_);
  for (const EventInputs::CurrentChange& change : changes_)
    for (std::uint32_t place = 0; place < populations_[change.population].cells.size(); ++place)
      touch(number(change.population, place));
}

template <typename Visit>
void CircuitEvent::for_touched(const Visit& visit) {
  std::size_t p = 0;
  for (const std::uint32_t neuron : touched_) {
    while (neuron - populations_[p].first >= populations_[p].cells.size()) ++p;
    visit(p, neuron - populations_[p].first, neuron);
  }
}

void CircuitEvent::update_touched(double now) {
  std::ranges::sort(touched_);
  fired_.clear();
  for_touched([&](std::size_t population, std::uint32_t place, std::uint32_t neuron) {
    if (populations_[population].cells.update(place, now, (marks_[neuron] & due) != 0))
      fired_.push_back({population, place});
    marks_[neuron] = 0;
  });
  counts_.neuron_updates += touched_.size();
}

// Time goes on, were it by the last bit: the strongest drive fires a neuron once at a time.
void CircuitEvent::predict_touched(double now) {
  for (const EventInputs::CurrentChange& change : changes_)
    populations_[change.population].cells.set_current(change.current_pa);
  for_touched([&](std::size_t population, std::uint32_t place, std::uint32_t neuron) {
    const double crossing = populations_[population].cells.next_crossing(place);
    crossings_.set(neuron, crossing > now ? crossing : std::nextafter(now, TimeQueue::never));
  });
  counts_.predictions += touched_.size();
  touched_.clear();
}

void CircuitEvent::send(double now) {
  counts_.spikes += fired_.size();
  for (const Fired& spike : fired_)
    for (const std::size_t projection : populations_[spike.population].outgoing)
      launch(now, projection, spike);
}

void CircuitEvent::launch(double now, std::size_t projection, const Fired& spike) {
  connectivity_.projections()[projection].read(spike.place, row_, scratch_);
  if (row_.size() == 0) return;
  if (idle_.empty()) {
    idle_.push_back(static_cast<TimeQueue::Slot>(flights_.size()));
    flights_.emplace_back();
  }
  const TimeQueue::Slot slot = idle_.back();
  idle_.pop_back();
  Flight& flight = flights_[slot];
  flight.sent = now;
  flight.source = number(spike.population, spike.place);
  flight.projection = projection;
  flight.next = 0;
  flight.edges.clear();
  for (std::size_t e = 0; e < row_.size(); ++e)
    flight.edges.push_back(
        {time_.on_grid ? row_.delay[e] : row_.delay_ms[e], row_.target[e], row_.weight[e]});
  if (!std::ranges::is_sorted(flight.edges)) std::ranges::sort(flight.edges);
  arrivals_.set(slot, flight.arrives());
}

void CircuitEvent::report(double now, CircuitEventListener& listener) {
  for (std::size_t first = 0, last; first < fired_.size(); first = last) {
    const std::size_t population = fired_[first].population;
    reported_.clear();
    for (last = first; last < fired_.size() && fired_[last].population == population; ++last)
      reported_.push_back(connectivity_.populations()[population].neuron_at(fired_[last].place));
    std::ranges::sort(reported_);
    listener.on_spikes(time_.in_ms(now), population, reported_);
  }
}

EventCells::State CircuitEvent::state(std::size_t population, std::uint32_t neuron) const {
  return populations_[population].cells.at(connectivity_.populations()[population].place_of(neuron), now_);
}
double CircuitEvent::membrane(std::size_t population, std::uint32_t neuron) const {
  return state(population, neuron).membrane;
}
double CircuitEvent::excitatory_current(std::size_t population, std::uint32_t neuron) const {
  return state(population, neuron).excitatory;
}
double CircuitEvent::inhibitory_current(std::size_t population, std::uint32_t neuron) const {
  return state(population, neuron).inhibitory;
}
double CircuitEvent::adaptation_current(std::size_t population, std::uint32_t neuron) const {
  return state(population, neuron).adaptation;
}

}  // namespace loci::sim
