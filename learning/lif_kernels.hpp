// Leaky integrate-and-fire neurons over time, one panel of one sample at a time, from rest.
#pragma once

#include <cstddef>
#include <cstdint>

#include "learning/objective.hpp"
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

// Neurons whose current stays the same at every step: membranes live in registers and nothing is stored but
// the spikes. words (n_steps): bit j of a step's word is neuron j of the panel.
struct ConstantDrive {
  const float* currents;  // (width)
  std::size_t width;      // 64 or 16
  std::size_t n_steps;
};
void lif_constant_forward(const LifKernel& lif, const ConstantDrive& drive, std::uint64_t* words);

// Runs the same trajectory again and writes what every spike adds to the gradient of the current: because
// that is constant, dL/dI = sum_t dL/dS[t] S'(U[t]) dU[t]/dI, taken forward in time with dU[t]/dI = 1 + beta
// dU[t-1]/dI. sensitivities: S'(U[t]) dU[t]/dI (n_steps, width).
void lif_constant_sensitivities(const LifKernel& lif, const ConstantDrive& drive, float* sensitivities);

// Neurons whose current changes: base + steps[t].
struct ChangingDrive {
  const float* base;   // (width)
  const float* steps;  // (n_steps, width), or null for none
  std::size_t width;
  std::size_t n_steps;
};
// compared: U before any reset within the step, what the threshold sees; reported: U after it (may be the
// same array when the reset is delayed). Both (n_steps, width).
void lif_forward(const LifKernel& lif, const ChangingDrive& drive, float* compared, float* reported,
                 std::uint64_t* words);

// spike_gradient: dL/dS (n_steps, width). membrane_gradient: dL/dU of the reported membrane (n_steps, width),
// or null. deltas: dL/dI (n_steps, width); may be `compared`.
struct LifTrajectory {
  const float* compared;
  const float* reported;
  const float* spike_gradient;
  const float* membrane_gradient;
  float* deltas;
  std::size_t width;
  std::size_t n_steps;
};
void lif_backward(const LifKernel& lif, const LifTrajectory& trajectory);

}  // namespace loci::learning
