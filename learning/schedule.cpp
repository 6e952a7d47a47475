#include "learning/schedule.hpp"

#include <cmath>
#include <numbers>

#include "sim/names.hpp"

namespace loci::learning {
namespace {

constexpr NameTable<Decay, 4> decays{{{Decay::constant, "constant"},
                                      {Decay::linear, "linear"},
                                      {Decay::quadratic, "quadratic"},
                                      {Decay::cosine, "cosine"}}};

double decay_factor(Decay decay, double x) {
  switch (decay) {
    case Decay::constant:
      return 1.0;
    case Decay::linear:
      return 1.0 - x;
    case Decay::quadratic:
      return (1.0 - x) * (1.0 - x);
    case Decay::cosine:
      return 0.5 * (1.0 + std::cos(std::numbers::pi * x));
  }
  return 1.0;
}

}  // namespace

double Schedule::rate(std::uint64_t update, std::uint64_t n_updates) const {
  const double x = static_cast<double>(update) / static_cast<double>(n_updates);
  const double rise = x < warmup ? (x + 1.0 / static_cast<double>(n_updates)) / warmup : 1.0;
  return peak * (rise < 1.0 ? rise : 1.0) * decay_factor(decay, x);
}

double PruningSchedule::fraction(std::uint64_t update, std::uint64_t n_updates) const {
  const double x = static_cast<double>(update) / static_cast<double>(n_updates);
  if (x >= end) return 1.0;
  if (x <= begin) return 0.0;
  const double left = 1.0 - (x - begin) / (end - begin);
  return 1.0 - left * left * left;
}

std::string_view name_of(Decay value) {
  return find_name(decays, value);
}
Decay parse_decay(std::string_view text, const std::string& where) {
  return find_value(decays, text, where);
}

}  // namespace loci::learning
