// Random networks and spikes for the tests of the open RTL chips, and a listener that keeps all spikes.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "backends/emulator.hpp"
#include "backends/rtl_files.hpp"
#include "sim/random.hpp"

namespace loci::backends {

struct SpikeRecord : EmulationListener {
  LayerSpikes fired;                                             // [layer][step]
  std::vector<std::vector<std::vector<std::int32_t>>> membrane;  // the same

  void on_step(std::size_t layer, sim::Step /*step*/, std::span<const std::uint32_t> who,
               const IntegerNeurons& neurons) override {
    if (layer >= fired.size()) {
      fired.resize(layer + 1);
      membrane.resize(layer + 1);
    }
    fired[layer].emplace_back(who.begin(), who.end());
    membrane[layer].emplace_back(neurons.membrane().begin(), neurons.membrane().end());
  }
};

inline SpikeRecord emulate(const IntegerNetwork& network, const sim::SpikeTrains& inputs, sim::Step n_steps) {
  Emulator emulator(network);
  SpikeRecord record;
  emulator.run({.spikes = &inputs, .sums = {}}, n_steps, record);
  return record;
}

inline std::size_t n_spikes(const std::vector<std::vector<std::uint32_t>>& steps) {
  std::size_t n = 0;
  for (const auto& step : steps) n += step.size();
  return n;
}

class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : seed_(seed) {}
  // Whole, in [low, high].
  int whole(int low, int high) {
    const std::uint32_t word = sim::random_words(seed_, sim::Stream::test, index_++, 0)[0];
    return low + static_cast<int>(word % static_cast<std::uint32_t>(high - low + 1));
  }

 private:
  std::uint64_t seed_;
  std::uint64_t index_ = 0;
};

// sizes: the input first. Weights, thresholds and leaks are drawn from [low, high].
struct Interval {
  int low;
  int high;
};
inline IntegerNetwork random_network(RandomNumbers& random, const std::vector<std::size_t>& sizes,
                                     const IntegerModel& model, SpikeOrder order, Interval weight,
                                     Interval threshold, Interval leak) {
  IntegerNetwork network{.layers = {}, .order = order};
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    IntegerLayer& layer = network.layers.emplace_back();
    layer.model = model;
    layer.incoming.n_sources = sizes[l - 1];
    layer.incoming.n_targets = sizes[l];
    for (std::size_t i = 0; i < sizes[l - 1] * sizes[l]; ++i)
      layer.incoming.weight.push_back(static_cast<std::int16_t>(random.whole(weight.low, weight.high)));
    for (std::size_t n = 0; n < sizes[l]; ++n) {
      layer.parameters.threshold.push_back(random.whole(threshold.low, threshold.high));
      layer.parameters.leak.push_back(random.whole(leak.low, leak.high));
    }
  }
  return network;
}

// Each input spikes at one step in `every`.
inline sim::SpikeTrains random_trains(RandomNumbers& random, std::size_t n_inputs, sim::Step n_steps,
                                      int every) {
  sim::SpikeTrains trains{.begin = {0}, .neuron = {}};
  for (sim::Step step = 0; step < n_steps; ++step) {
    for (std::size_t n = 0; n < n_inputs; ++n)
      if (random.whole(1, every) == 1) trains.neuron.push_back(static_cast<std::uint32_t>(n));
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }
  return trains;
}

// The bits [low, low + width) of bytes that were sent highest bit first. Written apart from the program's
// own packing, which it checks.
inline std::uint64_t sent_bits(const std::vector<std::uint8_t>& bytes, std::size_t first, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t bit = first; bit < first + width; ++bit)
    value = value << 1 | (bytes.at(bit / 8) >> (7 - bit % 8) & 1);
  return value;
}

}  // namespace loci::backends
