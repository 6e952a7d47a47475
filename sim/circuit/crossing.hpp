// When a membrane that is left alone first reaches its threshold: no crossing is missed, however brief.
#pragma once

#include <array>
#include <cstddef>

namespace loci::sim {

// Between two events a membrane obeys
//   dV/dt = rate (resting - V) + per_capacitance sum_k I_k exp(-rate_k t),  V(0) = start,
// time in any one unit: rate = 1 / tau_m, resting with the response to all constant currents.
struct Trajectory {
  struct Current {
    double rate = 0.0;  // 1 / tau, above 0
    double initial_pa = 0.0;
  };

  double rate = 0.0;
  double per_capacitance = 0.0;
  double resting_mv = 0.0;
  double start_mv = 0.0;
  std::array<Current, 3> currents{};
  std::size_t n_currents = 0;

  // V(t) - offset, without cancellation: neither where V is near the offset nor where time constants agree.
  double above(double offset_mv, double t) const;
};

// By how much a decaying current of 1 lifts the membrane after t, whichever of the rates is the faster.
double current_response(double membrane_rate, double current_rate, double per_capacitance, double t);

// The smallest t >= 0 with V(t) >= threshold to a few units in the last place, infinity if there is none.
double first_crossing(const Trajectory& trajectory, double threshold_mv);

}  // namespace loci::sim
