// The learning rate as a function of how much of the training is done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace loci::learning {

enum class Decay {
  constant,
  linear,     // 1 - x
  quadratic,  // (1 - x)^2: large at first, early small
  cosine,     // (1 + cos pi x) / 2
};

struct Schedule {
  double peak = 0.005;
  Decay decay = Decay::constant;
  double warmup = 0.0;  // fraction of all updates over which the rate rises linearly from 0

  // update: 0 .. n_updates - 1; x = update / n_updates.
  double rate(std::uint64_t update, std::uint64_t n_updates) const;
};

// How much of the pruned share is removed in the course of a training: nothing before `begin`, all of it from
// `end` on (fractions of all updates), and between them 1 - (1 - progress)^3, which removes most while much
// is left (Zhu and Gupta 2017, arXiv 1710.01878, eq. 1).
struct PruningSchedule {
  double begin = 0.0;
  double end = 0.0;

  double fraction(std::uint64_t update, std::uint64_t n_updates) const;
};

std::string_view name_of(Decay value);
Decay parse_decay(std::string_view text, const std::string& where);

}  // namespace loci::learning
