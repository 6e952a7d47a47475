// Where a simulation's spikes go: files, progress and plots attach here, and add no line to the time loop.
#pragma once

#include <span>

#include "sim/raster.hpp"

namespace loci::sim {

class Recorder {
 public:
  virtual ~Recorder() = default;
  // Called once for every time at which something fired, in rising order within a sample. time_ms: from the
  // sample's start, the end of the step in which the neurons fired. spikes: sorted, each neuron once.
  virtual void record(double time_ms, std::span<const NeuronId> spikes) = 0;
};

// Keeps nothing.
class NullRecorder final : public Recorder {
 public:
  void record(double, std::span<const NeuronId>) override {}
};

// Appends to a raster that must outlive it; samples lie end to end when each begins at its own offset.
class RasterRecorder final : public Recorder {
 public:
  explicit RasterRecorder(Raster& raster) : raster_(raster) {}

  void begin_sample(double offset_ms) { offset_ms_ = offset_ms; }
  void record(double time_ms, std::span<const NeuronId> spikes) override {
    raster_.append(offset_ms_ + time_ms, spikes);
  }

 private:
  Raster& raster_;
  double offset_ms_ = 0.0;
};

}  // namespace loci::sim
