// Leaky integrate-and-fire neurons over time, one panel of one sample at a time, membranes in registers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "learning/objective.hpp"
#include "sim/encoder.hpp"
#include "sim/network.hpp"

namespace loci::learning {

struct LifKernel {
  float beta;
  float threshold;
  sim::Reset reset;
  bool reset_delay;
  Surrogate surrogate;
  float slope;

  // snnTorch's default, and the path every register is tuned for: subtract at the next step.
  bool is_default() const { return reset == sim::Reset::subtract && reset_delay; }
};

LifKernel lif_kernel(const sim::Lif& lif, const Objective& objective);

// Neurons whose current stays the same over a segment of steps. Per neuron of the panel:
//   membrane     U at the end of the last step, in and out
//   sensitivity  dU/dI at the end of the last step, in and out: because the current is constant, the gradient
//   can be taken
//                forward in time, dL/dI = sum_t dL/dS[t] S'(U[t]) dU[t]/dI with dU[t]/dI = 1 + beta
//                dU[t-1]/dI
struct ConstantDrive {
  const float* currents;  // (width)
  float* membrane;        // (width)
  float* sensitivity;     // (width)
  std::size_t width;      // 64 or 16
  std::size_t n_steps;
};

// Spikes as bits: word w of a step holds neurons 16 w .. 16 w + 15. words: row stride `word_stride`.
void lif_constant_forward(const LifKernel& lif, const ConstantDrive& drive, std::uint16_t* words,
                          std::size_t word_stride);

// Runs the same trajectory again and adds dL/dI to current_gradient (width). spike_gradient: dL/dS (n_steps,
// width).
void lif_constant_backward(const LifKernel& lif, const ConstantDrive& drive, const float* spike_gradient,
                           float* current_gradient);

// Neurons driven by spikes of the layer before. Arrays over steps have row stride `stride`.
struct SpikeDrive {
  const sim::SpikeTrains* spikes;
  std::size_t first_step;  // of the segment within `spikes`
  std::size_t n_steps;
  const float* weights;  // (n_pre, width)
  const float* bias;     // (width)
  std::size_t width;
  std::size_t stride;
};

// compared: U before any reset within the step, what the threshold sees; reported: U after it (the same array
// when the reset is delayed). membrane: state, in and out.
void lif_spiking_forward(const LifKernel& lif, const SpikeDrive& drive, float* membrane, float* compared,
                         float* reported, std::uint16_t* words, std::size_t word_stride);

// Backward through a segment. initial: reported U before its first step. spike_gradient: dL/dS (n_steps,
// width), dense. membrane_gradient: dL/dU of the reported membrane, row stride `stride`, or null. carried:
// dL/dU at the segment's end in, at its start out. deltas: dL/dI (n_steps, stride).
struct SpikeBackward {
  const float* compared;
  const float* reported;
  const float* initial;
  const float* spike_gradient;
  const float* membrane_gradient;
  float* carried;
  float* deltas;
  std::size_t n_steps;
  std::size_t width;
  std::size_t stride;
};
void lif_spiking_backward(const LifKernel& lif, const SpikeBackward& segment);

}  // namespace loci::learning
