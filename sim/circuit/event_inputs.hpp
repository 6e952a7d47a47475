// What drives a circuit from outside, as events in continuous time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "sim/circuit/circuit.hpp"
#include "sim/circuit/connectivity.hpp"
#include "sim/circuit/event_time.hpp"
#include "sim/circuit/time_queue.hpp"

namespace loci::sim {

// A spike that arrives from outside.
struct InputSpike {
  std::size_t population;
  std::uint32_t place;
  double weight;
};

// Spikes at one time come in the order of the circuit's inputs. Poisson trains have intervals drawn from the
// exponential distribution, on the grid too: interval i of a neuron is a pure function of (seed, input,
// neuron, i).
class EventInputs {
 public:
  // Throws InputError for inputs that make no sense: unknown targets, lists of different lengths, times below
  // 0.
  EventInputs(const Circuit& circuit, const Connectivity& connectivity, const EventTime& time);

  // Of the next spike; infinity: none.
  double next_time() const { return queue_.next_time(); }
  // Takes the spikes of this time.
  void take(double now, std::vector<InputSpike>& spikes);

  double next_change() const {
    return next_change_ < changes_.size() ? changes_[next_change_].time : TimeQueue::never;
  }
  // From `time` on this current, the sum of all inputs, is added to a population's own.
  struct CurrentChange {
    double time;
    std::size_t population;
    double current_pa;
    std::size_t input;
  };
  void take_changes(double now, std::vector<CurrentChange>& changes);

 private:
  struct Train {  // given spikes, by time
    struct Spike {
      double time;
      InputSpike spike;
    };
    std::vector<Spike> spikes;
    std::size_t next = 0;
  };
  struct Regular {  // to the whole population
    const Input* input;
    std::size_t population;
    std::uint32_t size;
    std::uint64_t n;     // so many spikes
    std::uint64_t next;  // of them
  };
  struct Poisson {  // of one neuron
    InputSpike spike;
    double rate;  // per unit of time
    double stop;
    double time;
    std::uint64_t seed;
    std::uint64_t key;    // input and neuron
    std::uint32_t count;  // of intervals
  };
  using Source = std::variant<Train, Regular, Poisson>;

  void add(const Circuit& circuit, std::size_t index, const Connectivity& connectivity);
  void add_regular(const Input& input, std::size_t population, std::size_t size, const std::string& where);
  void add_train(const Input& input, std::size_t population, const PlacedPopulation& placed,
                 const std::string& where);
  void add_currents(const Input& input, std::size_t index, std::size_t population, const std::string& where);
  void add_up();
  void add_poisson(const Circuit& circuit, std::size_t index, std::size_t population,
                   const PlacedPopulation& placed, const std::string& where);

  double begin(Source& source) const;
  double time_of(const Regular& stream) const;
  double advance(Train& stream, double now, std::vector<InputSpike>& spikes) const;
  double advance(Regular& stream, double now, std::vector<InputSpike>& spikes) const;
  double advance(Poisson& stream, double now, std::vector<InputSpike>& spikes) const;
  static double draw(Poisson& stream);

  EventTime time_;
  std::vector<Source> sources_;
  TimeQueue queue_;  // by source
  std::vector<CurrentChange> changes_;
  std::size_t next_change_ = 0;
};

}  // namespace loci::sim
