#include "sim/circuit/crossing.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace loci::sim {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

// coefficient exp(-rate t)
struct Term {
  double coefficient;
  double rate;
};

// Rising times; a sum of n exponentials changes its sign n - 1 times at most.
struct Times {
  std::array<double, 3> time{};
  std::size_t n = 0;

  void add(double t) { time[n++] = t; }
  const double* begin() const { return time.data(); }
  const double* end() const { return time.data() + n; }
};

struct Bracket {
  double low, high;
  double at_low, at_high;
};

// Where a function that changes its sign within the bracket does so, to the last bits: the end of what is
// left of the bracket. Alefeld, Potra and Shi (1995), algorithm 748: it never leaves the bracket.
template <typename Function>
double refine(const Function& function, const Bracket& bracket) {
  if (bracket.at_low == 0.0) return bracket.low;
  if (bracket.at_high == 0.0) return bracket.high;
  const auto narrow = [](double low, double high) { return high - low <= 0x1p-51 * std::abs(high); };
  std::uintmax_t n_calls = 400;  // halving alone leaves nothing of a bracket after some 110 of them
  return boost::math::tools::toms748_solve(function, bracket.low, bracket.high, bracket.at_low,
                                           bracket.at_high, narrow, n_calls)
      .second;
}

// A point beyond `from` at which the function has the sign it ends with.
template <typename Function, typename Reached>
double beyond(const Function& function, double from, double stride, const Reached& reached) {
  double t = from + stride;
  for (int doublings = 0; doublings < 1000 && !reached(function(t)); ++doublings) t = from + (stride *= 2.0);
  return t;
}

double sum_at(std::span<const Term> sum, double t) {
  double value = 0.0;
  for (const Term& term : sum) value += term.coefficient * std::exp(-term.rate * t);
  return value;
}

// The times above 0 at which a sum of exponentials changes its sign; rates rise, no coefficient is 0. Divided
// by its slowest term the sum has a constant, which differentiation removes: between the sign changes of that
// shorter sum the quotient is monotone, and has one change at most (Rolle).
Times sign_changes(std::span<const Term> sum) {
  Times changes;
  const bool ends_negative = sum.empty() || sum.front().coefficient < 0.0;
  if (std::ranges::all_of(sum, [&](const Term& t) { return (t.coefficient < 0.0) == ends_negative; }))
    return changes;
  std::array<Term, 4> quotient{};
  std::array<Term, 3> slope{};
  const std::size_t n = sum.size();
  for (std::size_t k = 0; k < n; ++k) {
    quotient[k] = {sum[k].coefficient, sum[k].rate - sum.front().rate};
    if (k > 0) slope[k - 1] = {-quotient[k].coefficient * quotient[k].rate, quotient[k].rate};
  }
  const auto value = [&](double t) { return sum_at(std::span(quotient).first(n), t); };
  if (n == 2) {
    const double t = std::log(-quotient[1].coefficient / quotient[0].coefficient) / quotient[1].rate;
    if (t > 0.0) changes.add(t);
    return changes;
  }
  double low = 0.0;
  double at_low = value(0.0);
  const auto until = [&](double high) {
    const double at_high = value(high);
    if ((at_low < 0.0) != (at_high < 0.0)) changes.add(refine(value, {low, high, at_low, at_high}));
    low = high;
    at_low = at_high;
  };
  for (const double t : sign_changes(std::span(slope).first(n - 1))) until(t);
  if ((at_low < 0.0) != ends_negative)
    until(
        beyond(value, low, 1.0 / quotient[n - 1].rate, [&](double v) { return (v < 0.0) == ends_negative; }));
  return changes;
}

// A current that has decayed to less moves no membrane by its last bit, and its products underflow.
constexpr double least_pa = 1e-150;

// What drives a membrane that is at its threshold: the slope of e^(rate t) (V - threshold) has its sign.
struct Drive {
  std::array<Term, 4> terms{};
  std::size_t n = 0;

  Drive(const Trajectory& v, double threshold_mv) {
    add({(v.resting_mv - threshold_mv) * v.rate / v.per_capacitance, 0.0});
    for (std::size_t k = 0; k < v.n_currents; ++k) add({v.currents[k].initial_pa, v.currents[k].rate});
    const auto nothing = [](const Term& term) { return std::abs(term.coefficient) < least_pa; };
    n = static_cast<std::size_t>(std::remove_if(terms.begin(), terms.begin() + n, nothing) - terms.begin());
  }
  // Keeps rates rising, and one term of each.
  void add(const Term& term) {
    std::size_t at = 0;
    while (at < n && terms[at].rate < term.rate) ++at;
    if (at < n && terms[at].rate == term.rate) {
      terms[at].coefficient += term.coefficient;
      return;
    }
    for (std::size_t k = n++; k > at; --k) terms[k] = terms[k - 1];
    terms[at] = term;
  }
  std::span<const Term> sum() const { return std::span(terms).first(n); }
};

// No current moves the membrane by more than its charge does, nor by more than it would if it did not decay.
double largest_response(const Trajectory& v, std::size_t k) {
  return v.currents[k].initial_pa * v.per_capacitance / std::max(v.rate, v.currents[k].rate);
}

bool stays_below(const Trajectory& v, double threshold_mv) {
  double highest = std::max(v.start_mv, v.resting_mv);
  for (std::size_t k = 0; k < v.n_currents; ++k) highest += std::max(largest_response(v, k), 0.0);
  return highest < threshold_mv;
}

// By how much rounding may lower V - threshold.
double rounding_mv(const Trajectory& v, double threshold_mv) {
  double size = std::abs(v.start_mv - threshold_mv) + std::abs(v.resting_mv - threshold_mv);
  for (std::size_t k = 0; k < v.n_currents; ++k) size += std::abs(largest_response(v, k));
  return 0x1p-50 * size;
}

// Whether the membrane is above its threshold in the end, or, resting at it, comes down to it from above.
bool ends_above(const Trajectory& v, double threshold_mv, std::span<const Term> drive) {
  if (v.resting_mv != threshold_mv) return v.resting_mv > threshold_mv;
  if (drive.empty() || drive.front().coefficient < 0.0) return false;
  if (drive.front().rate <= v.rate) return true;
  double limit = v.start_mv - threshold_mv;  // of e^(rate t) (V - threshold)
  for (const Term& term : drive) limit += v.per_capacitance * term.coefficient / (term.rate - v.rate);
  return limit > 0.0;
}

}  // namespace

double current_response(double membrane_rate, double current_rate, double per_capacitance, double t) {
  const double difference = std::abs(membrane_rate - current_rate);
  const double slow = per_capacitance * std::exp(-std::min(membrane_rate, current_rate) * t);
  return difference * t > 0.0 ? slow * (-std::expm1(-difference * t) / difference) : slow * t;
}

double Trajectory::above(double offset_mv, double t) const {
  const double left = std::exp(-rate * t);
  const double gone = rate * t < 0.5 ? -std::expm1(-rate * t) : 1.0 - left;
  double value = (start_mv - offset_mv) * left + (resting_mv - offset_mv) * gone;
  for (std::size_t k = 0; k < n_currents; ++k)
    value += currents[k].initial_pa * current_response(rate, currents[k].rate, per_capacitance, t);
  return value;
}

double first_crossing(const Trajectory& v, double threshold_mv) {
  if (v.start_mv >= threshold_mv) return 0.0;
  if (stays_below(v, threshold_mv)) return never;
  if (v.n_currents == 0)
    return v.resting_mv > threshold_mv
               ? std::log1p((threshold_mv - v.start_mv) / (v.resting_mv - threshold_mv)) / v.rate
               : never;
  const Drive drive(v, threshold_mv);
  const auto value = [&](double t) { return v.above(threshold_mv, t); };
  Bracket bracket{0.0, 0.0, v.start_mv - threshold_mv, 0.0};
  // V - threshold changes its sign once at most from one point to the next. A peak that touches the threshold
  // to rounding reaches it.
  const double slack = rounding_mv(v, threshold_mv);
  for (const double t : sign_changes(drive.sum())) {
    bracket.high = t;
    bracket.at_high = value(t);
    if (bracket.at_high >= 0.0) return refine(value, bracket);
    if (bracket.at_high >= -slack) return t;
    bracket.low = t;
    bracket.at_low = bracket.at_high;
  }
  if (!ends_above(v, threshold_mv, drive.sum())) return never;
  bracket.high = beyond(value, bracket.low, 1.0 / v.rate, [](double above) { return above >= 0.0; });
  bracket.at_high = value(bracket.high);
  return refine(value, bracket);
}

}  // namespace loci::sim
