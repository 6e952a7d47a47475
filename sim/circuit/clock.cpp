#include "sim/circuit/clock.hpp"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <map>
#include <thread>
#include <utility>

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

}  // namespace

CircuitClock::CircuitClock(const Circuit& circuit, const Connectivity& connectivity)
    : circuit_(circuit), connectivity_(connectivity) {
  if (connectivity.off_grid())
    throw InputError("clock engine", "its delays are whole steps, and these are off the grid",
                     "make the connectivity on the grid, or use the event engine");
  std::vector<Step> longest(circuit.populations.size(), 1);
  for (const ProjectionEdges& edges : connectivity.projections())
    if (edges.table(0) == nullptr)  // others keep spikes on their way, not what they bring
      longest[edges.target()] = std::max(longest[edges.target()], edges.longest_delay());
  for (std::size_t p = 0; p < circuit.populations.size(); ++p) {
    const PlacedPopulation& placed = connectivity.populations()[p];
    const auto neurons = placed.cells ? placed.cells->neurons() : std::span<const std::uint32_t>();
    Cells cells(circuit, p, neurons);
    InputRing ring(placed.size, cells.n_receptors(), longest[p]);
    populations_.push_back({.cells = std::move(cells), .arriving = std::move(ring)});
    populations_.back().spikes.resize(connectivity.shards(p).size());
    populations_.back().flights.resize(connectivity.shards(p).size());
    workers_.resize(connectivity.shards(p).size());
  }
  for (std::size_t i = 0; i < connectivity.projections().size(); ++i)
    populations_[connectivity.projections()[i].source()].outgoing.push_back(i);
  for (std::size_t i = 0; i < circuit.inputs.size(); ++i) add_input(circuit.inputs[i], i);
  for (PopulationState& population : populations_) {
    std::ranges::stable_sort(population.events, {}, &Event::step);
    add_up(population.changes);
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
    regulars_.push_back({p, input.start_ms, input.interval_ms, stop, input.weight, 0, 0});
    regulars_.back().step = step_ending(input.start_ms, circuit_, where);
  } else if (input.kind == InputKind::trains) {
    for (std::size_t e = 0; e < input.times_ms.size(); ++e) {
      const Step step = step_ending(input.times_ms[e], circuit_, where);
      if (step >= start && step < stop)
        population.events.push_back({step, placed.place_of(input.neurons[e]),
                                     input.weights.empty() ? input.weight : input.weights[e]});
    }
  } else {
    for (std::size_t e = 0; e < input.currents_pa.size(); ++e) {
      const Step from = std::max(start, step_at(input.current_times_ms[e], circuit_, where));
      if (from < stop) population.changes.push_back({from, input.currents_pa[e], index});
    }
    if (stop < max_steps) population.changes.push_back({stop, 0.0, index});
  }
}

// Spikes of given trains, and regular ones.
void CircuitClock::add_events() {
  for (PopulationState& population : populations_)
    for (; population.next_event < population.events.size() &&
           population.events[population.next_event].step == now_;
         ++population.next_event) {
      const Event& event = population.events[population.next_event];
      const std::size_t receptor = event.weight < 0.0 ? population.arriving.n_receptors() - 1 : 0;
      population.arriving.at(now_, receptor)[event.place] += event.weight;
    }
  for (Regular& train : regulars_)
    for (; train.step == now_ && train.step < train.stop; train.advance(circuit_.step_ms)) {
      PopulationState& population = populations_[train.population];
      const std::size_t receptor = train.weight < 0.0 ? population.arriving.n_receptors() - 1 : 0;
      double* arrived = population.arriving.at(now_, receptor);
      for (std::size_t place = 0; place < population.cells.size(); ++place) arrived[place] += train.weight;
    }
}

void CircuitClock::Regular::advance(double step_ms) {
  const double end = std::round((start_ms + static_cast<double>(++n_past) * interval_ms) / step_ms);
  step = end < max_steps ? static_cast<Step>(end) - 1 : max_steps;
}

void CircuitClock::change_currents() {
  for (PopulationState& population : populations_)
    for (; population.next_change < population.changes.size() &&
           population.changes[population.next_change].step <= now_;
         ++population.next_change)
      population.cells.set_current(population.changes[population.next_change].current_pa);
}

// What arrives at a neuron is added up in the order in which it was sent, however many shards there are, and
// whether rows are stored or made again.
void CircuitClock::deliver(PopulationState& population, std::size_t shard, std::uint32_t first) {
  constexpr std::size_t ahead = 8;
  std::vector<Flight>& flights = population.flights[shard];
  const auto table = [&](const Flight& flight) -> const SynapseTable& {
    return *connectivity_.projections()[flight.projection].table(shard);
  };
  double* arrived[] = {population.arriving.at(now_, 0) + first,
                       population.arriving.at(now_, population.arriving.n_receptors() - 1) + first};
  std::size_t n_kept = 0;
  for (std::size_t f = 0; f < flights.size(); ++f) {
    if (f + ahead < flights.size() && flights[f + ahead].due == now_) flights[f + ahead].row.prefetch();
    Flight flight = flights[f];
    while (flight.due == now_ && !flight.row.done()) {
      const SynapseTable::Segment segment = flight.row.segment();
      table(flight).deliver(flight.row, segment, arrived[segment.receptor]);
      if (!flight.row.done()) flight.due += flight.row.segment().delay - segment.delay;
    }
    if (!flight.row.done()) flights[n_kept++] = flight;
  }
  flights.resize(n_kept);
}

void CircuitClock::update(std::size_t shard) {
  for (std::size_t p = 0; p < populations_.size(); ++p)
    deliver(populations_[p], shard, connectivity_.shards(p)[shard].begin);
  for (Drive& drive : drives_) {
    if (now_ < drive.start || now_ >= drive.stop) continue;
    const PlaceRange range = connectivity_.shards(drive.population)[shard];
    InputRing& ring = populations_[drive.population].arriving;
    const std::size_t receptor = drive.weight < 0.0 ? ring.n_receptors() - 1 : 0;
    if (now_ == drive.start) drive.counts.draw(now_, range.begin, range.end);  // amid steps drawn together
    drive.counts.add(now_, range.begin, range.end, ring.at(now_, receptor));
  }
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    PopulationState& population = populations_[p];
    const PlaceRange range = connectivity_.shards(p)[shard];
    population.spikes[shard].clear();
    if (range.begin == range.end) continue;
    population.cells.step(range.begin, range.end, now_, population.arriving.at(now_, 0),
                          population.arriving.at(now_, population.arriving.n_receptors() - 1),
                          population.spikes[shard]);
  }
}

void CircuitClock::send(std::size_t shard) {
  Worker& worker = workers_[shard];
  for (const PopulationState& population : populations_)
    for (const std::size_t projection : population.outgoing) {
      const ProjectionEdges& edges = connectivity_.projections()[projection];
      PopulationState& target = populations_[edges.target()];
      const SynapseTable* table = edges.table(shard);
      for (const auto& spikes : population.spikes)
        for (const std::uint32_t place : spikes) {
          if (table == nullptr) {
            edges.deliver(place, shard, now_, target.arriving, worker.row, worker.scratch);
            continue;
          }
          const SynapseTable::Cursor row = table->row(place);
          if (!row.done())
            target.flights[shard].push_back(
                {row, now_ + row.segment().delay, static_cast<std::uint32_t>(projection)});
        }
    }
}

// What a listener throws ends the run after this step, once all threads have met.
void CircuitClock::report(CircuitListener& listener) {
  try {
    tell(listener);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void CircuitClock::tell(CircuitListener& listener) {
  for (std::size_t p = 0; p < populations_.size(); ++p) {
    std::vector<std::uint32_t>& reported = populations_[p].reported;
    reported.clear();
    for (const auto& spikes : populations_[p].spikes)
      for (const std::uint32_t place : spikes)
        reported.push_back(connectivity_.populations()[p].neuron_at(place));
    if (reported.empty()) continue;
    std::ranges::sort(reported);
    n_spikes_ += reported.size();
    listener.on_spikes(now_, p, reported);
  }
  listener.on_step(now_);
}

// The order within a step: what is due and the outside world arrive, neurons are integrated and fire, their
// spikes are sent and act one step later at the earliest. Neurons and the input to them belong to shards;
// each thread writes to its own alone.
void CircuitClock::loop(std::size_t shard, Step n_steps, CircuitListener& listener,
                        const std::function<void()>& meet) {
  for (Step step = 0; step < n_steps && !failure_; ++step) {
    if (shard == 0) {
      change_currents();
      add_events();
    }
    meet();
    update(shard);
    meet();
    send(shard);
    if (shard == 0) report(listener);
    meet();
    if (shard == 0) ++now_;
    meet();
  }
}

void CircuitClock::run(Step n_steps, CircuitListener& listener) {
  run_team(n_steps, listener);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void CircuitClock::run_team(Step n_steps, CircuitListener& listener) {
  const std::size_t n_threads = workers_.size();
  if (n_threads == 1) return loop(0, n_steps, listener, [] {});
  std::barrier<> barrier(static_cast<std::ptrdiff_t>(n_threads));
  const auto meet = [&] { barrier.arrive_and_wait(); };
  std::vector<std::jthread> team;
  for (std::size_t shard = 1; shard < n_threads; ++shard)
    team.emplace_back([&, shard] { loop(shard, n_steps, listener, meet); });
  loop(0, n_steps, listener, meet);
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
