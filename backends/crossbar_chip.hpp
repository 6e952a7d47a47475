// The schedule of ODIN and tinyODIN: 256 neurons behind a crossbar, worked on event by event, thresholds
// looked at after each. The chips differ in their neurons and in how events are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/integer_neurons.hpp"
#include "backends/rtl_files.hpp"

namespace loci::backends {

inline constexpr std::size_t crossbar_size = 256;   // neurons, and sources of synapses
inline constexpr std::size_t crossbar_queue = 128;  // events that the chips' queue holds

struct Crossbar {
  std::size_t n_worked_on = crossbar_size;  // neurons that events to all neurons reach
  bool closed_loop = false;                 // spikes go back in as events
  std::vector<std::int32_t> weight;         // (256, 256), source, target
  std::vector<std::uint8_t> disabled;       // (256) spikes that are not sent, though the neuron is reset
};

class CrossbarChip {
 public:
  // membrane: (256) at the start, within the model's range.
  CrossbarChip(const IntegerModel& model, const IntegerParameters& parameters,
               std::vector<std::int32_t> membrane, Crossbar crossbar);
  virtual ~CrossbarChip() = default;

  // One event from outside, as it is written on the chip's bus, and all that follow from it. The spikes are
  // appended in the order in which they leave. Throws InputError for an event that the chip does not know.
  virtual void on_event(std::uint32_t event, std::vector<std::uint32_t>& spikes) = 0;
  // How events are written: all neurons leak; a neuron's spike; and, in lists of events, the mark after which
  // membranes are looked at.
  virtual std::uint32_t leak_event() const = 0;
  virtual std::uint32_t spike_event(std::size_t source) const = 0;
  virtual std::uint32_t mark() const = 0;

  std::span<const std::int32_t> membrane() const { return neurons_.membrane(); }  // (256)
  // Events that waited at once; beyond crossbar_queue the chip loses spikes, which is not emulated.
  std::size_t longest_queue() const { return longest_queue_; }
  const Overflows& overflows() const { return neurons_.overflows(); }
  void clear();  // membranes to 0

 protected:
  void leak_all(std::vector<std::uint32_t>& spikes);
  void leak_one(std::size_t neuron, std::vector<std::uint32_t>& spikes);
  void spike(std::size_t source, std::vector<std::uint32_t>& spikes);
  void synapse(std::size_t target, std::int32_t weight, std::vector<std::uint32_t>& spikes);

 private:
  void fire(std::size_t begin, std::size_t end, std::vector<std::uint32_t>& spikes);
  void deliver(std::size_t source, std::vector<std::uint32_t>& spikes);
  void work_off(std::vector<std::uint32_t>& spikes);

  Crossbar crossbar_;
  IntegerNeurons neurons_;
  std::vector<std::uint32_t> fired_;
  std::deque<std::uint32_t> queue_;
  std::size_t longest_queue_ = 0;
};

// What the chip does with a list of events: "S id" for each spike in order, "M v0 ... v255" at each mark.
std::string crossbar_log(CrossbarChip& chip, std::span<const std::uint32_t> events);

// A sample on the chip, from membranes of 0.
struct CrossbarRun {
  std::vector<std::uint32_t> events;               // as the host sends them, a mark after each tick
  std::vector<std::vector<std::uint32_t>> spikes;  // by tick, ids in the order in which they left
};

// Tick by tick: all neurons leak; the inputs of this step, rising; in the open loop then the spikes of the
// hidden layers of the tick before, in the order in which they left. In the open loop layer l's step t is
// tick t + l, and there are as many ticks as the last layer needs; in the closed loop it is tick t.
// layers: the input first.
CrossbarRun run_crossbar(CrossbarChip& chip, std::span<const LayerIds> layers, const sim::SpikeTrains& inputs,
                         sim::Step n_steps, bool closed_loop);

LayerSpikes layer_spikes(const CrossbarRun& run, std::span<const LayerIds> layers, sim::Step n_steps,
                         bool closed_loop);

}  // namespace loci::backends
