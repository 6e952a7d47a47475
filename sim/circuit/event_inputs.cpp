#include "sim/circuit/event_inputs.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

void require(bool sound, const std::string& where, const char* wrong, const char* remedy) {
  if (!sound) throw InputError(where, wrong, remedy);
}

}  // namespace

EventInputs::EventInputs(const Circuit& circuit, const Connectivity& connectivity, const EventTime& time)
    : time_(time) {
  for (std::size_t i = 0; i < circuit.inputs.size(); ++i) add(circuit, i, connectivity);
  add_up();
  for (std::size_t s = 0; s < sources_.size(); ++s)
    queue_.set(static_cast<TimeQueue::Slot>(s), begin(sources_[s]));
}

void EventInputs::add(const Circuit& circuit, std::size_t index, const Connectivity& connectivity) {
  const Input& input = circuit.inputs[index];
  const std::string where = "input to '" + input.target + "'";
  const std::size_t population = find_population(circuit, input.target, where);
  const PlacedPopulation& placed = connectivity.populations()[population];
  switch (input.kind) {
    case InputKind::poisson:
      return add_poisson(circuit, index, population, placed, where);
    case InputKind::regular:
      return add_regular(input, population, placed.size, where);
    case InputKind::trains:
      return add_train(input, population, placed, where);
    case InputKind::current:
      return add_currents(input, index, population, where);
  }
}

void EventInputs::add_regular(const Input& input, std::size_t population, std::size_t size,
                              const std::string& where) {
  require(input.interval_ms > 0.0, where, "an interval of regular spikes is not above 0 ms",
          "give interval_ms above 0");
  const double last = std::floor((input.stop_ms - input.start_ms) / input.interval_ms);
  const double n = std::clamp(last + 1.0, 1.0, 0x1p62);
  time_.of(input.start_ms, where);  // is a time
  sources_.push_back(
      Regular{&input, population, static_cast<std::uint32_t>(size), static_cast<std::uint64_t>(n), 0});
}

void EventInputs::add_train(const Input& input, std::size_t population, const PlacedPopulation& placed,
                            const std::string& where) {
  const std::size_t n = input.times_ms.size();
  require(input.neurons.size() == n && (input.weights.empty() || input.weights.size() == n), where,
          "times, neurons and weights of its spikes are not as many", "give one of each for every spike");
  const double start = time_.of(input.start_ms, where);
  const double stop = time_.of(input.stop_ms, where);
  Train train;
  for (std::size_t e = 0; e < n; ++e) {
    require(input.neurons[e] < placed.size, where, "a spike goes to a neuron that does not exist",
            "number the neurons of the population from 0");
    const double weight = input.weights.empty() ? input.weight : input.weights[e];
    const double time = time_.of(input.times_ms[e], where);
    if ((start > 0.0 && time <= start) || time > stop) continue;  // as a step that ends then is off or on
    train.spikes.push_back({time, {population, placed.place_of(input.neurons[e]), weight}});
  }
  std::ranges::stable_sort(train.spikes, {}, &Train::Spike::time);
  sources_.push_back(std::move(train));
}

void EventInputs::add_currents(const Input& input, std::size_t index, std::size_t population,
                               const std::string& where) {
  require(input.currents_pa.size() == input.current_times_ms.size(), where,
          "its currents and their times are not as many", "give a time for every current");
  const double start = time_.of(input.start_ms, where);
  const double stop = time_.of(input.stop_ms, where);
  for (std::size_t e = 0; e < input.currents_pa.size(); ++e) {
    const double from = std::max(start, time_.of(input.current_times_ms[e], where));
    if (from < stop) changes_.push_back({from, population, input.currents_pa[e], index});
  }
  if (std::isfinite(stop)) changes_.push_back({stop, population, 0.0, index});
}

// Inputs of one population flow at once: from each change on the sum of them all.
void EventInputs::add_up() {
  std::ranges::stable_sort(changes_, {}, &CurrentChange::time);
  std::map<std::pair<std::size_t, std::size_t>, double> flowing;  // by population, then input
  for (CurrentChange& change : changes_) {
    flowing[{change.population, change.input}] = change.current_pa;
    change.current_pa = 0.0;
    for (const auto& [whose, current_pa] : flowing)
      if (whose.first == change.population) change.current_pa += current_pa;
  }
}

void EventInputs::add_poisson(const Circuit& circuit, std::size_t index, std::size_t population,
                              const PlacedPopulation& placed, const std::string& where) {
  const Input& input = circuit.inputs[index];
  for (std::uint32_t place = 0; place < placed.size; ++place) {
    const std::uint32_t neuron = placed.neuron_at(place);
    const double rate_hz = input.rate_hz[neuron];
    require(rate_hz >= 0.0 && std::isfinite(rate_hz), where, "a rate is not 0 Hz or more",
            "give a rate in Hz");
    if (rate_hz == 0.0) continue;
    sources_.push_back(Poisson{.spike = {population, place, input.weight},
                               .rate = rate_hz * 1e-3 * time_.unit_ms,
                               .stop = time_.of(input.stop_ms, where),
                               .time = time_.of(input.start_ms, where),
                               .seed = circuit.seed,
                               .key = std::uint64_t{index} << 32 | neuron,
                               .count = 0});
  }
}

// When each source has its first spike.
double EventInputs::begin(Source& source) const {
  if (const auto* train = std::get_if<Train>(&source))
    return train->spikes.empty() ? TimeQueue::never : train->spikes.front().time;
  if (const auto* regular = std::get_if<Regular>(&source)) return time_of(*regular);
  return draw(std::get<Poisson>(source));
}

void EventInputs::take(double now, std::vector<InputSpike>& spikes) {
  while (queue_.next_time() == now) {
    const TimeQueue::Slot slot = queue_.next();
    queue_.set(slot, std::visit([&](auto& stream) { return advance(stream, now, spikes); }, sources_[slot]));
  }
}

void EventInputs::take_changes(double now, std::vector<CurrentChange>& changes) {
  for (; next_change() == now; ++next_change_) changes.push_back(changes_[next_change_]);
}

double EventInputs::advance(Train& stream, double now, std::vector<InputSpike>& spikes) const {
  for (; stream.next < stream.spikes.size() && stream.spikes[stream.next].time == now; ++stream.next)
    spikes.push_back(stream.spikes[stream.next].spike);
  return stream.next < stream.spikes.size() ? stream.spikes[stream.next].time : TimeQueue::never;
}

double EventInputs::time_of(const Regular& stream) const {
  const Input& input = *stream.input;
  return time_.of(input.start_ms + static_cast<double>(stream.next) * input.interval_ms,
                  "input to '" + input.target + "'");
}

double EventInputs::advance(Regular& stream, double, std::vector<InputSpike>& spikes) const {
  for (std::uint32_t place = 0; place < stream.size; ++place)
    spikes.push_back({stream.population, place, stream.input->weight});
  return ++stream.next < stream.n ? time_of(stream) : TimeQueue::never;
}

double EventInputs::advance(Poisson& stream, double, std::vector<InputSpike>& spikes) const {
  spikes.push_back(stream.spike);
  return draw(stream);
}

// Inversion with 53 bits: the four words of a counter make two intervals.
double EventInputs::draw(Poisson& stream) {
  const auto words = random_words(stream.seed, Stream::poisson_interval, stream.key, stream.count / 2);
  const std::size_t first = stream.count++ % 2 * 2;
  const std::uint64_t bits = std::uint64_t{words[first]} << 32 | words[first + 1];
  const double uniform = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;
  stream.time -= std::log(uniform) / stream.rate;
  return stream.time < stream.stop ? stream.time : TimeQueue::never;
}

}  // namespace loci::sim
