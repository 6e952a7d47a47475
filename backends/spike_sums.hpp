// What arrives over a connection in a step: sums of weights of the spikes that are due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/integer_network.hpp"

namespace loci::backends {

class SpikeSums {
 public:
  // The connection must outlive it.
  explicit SpikeSums(const IntegerConnection& connection);

  // Takes the sources that fired, and returns what arrives in the same step, (n_targets), valid until the
  // next call. A spike counts payload[i] times, once if there are none (Loihi 2's graded spikes). A weight of
  // delay k arrives k calls later. The sum of each delay is shifted by the connection's exponent on its own,
  // as Lava's DelayDense does: rounded down, two sums are not one.
  std::span<const std::int32_t> step(std::span<const std::uint32_t> fired,
                                     std::span<const std::int32_t> payload = {});
  // As at the start.
  void clear();

 private:
  void sum_undelayed(std::span<const std::uint32_t> fired);
  void sum_undelayed(std::span<const std::uint32_t> fired, std::span<const std::int32_t> payload);
  void sum_by_delay(std::span<const std::uint32_t> fired, std::span<const std::int32_t> payload);
  void scale(std::span<std::int32_t> sums) const;

  const IntegerConnection& connection_;
  std::vector<std::int32_t> sums_;  // (n_targets), of the step
  // Where there are delays:
  std::vector<std::uint8_t> delays_;    // that occur, rising
  std::vector<std::int32_t> by_delay_;  // (longest delay + 1, n_targets), of what has just been sent
  std::vector<std::int32_t> due_;       // the same, of what is on the way: a ring over steps
  std::size_t now_ = 0;                 // row of due_
};

}  // namespace loci::backends
