// One sample through a spiking network and back, in segments of time steps; the unit of work of one thread.
#pragma once

#include <cstdint>
#include <vector>

#include "learning/batch.hpp"
#include "learning/prepared_network.hpp"

namespace loci::learning {

class SamplePass {
 public:
  explicit SamplePass(const PreparedNetwork& shared);

  // Constant input: `currents` are the padded currents of layer 1, bias included. Otherwise `input` holds the
  // spikes. Fills logits (n_classes). Returns the number of spikes.
  std::uint64_t forward(const float* currents, const sim::SpikeTrains* input, std::span<float> logits);

  // After forward of the same sample: adds to `shard` and returns the sample's share of the loss.
  // Constant input: current_gradient (padded) receives dL/dI of layer 1.
  double backward(std::uint8_t target, ShardGradient& shard, float* current_gradient);
  // The sample's share of the loss alone.
  double loss(std::uint8_t target);

 private:
  struct Layer {
    AlignedFloats membrane, sensitivity;  // state at the end of the segment run last
    std::vector<AlignedFloats> start;     // membrane, then sensitivity, at each segment's start
    std::vector<AlignedFloats> start_sensitivity;
    AlignedFloats compared, reported;  // (segment, padded)
    std::vector<std::uint16_t> words;  // (segment, padded / 16)
    sim::SpikeTrains spikes;           // of the segment
    AlignedFloats carried, deltas;     // backward state and dL/dI (segment, padded)
  };

  // A constant current into a hidden layer needs no stored trajectory; into the output layer it acts as a
  // bias does.
  bool constant_drive(std::size_t l) const { return l == 1 && shared_.constant_input && layers_.size() > 2; }
  bool constant_output(std::size_t l) const {
    return l == 1 && shared_.constant_input && layers_.size() == 2;
  }
  std::size_t first_step(std::size_t segment) const { return segment * segment_steps_; }
  std::size_t n_steps(std::size_t segment) const;
  void run_segment(std::size_t segment, bool restore);
  void run_layer(std::size_t l, std::size_t segment);
  void backward_segment(std::size_t segment, ShardGradient& shard, float* current_gradient);
  void backward_layer(std::size_t l, std::size_t segment, float* current_gradient);
  const float* reported(std::size_t l) const;

  const PreparedNetwork& shared_;
  std::size_t n_segments_;
  std::size_t segment_steps_;
  const float* currents_ = nullptr;
  const sim::SpikeTrains* input_ = nullptr;
  std::vector<Layer> layers_;
  AlignedFloats scores_;          // (n_steps, padded classes): output spikes or membranes
  AlignedFloats score_gradient_;  // the same, dL/dscores
  sim::SpikeTrains silence_;      // no spike at any step
  AlignedFloats spike_gradient_;  // (segment, 64): dL/dS of one panel
};

}  // namespace loci::learning
