// The grid of a simulation's time, and the one place where milliseconds become steps of it.
#pragma once

#include <cstdint>
#include <string>

namespace loci::sim {

// A step of the grid, counted from the start of a sample; also a number of steps, as a delay has.
using Step = std::uint32_t;

// Delays and windows stay below this, so that a step plus a delay never wraps.
inline constexpr Step max_steps = Step{1} << 30;

enum class OffGrid {
  round,   // for what follows from a distance: any value can occur, take the nearest step
  refuse,  // for what a user wrote: a value between two steps is a mistake
};

// Throws InputError at `where` for a negative or endless time, for one of more than max_steps, for a step
// that is not positive and, with OffGrid::refuse, for a time that is no multiple of step_ms (to a billionth,
// so that 0.3 ms is 3 steps of 0.1 ms).
Step steps_from_ms(double ms, double step_ms, OffGrid off_grid, const std::string& where);

}  // namespace loci::sim
