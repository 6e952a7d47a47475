// The unit in which the event engine counts time.
#pragma once

#include <cmath>
#include <string>

#include "sim/circuit/circuit.hpp"
#include "sim/error.hpp"
#include "sim/time.hpp"

namespace loci::sim {

// On the grid the step, so that its times are whole numbers: sums of them are exact, and what happens at one
// time is seen to. Off the grid 1 ms.
struct EventTime {
  double unit_ms;
  bool on_grid;

  EventTime(const Circuit& circuit, bool grid) : unit_ms(grid ? circuit.step_ms : 1.0), on_grid(grid) {}

  double in_ms(double time) const { return time * unit_ms; }
  // Of the description: on the grid to the nearest step, as in the clock engine. Infinity stays.
  double of(double ms, const std::string& where) const {
    if (ms == std::numeric_limits<double>::infinity()) return ms;
    if (on_grid) return steps_from_ms(ms, unit_ms, OffGrid::round, where);
    if (!(ms >= 0.0)) throw InputError(where, std::to_string(ms) + " ms is not a time", "give 0 ms or more");
    return ms;
  }
  // Any time, also between the points of the grid; but 0.3 ms is 3 steps of 0.1 ms.
  double between(double ms) const {
    const double time = ms / unit_ms;
    const double nearest = std::round(time);
    return on_grid && std::abs(time - nearest) <= 1e-9 * std::max(1.0, time) ? nearest : time;
  }
};

}  // namespace loci::sim
