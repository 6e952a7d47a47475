#include "sim/time.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "sim/error.hpp"

namespace loci::sim {
namespace {

std::string in_ms(double value) {
  std::ostringstream text;
  text << value << " ms";
  return text.str();
}

}  // namespace

Step steps_from_ms(double ms, double step_ms, OffGrid off_grid, const std::string& where) {
  if (!(step_ms > 0.0) || !std::isfinite(step_ms))
    throw InputError(where, "a step of " + in_ms(step_ms) + " makes no grid",
                     "choose a finite step above 0 ms");
  if (!(ms >= 0.0)) throw InputError(where, in_ms(ms) + " is not a time", "give 0 ms or more");
  const double ratio = ms / step_ms;
  if (!(ratio <= max_steps))
    throw InputError(where, in_ms(ms) + " is more than a simulation holds in steps of " + in_ms(step_ms),
                     "choose a shorter time or a longer step");
  const double nearest = std::round(ratio);
  if (off_grid == OffGrid::refuse && std::abs(ratio - nearest) > 1e-9 * std::max(1.0, ratio))
    throw InputError(where, in_ms(ms) + " lies between two steps of " + in_ms(step_ms),
                     "use a multiple of the step, for example " + in_ms(nearest * step_ms));
  return static_cast<Step>(nearest);
}

}  // namespace loci::sim
