#include "backends/integer_replay.hpp"

#include <cassert>

namespace loci::backends {
namespace {

class Collector final : public EmulationListener {
 public:
  explicit Collector(LayerTrains& spikes) : spikes_(spikes) {}

  void on_step(std::size_t layer, sim::Step step, std::span<const std::uint32_t> fired,
               const IntegerNeurons&) override {
    sim::SpikeTrains& trains = spikes_[layer];
    assert(trains.begin.size() == step + 1);
    (void)step;
    trains.neuron.insert(trains.neuron.end(), fired.begin(), fired.end());
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }

 private:
  LayerTrains& spikes_;
};

}  // namespace

void IntegerReplay::run(const IntegerStimulus& stimulus, sim::Step n_steps, LayerTrains& spikes) {
  spikes.resize(n_layers_);
  for (sim::SpikeTrains& trains : spikes) {
    trains.begin.assign(1, 0);
    trains.neuron.clear();
  }
  Collector collector(spikes);
  emulator_.run(stimulus, n_steps, collector);
}

}  // namespace loci::backends
