#include "backends/spike_sums.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <set>

namespace loci::backends {

SpikeSums::SpikeSums(const IntegerConnection& connection)
    : connection_(connection), sums_(connection.n_targets) {
  const std::set<std::uint8_t> delays(connection.delay.begin(), connection.delay.end());
  if (delays.empty() || delays == std::set<std::uint8_t>{0}) return;
  delays_.assign(delays.begin(), delays.end());
  by_delay_.resize((delays_.back() + std::size_t{1}) * connection.n_targets);
  due_.resize(by_delay_.size());
}

std::span<const std::int32_t> SpikeSums::step(std::span<const std::uint32_t> fired,
                                              std::span<const std::int32_t> payload) {
  assert(payload.empty() || payload.size() == fired.size());
  if (!delays_.empty()) {
    sum_by_delay(fired, payload);
    return sums_;
  }
  std::ranges::fill(sums_, 0);
  if (payload.empty())
    sum_undelayed(fired);
  else
    sum_undelayed(fired, payload);
  scale(sums_);
  return sums_;
}

// Four rows at a time: most of the work is to read and write the sums.
void SpikeSums::sum_undelayed(std::span<const std::uint32_t> fired) {
  const std::size_t n = connection_.n_targets;
  const auto row = [&](std::uint32_t source) { return connection_.weight.data() + source * n; };
  std::int32_t* const sums = sums_.data();
  std::size_t i = 0;
  for (; i + 4 <= fired.size(); i += 4) {
    const std::int16_t* const a = row(fired[i]);
    const std::int16_t* const b = row(fired[i + 1]);
    const std::int16_t* const c = row(fired[i + 2]);
    const std::int16_t* const d = row(fired[i + 3]);
    for (std::size_t target = 0; target < n; ++target)
      sums[target] += (a[target] + b[target]) + (c[target] + d[target]);
  }
  for (; i < fired.size(); ++i) {
    const std::int16_t* const weight = row(fired[i]);
    for (std::size_t target = 0; target < n; ++target) sums[target] += weight[target];
  }
}

void SpikeSums::sum_undelayed(std::span<const std::uint32_t> fired, std::span<const std::int32_t> payload) {
  const std::size_t n = connection_.n_targets;
  for (std::size_t i = 0; i < fired.size(); ++i)
    for (std::size_t target = 0; target < n; ++target)
      sums_[target] += connection_.weight[fired[i] * n + target] * payload[i];
}

void SpikeSums::sum_by_delay(std::span<const std::uint32_t> fired, std::span<const std::int32_t> payload) {
  const std::size_t n = connection_.n_targets;
  for (std::size_t i = 0; i < fired.size(); ++i) {
    const std::int32_t times = payload.empty() ? 1 : payload[i];
    const std::size_t row = fired[i] * n;
    for (std::size_t target = 0; target < n; ++target)
      by_delay_[connection_.delay[row + target] * n + target] += connection_.weight[row + target] * times;
  }
  const std::size_t n_rows = delays_.back() + std::size_t{1};
  for (const std::uint8_t delay : delays_) {
    const auto sent = std::span(by_delay_).subspan(delay * n, n);
    const auto due = std::span(due_).subspan((now_ + delay) % n_rows * n, n);
    scale(sent);
    std::ranges::transform(due, sent, due.begin(), std::plus{});
    std::ranges::fill(sent, 0);
  }
  const auto arriving = std::span(due_).subspan(now_ * n, n);
  std::ranges::copy(arriving, sums_.begin());
  std::ranges::fill(arriving, 0);
  now_ = (now_ + 1) % n_rows;
}

void SpikeSums::scale(std::span<std::int32_t> sums) const {
  if (connection_.exponent == 0) return;
  for (std::int32_t& sum : sums) sum = static_cast<std::int32_t>(scaled(sum, connection_.exponent));
}

void SpikeSums::clear() {
  std::ranges::fill(by_delay_, 0);
  std::ranges::fill(due_, 0);
  now_ = 0;
}

}  // namespace loci::backends
