// The discrete leaky integrate-and-fire neuron in double precision: one step, many undisturbed steps, and its
// next spike.
#pragma once

#include <cstdint>

#include "sim/network.hpp"
#include "sim/time.hpp"

namespace loci::sim {

// What the event engine asks of a neuron model is the three functions below: how an undisturbed neuron moves
// on, how it takes an input, and when it will next fire by itself. A model of continuous time would offer the
// same with times instead of steps.
class LifDynamics {
 public:
  explicit LifDynamics(const Lif& lif);

  // One step of snnTorch's `Leaky`. `membrane` is the state that outlasts a step: with a delayed reset the
  // value before the reset, which then takes place in the next step. Returns whether the neuron fired.
  bool step(double current, double& membrane) const;

  // The membrane after n_steps without input but a constant current, where the neuron does not fire on the
  // way.
  double undisturbed(double membrane, double current, Step n_steps) const;

  // The neuron's next step of its own that is not plain leaking: a spike, or a reset that leaves it above its
  // threshold.
  struct Wakeup {
    Step steps = 0;                // from now; 0: none within the horizon
    double membrane_before = 0.0;  // one step earlier
  };
  // Exact: the step found is the one at which step(), repeated, would fire, up to the rounding of
  // undisturbed().
  Wakeup next_wakeup(double membrane, double current, Step horizon) const;

 private:
  bool fires(double membrane) const { return membrane > threshold_; }
  double leak(double membrane, double current) const { return beta_ * membrane + current; }
  bool is_near_threshold(double membrane) const;
  double jump(double membrane, double current, Step n_steps) const;
  double steps_to_threshold(double membrane, double current) const;
  Wakeup search(double membrane, double current, Step horizon) const;
  Wakeup search_step_by_step(double membrane, double current, Step horizon) const;

  double beta_;
  double threshold_;
  double log_beta_;
  Reset reset_;
  bool reset_delay_;
};

inline bool LifDynamics::step(double current, double& membrane) const {
  const bool resets = fires(membrane);
  const double kept = resets && reset_ == Reset::zero ? 0.0 : membrane;
  membrane = leak(kept, current);
  if (resets && reset_ == Reset::subtract) membrane -= threshold_;
  const bool fired = fires(membrane);
  if (!reset_delay_ && fired != resets) {
    // snnTorch applies (fired - resets) times the reset, so a reset that was due and led to no spike is taken
    // back.
    const double sign = fired ? 1.0 : -1.0;
    if (reset_ == Reset::subtract) membrane -= sign * threshold_;
    if (reset_ == Reset::zero) membrane -= sign * membrane;
  }
  return fired;
}

}  // namespace loci::sim
