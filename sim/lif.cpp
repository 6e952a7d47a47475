#include "sim/lif.hpp"

#include <cmath>

namespace loci::sim {
namespace {

// Up to so many steps are walked: that costs no more than a logarithm and is to the bit what the clock engine
// computes.
constexpr Step walked_steps = 4;

// Closed form and walk differ by rounding alone, some 1e-13 of the threshold; nearer than this the walk
// decides.
constexpr double near_threshold = 1e-9;

}  // namespace

LifDynamics::LifDynamics(const Lif& lif)
    : beta_(lif.beta),
      threshold_(lif.threshold),
      log_beta_(std::log(lif.beta)),
      reset_(lif.reset),
      reset_delay_(lif.reset_delay) {}

bool LifDynamics::is_near_threshold(double membrane) const {
  return std::abs(membrane - threshold_) <= near_threshold * threshold_;
}

// U[n] = U_inf + beta^n (U[0] - U_inf) with U_inf = I / (1 - beta), written so that nothing cancels as beta
// nears 1.
double LifDynamics::jump(double membrane, double current, Step n_steps) const {
  const auto n = static_cast<double>(n_steps);
  if (beta_ == 1.0) return membrane + n * current;
  const double settled = current / (1.0 - beta_);
  return membrane + (membrane - settled) * std::expm1(n * log_beta_);
}

double LifDynamics::undisturbed(double membrane, double current, Step n_steps) const {
  if (n_steps > 0 && fires(membrane)) {
    (void)step(current, membrane);  // a reset that was still due
    --n_steps;
  }
  if (n_steps > walked_steps && beta_ > 0.0) {
    const double there = jump(membrane, current, n_steps);
    if (!fires(there) && !is_near_threshold(there)) return there;
  }
  for (Step n = 0; n < n_steps; ++n) {
    const double next = leak(membrane, current);
    if (next == membrane) break;  // settled
    membrane = next;
  }
  return membrane;
}

LifDynamics::Wakeup LifDynamics::next_wakeup(double membrane, double current, Step horizon) const {
  if (horizon == 0) return {};
  Step done = 0;
  if (fires(membrane)) {
    const double before = membrane;
    const bool fired = step(current, membrane);
    if (fired || fires(membrane)) return {1, before};
    done = 1;
  }
  // Leaking is monotone, in floating point too: if it does not lift the threshold itself, it lifts nothing
  // above it.
  if (!fires(leak(threshold_, current))) return {};
  Wakeup wakeup = search(membrane, current, horizon - done);
  if (wakeup.steps == 0) return wakeup;
  wakeup.steps += done;
  return wakeup;
}

// Real-valued n with U[n] = threshold, from below.
double LifDynamics::steps_to_threshold(double membrane, double current) const {
  const double missing = threshold_ - membrane;
  if (beta_ == 1.0) return missing / current;
  if (beta_ == 0.0) return 0.0;
  const double settled = current / (1.0 - beta_);
  const double part = missing / (settled - membrane);
  // Each form where it is accurate: the first for a crossing far below the asymptote, the second for one
  // close to it.
  const double log_of_rest =
      part < 0.5 ? std::log1p(-part) : std::log((settled - threshold_) / (settled - membrane));
  return log_of_rest / log_beta_;
}

// The membrane is at most the threshold and rises past it in the end.
LifDynamics::Wakeup LifDynamics::search(double membrane, double current, Step horizon) const {
  const double estimate = steps_to_threshold(membrane, current);
  const bool grazes = beta_ < 1.0 && is_near_threshold(current / (1.0 - beta_));
  if (grazes || estimate <= walked_steps) return search_step_by_step(membrane, current, horizon);
  if (!(estimate <= static_cast<double>(horizon) + 2.0)) return {};

  const Step start = static_cast<Step>(estimate) - 1;
  double before = jump(membrane, current, start);
  if (fires(before) || is_near_threshold(before)) return search_step_by_step(membrane, current, horizon);
  for (Step n = start + 1; n <= horizon; ++n) {
    const double next = leak(before, current);
    if (is_near_threshold(next)) return search_step_by_step(membrane, current, horizon);
    if (fires(next)) return {n, before};
    before = next;
  }
  return {};
}

LifDynamics::Wakeup LifDynamics::search_step_by_step(double membrane, double current, Step horizon) const {
  for (Step n = 1; n <= horizon; ++n) {
    const double next = leak(membrane, current);
    if (fires(next)) return {n, membrane};
    if (next == membrane) return {};  // it has settled at or below the threshold
    membrane = next;
  }
  return {};
}

}  // namespace loci::sim
