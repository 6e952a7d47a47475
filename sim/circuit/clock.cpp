#include "sim/circuit/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <thread>
#include <utility>

#include "sim/circuit/meeting.hpp"
#include "sim/error.hpp"

namespace loci::sim {
namespace {

Step step_at(double ms, const Circuit& circuit, const std::string& where) {
  return std::isfinite(ms) ? steps_from_ms(ms, circuit.step_ms, OffGrid::round, where) : max_steps;
}

// The step at whose end this is.
Step step_ending(double ms, const Circuit& circuit, const std::string& where) {
  const Step end = step_at(ms, circuit, where);
  if (end == 0)
    throw InputError(
        where, "a spike at " + std::to_string(ms) + " ms comes before the first step ends",
        "let spikes arrive after one step of " + std::to_string(circuit.step_ms) + " ms at the earliest");
  return end - 1;
}

std::size_t population_of(const Circuit& circuit, const std::string& name) {
  for (std::size_t p = 0; p < circuit.populations.size(); ++p)
    if (circuit.populations[p].name == name) return p;
  throw InputError("input", "there is no population '" + name + "'", "name one of the circuit's");
}

// Adds the time since the last lap to what it was spent on.
class Laps {
 public:
  void end(double& seconds) {
    const auto now = std::chrono::steady_clock::now();
    seconds += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace

CircuitClock::CircuitClock(const Circuit& circuit, const Connectivity& connectivity)
    : circuit_(circuit), connectivity_(connectivity) {
  if (connectivity.off_grid())
    throw InputError("clock engine", "its delays are whole steps, and these are off the grid",
                     "make the connectivity on the grid, or use the event engine");
  make_states();
  for (std::size_t i = 0; i < circuit.inputs.size(); ++i) add_input(circuit.inputs[i], i);
  for (PopulationState& population : populations_) add_up(population.changes);
  for (ShardState& shard : shards_) std::ranges::stable_sort(shard.events, {}, &Event::step);
}

void CircuitClock::make_states() {
  std::size_t n_receptors = 1;
  for (std::size_t p = 0; p < circuit_.populations.size(); ++p) {
    const PlacedPopulation& placed = connectivity_.populations()[p];
    const auto neurons = placed.cells ? placed.cells->neurons() : std::span<const std::uint32_t>();
    populations_.push_back({.cells = Cells(circuit_, p, neurons)});
    n_receptors = std::max(n_receptors, populations_.back().cells.n_receptors());
  }
  const auto bundles = connectivity_.bundles();
  for (std::size_t b = 0; b < bundles.size(); ++b) populations_[bundles[b].source].outgoing.push_back(b);
  longest_slice_ = most_steps_alone;
  Step longest = 0;  // that what a spike brings is kept; tables keep spikes on their way instead
  for (std::size_t i = 0; i < circuit_.projections.size(); ++i) {
    longest_slice_ = std::min(longest_slice_, shortest_delay(circuit_, circuit_.projections[i]));
    longest = std::max(longest, connectivity_.projections()[i].longest_delay());
  }
  if (!bundles.empty() && bundles[0].table) longest = 0;
  const Shards& shards = connectivity_.shards();
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    shards_.push_back(
        {.arriving = InputRing(shards.n_indices(shard), n_receptors, std::max(longest, longest_slice_))});
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      const PlaceRange range = shards.range(p, shard);
      shards_.back().fired.emplace_back(range.end - range.begin, longest_slice_);
    }
  }
}

// Inputs of one population flow at once: from each change on the sum of them all.
void CircuitClock::add_up(std::vector<CurrentChange>& changes) {
  std::ranges::stable_sort(changes, {}, &CurrentChange::step);
  std::map<std::size_t, double> flowing;
  for (CurrentChange& change : changes) {
    flowing[change.input] = change.current_pa;
    change.current_pa = 0.0;
    for (const auto& [input, current_pa] : flowing) change.current_pa += current_pa;
  }
}

void CircuitClock::add_input(const Input& input, std::size_t index) {
  const std::size_t p = population_of(circuit_, input.target);
  const PlacedPopulation& placed = connectivity_.populations()[p];
  PopulationState& population = populations_[p];
  const std::string where = "input to '" + input.target + "'";
  const Step start = step_at(input.start_ms, circuit_, where);
  const Step stop = step_at(input.stop_ms, circuit_, where);
  if (input.kind == InputKind::poisson) {
    std::vector<double> means(input.rate_hz.values().begin(), input.rate_hz.values().end());
    for (double& mean : means) mean *= circuit_.step_ms * 1e-3;
    const auto neurons = placed.cells ? placed.cells->neurons() : std::span<const std::uint32_t>();
    drives_.push_back({p, start, stop,
                       PoissonDrive(circuit_.seed, static_cast<std::uint32_t>(index), means, placed.size,
                                    neurons, input.weight),
                       input.weight});
  } else if (input.kind == InputKind::regular) {
    Regular train{p, input.start_ms, input.interval_ms, stop, input.weight, 0, 0};
    train.step = step_ending(input.start_ms, circuit_, where);
    for (ShardState& shard : shards_) shard.regulars.push_back(train);
  } else if (input.kind == InputKind::trains) {
    for (std::size_t e = 0; e < input.times_ms.size(); ++e) {
      const Step step = step_ending(input.times_ms[e], circuit_, where);
      if (step < start || step >= stop) continue;
      const std::uint32_t place = placed.place_of(input.neurons[e]);
      const Shards::Map map = connectivity_.shards().map(p);
      const std::uint32_t shard = map.shard_of(place);
      shards_[shard].events.push_back(
          {step, p, map.index_of(place, shard), input.weights.empty() ? input.weight : input.weights[e]});
    }
  } else {
    for (std::size_t e = 0; e < input.currents_pa.size(); ++e) {
      const Step from = std::max(start, step_at(input.current_times_ms[e], circuit_, where));
      if (from < stop) population.changes.push_back({from, input.currents_pa[e], index});
    }
    if (stop < max_steps) population.changes.push_back({stop, 0.0, index});
  }
}

void CircuitClock::change_currents() {
  for (PopulationState& population : populations_)
    for (; population.next_change < population.changes.size() &&
           population.changes[population.next_change].step <= now_;
         ++population.next_change)
      population.cells.set_current(population.changes[population.next_change].current_pa);
}

// A slice is as long as the shortest delay, and ends where a listener looks and where a current changes.
CircuitClock::Slice CircuitClock::next_slice(Step end, Step interval) const {
  Slice slice{now_, std::min(end, now_ + longest_slice_)};
  if (interval > 0) slice.end = std::min(slice.end, (now_ / interval + 1) * interval);
  for (const PopulationState& population : populations_)
    if (population.next_change < population.changes.size())
      slice.end = std::min(slice.end, population.changes[population.next_change].step);
  return slice;
}

// What arrives at a neuron is added up in the order in which it was sent, however many shards there are, and
// whether rows are stored or made again.
void CircuitClock::deliver(std::size_t shard, const Slice& slice) {
  constexpr std::size_t ahead = 4;
  std::vector<Flight>& flights = shards_[shard].flights;
  InputRing& ring = shards_[shard].arriving;
  const auto bundles = connectivity_.bundles();
  std::size_t n_kept = 0;
  std::uint64_t n_events = 0;
  for (std::size_t f = 0; f < flights.size(); ++f) {
    if (f + ahead < flights.size() && flights[f + ahead].due < slice.end) flights[f + ahead].row.prefetch();
    Flight flight = flights[f];
    const SynapseTable& table = *bundles[flight.bundle].table;
    while (flight.due < slice.end && !flight.row.done()) {
      const SynapseTable::Segment segment = flight.row.segment();
      table.deliver(flight.row, segment, ring.at(flight.due, table.receptor(segment)));
      n_events += segment.count;
      if (!flight.row.done()) flight.due += flight.row.segment().delay - segment.delay;
    }
    if (!flight.row.done()) flights[n_kept++] = flight;
  }
  flights.resize(n_kept);
  shards_[shard].work.synaptic_events += n_events;
}

// Spikes of given trains, and regular ones.
void CircuitClock::add_events(std::size_t shard, const Slice& slice) {
  ShardState& state = shards_[shard];
  for (; state.next_event < state.events.size() && state.events[state.next_event].step < slice.end;
       ++state.next_event) {
    const Event& event = state.events[state.next_event];
    state.arriving.at(event.step, receptor(event.population, event.weight))[event.index] += event.weight;
  }
  for (Regular& train : state.regulars)
    for (; train.step < std::min(slice.end, train.stop); train.advance(circuit_.step_ms)) {
      const PlaceRange range = connectivity_.shards().range(train.population, shard);
      double* arrived = state.arriving.at(train.step, receptor(train.population, train.weight)) +
                        connectivity_.shards().begin(train.population, shard);
      for (std::uint32_t place = range.begin; place < range.end; ++place) *arrived++ += train.weight;
    }
}

// Where outside input of this weight arrives.
std::size_t CircuitClock::receptor(std::size_t population, double weight) const {
  return weight < 0.0 ? populations_[population].cells.n_receptors() - 1 : 0;
}

void CircuitClock::Regular::advance(double step_ms) {
  const double end = std::round((start_ms + static_cast<double>(++n_past) * interval_ms) / step_ms);
  step = end < max_steps ? static_cast<Step>(end) - 1 : max_steps;
}

// Whoever is done with the spikes of its shard draws random numbers for everybody: shards may have more
// spikes or fewer, and a neuron's numbers are the same whoever draws them.
void CircuitClock::draw_drives(const Slice& slice) {
  constexpr std::size_t at_once = 2048;
  constexpr Step steps = PoissonDrive::steps_per_block;
  std::size_t number = 0;
  std::size_t mine = next_draw_++;
  for (Drive& drive : drives_) {
    const std::size_t n = populations_[drive.population].cells.size();
    const Step begin = std::max(slice.begin, drive.start);
    const Step end = std::min(slice.end, drive.stop);
    for (Step block = begin / steps; block * steps < end && begin < end; ++block) {
      if (block * steps < begin && begin != drive.start) continue;  // drawn in the slice before
      for (std::size_t place = 0; place < n; place += at_once, ++number) {
        if (number != mine) continue;
        drive.counts.draw(block, place, std::min(place + at_once, n));
        mine = next_draw_++;
      }
    }
  }
}

void CircuitClock::add_drives(std::size_t shard, const Slice& slice) {
  InputRing& ring = shards_[shard].arriving;
  for (const Drive& drive : drives_) {
    const PlaceRange range = connectivity_.shards().range(drive.population, shard);
    const std::uint32_t first = connectivity_.shards().begin(drive.population, shard);
    for (Step step = std::max(slice.begin, drive.start); step < std::min(slice.end, drive.stop); ++step)
      drive.counts.add(step, range.begin, range.end,
                       ring.at(step, receptor(drive.population, drive.weight)) + first);
  }
}

void CircuitClock::integrate(std::size_t shard, const Slice& slice) {
  ShardState& state = shards_[shard];
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    const std::uint32_t first = connectivity_.shards().begin(p, shard);
    Arriving arriving;
    for (Step step = slice.begin; step < slice.end; ++step) {
      arriving.excitatory[step - slice.begin] = state.arriving.at(step, 0) + first;
      arriving.inhibitory[step - slice.begin] =
          state.arriving.at(step, state.arriving.n_receptors() - 1) + first;
    }
    populations_[p].cells.run(connectivity_.shards().range(p, shard), slice.begin, slice.end - slice.begin,
                              arriving, state.fired[p]);
  }
}

void CircuitClock::send(std::size_t shard, const Slice& slice) {
  for (Step step = slice.begin; step < slice.end; ++step)
    for (std::size_t p = 0; p < populations_.size(); ++p)
      for (const std::size_t b : populations_[p].outgoing)
        for (const ShardState& from : shards_)
          for (const std::uint32_t place : from.fired[p].in_step(step - slice.begin))
            send_spike(shard, b, place, step);
}

void CircuitClock::send_spike(std::size_t shard, std::size_t bundle, std::uint32_t source, Step step) {
  const Bundle& on = connectivity_.bundles()[bundle];
  ShardState& to = shards_[shard];
  if (on.table) {
    const SynapseTable::Cursor row = on.table->row(source, shard);
    if (!row.done())
      to.flights.push_back({row, step + row.segment().delay, static_cast<std::uint32_t>(bundle)});
    return;
  }
  for (const std::size_t i : on.projections) {
    connectivity_.projections()[i].deliver(source, shard, step, to.arriving, to.row, to.scratch);
    to.work.synaptic_events += to.row.size();
  }
}

// What a listener throws ends the run after this slice, once all threads have met.
void CircuitClock::report(const Slice& slice, CircuitListener& listener) {
  try {
    tell(slice, listener);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void CircuitClock::tell(const Slice& slice, CircuitListener& listener) {
  const Step interval = listener.interval();
  for (Step step = slice.begin; step < slice.end; ++step) {
    for (std::size_t p = 0; p < populations_.size(); ++p) {
      reported_.clear();
      for (const ShardState& shard : shards_)
        for (const std::uint32_t place : shard.fired[p].in_step(step - slice.begin))
          reported_.push_back(connectivity_.populations()[p].neuron_at(place));
      if (reported_.empty()) continue;
      std::ranges::sort(reported_);
      n_spikes_ += reported_.size();
      listener.on_spikes(step, p, reported_);
    }
    if (interval > 0 && (step + 1) % interval == 0) listener.on_step(step);
  }
}

// The order within a slice: what is due and the outside world arrive, neurons are integrated and fire, their
// spikes are sent and act in the next slice at the earliest. Neurons and the input to them belong to shards;
// each thread writes to its own alone.
void CircuitClock::loop(std::size_t shard, Step end, CircuitListener& listener,
                        const std::function<void()>& meet) {
  const Step interval = listener.interval();
  ClockWork& work = shards_[shard].work;
  Laps laps;
  while (now_ < end && !failure_) {
    const Slice slice = next_slice(end, interval);
    deliver(shard, slice);
    laps.end(work.deliver);
    draw_drives(slice);
    laps.end(work.drive);
    meet();
    laps.end(work.wait);
    add_events(shard, slice);
    add_drives(shard, slice);
    laps.end(work.drive);
    integrate(shard, slice);
    laps.end(work.integrate);
    meet();
    laps.end(work.wait);
    send(shard, slice);
    laps.end(work.send);
    if (shard == 0) {
      report(slice, listener);
      now_ = slice.end;
      next_draw_ = 0;
      change_currents();
    }
    laps.end(work.report);
    meet();
    laps.end(work.wait);
  }
}

ClockWork CircuitClock::work() const {
  ClockWork all;
  for (const ShardState& shard : shards_) {
    const ClockWork& each = shard.work;
    all.synaptic_events += each.synaptic_events;
    for (double ClockWork::*part : {&ClockWork::deliver, &ClockWork::drive, &ClockWork::integrate,
                                    &ClockWork::send, &ClockWork::report, &ClockWork::wait})
      all.*part += each.*part;
  }
  return all;
}

void CircuitClock::run(Step n_steps, CircuitListener& listener) {
  change_currents();
  run_team(now_ + n_steps, listener);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CircuitClock::run_team(Step end, CircuitListener& listener) {
  const std::size_t n_threads = shards_.size();
  if (n_threads == 1) return loop(0, end, listener, [] {});
  Meeting meeting(n_threads);
  const auto meet = [&] { meeting.meet(); };
  std::vector<std::jthread> team;
  for (std::size_t shard = 1; shard < n_threads; ++shard)
    team.emplace_back([&, shard] { loop(shard, end, listener, meet); });
  loop(0, end, listener, meet);
}

double CircuitClock::membrane(std::size_t population, std::uint32_t neuron) const {
  return populations_[population].cells.membrane(connectivity_.populations()[population].place_of(neuron));
}
double CircuitClock::excitatory_current(std::size_t population, std::uint32_t neuron) const {
  return populations_[population].cells.excitatory_current(
      connectivity_.populations()[population].place_of(neuron));
}
double CircuitClock::inhibitory_current(std::size_t population, std::uint32_t neuron) const {
  return populations_[population].cells.inhibitory_current(
      connectivity_.populations()[population].place_of(neuron));
}

}  // namespace loci::sim
