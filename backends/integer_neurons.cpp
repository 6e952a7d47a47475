#include "backends/integer_neurons.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace loci::backends {

namespace {

// Brings what is written to a register into its range, and counts what was beyond it.
class Register {
 public:
  explicit Register(const Range& range) : range_(range) {}
  std::int32_t kept(std::int64_t value) {
    n_beyond_ += range_.contains(value) ? 0 : 1;
    return static_cast<std::int32_t>(fit(value, range_));
  }
  std::uint64_t n_beyond() const { return n_beyond_; }

 private:
  Range range_;
  std::uint64_t n_beyond_ = 0;
};

// The functions below choose by a setting once for all neurons: they call `work` with a function, or a
// constant, that has the setting in it.
template <typename Work>
void with_rounding(Rounding rounding, Work work) {
  switch (rounding) {
    case Rounding::nearest_even:
      return work(std::integral_constant<Rounding, Rounding::nearest_even>{});
    case Rounding::toward_zero:
      return work(std::integral_constant<Rounding, Rounding::toward_zero>{});
    case Rounding::floor:
      return work(std::integral_constant<Rounding, Rounding::floor>{});
  }
}

// work(left_of), left_of(membrane, factor or amount).
template <typename Work>
void with_leak(const IntegerModel& model, Work work) {
  switch (model.leak) {
    case Leak::none:
      return work([](std::int64_t membrane, std::int64_t /*leak*/) { return membrane; });
    case Leak::linear:
      return work([](std::int64_t membrane, std::int64_t amount) {
        return membrane >= 0 ? std::max<std::int64_t>(0, membrane - amount)
                             : std::min<std::int64_t>(0, membrane + amount);
      });
    case Leak::multiplicative:
      return with_rounding(model.leak_rounding, [&](auto rounding) {
        work([bits = model.leak_bits, rounding](std::int64_t membrane, std::int64_t factor) {
          return shift_right(membrane * factor, bits, rounding());
        });
      });
  }
}

}  // namespace

std::int64_t leaked(const IntegerModel& model, std::int64_t membrane, std::int64_t leak) {
  std::int64_t left = 0;
  with_leak(model, [&](auto leaked_by) { left = leaked_by(membrane, leak); });
  return left;
}

IntegerNeurons::IntegerNeurons(const IntegerModel& model, IntegerParameters parameters)
    : model_(model), parameters_(std::move(parameters)), membrane_(parameters_.threshold.size()) {
  if (parameters_.bias.empty()) parameters_.bias.resize(size());
  if (parameters_.leak.size() != size() || parameters_.bias.size() != size())
    throw std::invalid_argument("parameters of integer neurons differ in number");
  if (model_.current) current_.resize(size());
  if (model_.reset_time == ResetTime::next_update) resets_.resize(size());
}

void IntegerNeurons::leak() {
  leak(0, size());
}

void IntegerNeurons::leak(std::size_t begin, std::size_t end) {
  assert(begin <= end && end <= size());
  Register membrane(model_.membrane);
  with_leak(model_, [&](auto left_of) {
    if (resets_.empty()) {
      for (std::size_t n = begin; n < end; ++n)
        membrane_[n] = membrane.kept(left_of(membrane_[n], parameters_.leak[n]));
    } else if (model_.reset == ResetTo::zero) {
      for (std::size_t n = begin; n < end; ++n)
        membrane_[n] = membrane.kept(resets_[n] != 0 ? 0 : left_of(membrane_[n], parameters_.leak[n]));
    } else {
      for (std::size_t n = begin; n < end; ++n)
        membrane_[n] = membrane.kept(left_of(membrane_[n], parameters_.leak[n]) -
                                     (resets_[n] != 0 ? parameters_.threshold[n] : 0));
    }
  });
  if (!resets_.empty())
    std::fill(resets_.begin() + static_cast<std::ptrdiff_t>(begin),
              resets_.begin() + static_cast<std::ptrdiff_t>(end), 0);
  overflows_.membrane += membrane.n_beyond();
}

template <typename Weight>
void IntegerNeurons::add_spike(std::size_t begin, std::span<const Weight> weights) {
  assert(begin + weights.size() <= size());
  Register membrane(model_.membrane);
  const std::span<std::int32_t> values = std::span(membrane_).subspan(begin, weights.size());
  for (std::size_t n = 0; n < weights.size(); ++n)
    values[n] = membrane.kept(std::int64_t{values[n]} + weights[n]);
  overflows_.membrane += membrane.n_beyond();
}

void IntegerNeurons::add(std::span<const std::int16_t> weights) {
  assert(weights.size() == size());
  add_spike(0, weights);
}

void IntegerNeurons::add(std::span<const std::int32_t> weights) {
  assert(weights.size() == size());
  add_spike(0, weights);
}

void IntegerNeurons::add(std::size_t begin, std::span<const std::int32_t> weights) {
  add_spike(begin, weights);
}

void IntegerNeurons::integrate(std::span<const std::int32_t> sums) {
  assert(sums.size() == size());
  const std::int64_t unit = std::int64_t{1} << model_.input_shift;
  Register membrane(model_.membrane);
  if (!model_.current) {
    for (std::size_t n = 0; n < sums.size(); ++n)
      membrane_[n] = membrane.kept(membrane_[n] + sums[n] * unit + parameters_.bias[n]);
  } else {
    Register current(model_.current->range);
    with_rounding(model_.current->rounding, [&, settings = *model_.current](auto rounding) {
      for (std::size_t n = 0; n < sums.size(); ++n) {
        const std::int64_t left = shift_right(current_[n] * settings.factor, settings.bits, rounding());
        current_[n] = current.kept(left + sums[n] * unit);
        membrane_[n] = membrane.kept(std::int64_t{membrane_[n]} + current_[n] + parameters_.bias[n]);
      }
    });
    overflows_.current += current.n_beyond();
  }
  overflows_.membrane += membrane.n_beyond();
}

void IntegerNeurons::fire(std::vector<std::uint32_t>& fired) {
  fire(0, size(), fired);
}

void IntegerNeurons::fire(std::size_t begin, std::size_t end, std::vector<std::uint32_t>& fired) {
  assert(begin <= end && end <= size());
  const std::int64_t beyond = model_.comparison == Comparison::greater ? 1 : 0;
  const std::int64_t lowest = model_.negative_never_fires ? 0 : std::numeric_limits<std::int32_t>::lowest();
  const std::size_t first = fired.size();
  for (std::size_t n = begin; n < end; ++n)
    if (membrane_[n] >= std::max(lowest, parameters_.threshold[n] + beyond))
      fired.push_back(static_cast<std::uint32_t>(n));
  reset(std::span(fired).subspan(first));
}

void IntegerNeurons::reset(std::span<const std::uint32_t> fired) {
  Register membrane(model_.membrane);
  for (const std::uint32_t n : fired) {
    if (model_.reset_time == ResetTime::next_update)
      resets_[n] = 1;
    else if (model_.reset == ResetTo::zero)
      membrane_[n] = 0;
    else
      membrane_[n] = membrane.kept(std::int64_t{membrane_[n]} - parameters_.threshold[n]);
  }
  overflows_.membrane += membrane.n_beyond();
}

void IntegerNeurons::clear() {
  std::ranges::fill(membrane_, 0);
  std::ranges::fill(current_, 0);
  std::ranges::fill(resets_, 0);
}

}  // namespace loci::backends
