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

std::string_view name_of(Decay value);
Decay parse_decay(std::string_view text, const std::string& where);

}  // namespace loci::learning
