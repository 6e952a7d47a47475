// Exact threshold crossings: against solutions of fifty digits, closed forms, and dense sampling.
#include <algorithm>
#include <boost/multiprecision/cpp_dec_float.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "sim/circuit/crossing.hpp"
#include "sim/random.hpp"

using namespace loci::sim;

namespace {

using Exact = boost::multiprecision::cpp_dec_float_50;
constexpr double never = std::numeric_limits<double>::infinity();

// The textbook solution, with differences of exponentials.
template <typename Real>
Real membrane(const Trajectory& v, const Real& t) {
  using std::exp;
  const Real rate = v.rate;
  const Real left = exp(-rate * t);
  Real value = Real(v.resting_mv) + (Real(v.start_mv) - Real(v.resting_mv)) * left;
  for (std::size_t k = 0; k < v.n_currents; ++k) {
    const Real other = v.currents[k].rate;
    const Real charge = Real(v.per_capacitance) * Real(v.currents[k].initial_pa);
    value +=
        other == rate ? Real(charge * t * left) : Real(charge * (exp(-other * t) - left) / (rate - other));
  }
  return value;
}

// The crossing between two times by halving.
Exact exact_crossing(const Trajectory& v, double threshold, Exact low, Exact high) {
  for (int i = 0; i < 100; ++i) {
    const Exact middle = (low + high) / 2;
    (membrane(v, middle) < threshold ? low : high) = middle;
  }
  return high;
}

// The largest of V near t, by golden section; V has one maximum between the neighbours of t.
Exact peak_time(const Trajectory& v, Exact low, Exact high) {
  const Exact ratio = (sqrt(Exact(5)) - 1) / 2;
  for (int i = 0; i < 60; ++i) {
    const Exact a = high - ratio * (high - low);
    const Exact b = low + ratio * (high - low);
    if (membrane(v, a) < membrane(v, b))
      low = a;
    else
      high = b;
  }
  return (low + high) / 2;
}

// V on a fine grid of time, exponentials by multiplication.
std::vector<long double> sampled(const Trajectory& v, double interval, std::size_t n) {
  struct Term {
    long double value, factor;
  };
  std::vector<Term> terms{{v.start_mv - static_cast<long double>(v.resting_mv),
                           std::exp(-v.rate * static_cast<long double>(interval))}};
  for (std::size_t k = 0; k < v.n_currents; ++k) {
    const long double charge = static_cast<long double>(v.per_capacitance) * v.currents[k].initial_pa /
                               (v.rate - static_cast<long double>(v.currents[k].rate));
    terms.push_back({charge, std::exp(-v.currents[k].rate * static_cast<long double>(interval))});
    terms.front().value -= charge;
  }
  std::vector<long double> values;
  for (std::size_t i = 0; i < n; ++i) {
    long double value = v.resting_mv;
    for (Term& term : terms) {
      value += term.value;
      term.value *= term.factor;
    }
    values.push_back(value);
  }
  return values;
}

class Draw {
 public:
  explicit Draw(std::uint32_t seed) : seed_(seed) {}
  double operator()(double low, double high) {
    return low + (high - low) * random_words(seed_, Stream::test, count_++, 0)[0] * 0x1p-32;
  }

 private:
  std::uint32_t seed_;
  std::uint64_t count_ = 0;
};

// Two synaptic currents and adaptation, strong enough that membranes rise, fall and rise again by tens of mV.
Trajectory random_trajectory(Draw& draw) {
  Trajectory v{.rate = 1.0 / draw(5, 30),
               .per_capacitance = 1.0 / draw(100, 300),
               .resting_mv = draw(-75, -52),
               .start_mv = draw(-80, -56),
               .n_currents = 3};
  v.currents = {{{1.0 / draw(0.3, 12), draw(0, 3000)},
                 {1.0 / draw(0.3, 40), -draw(0, 3000)},
                 {1.0 / draw(30, 300), -draw(-100, 300)}}};
  return v;
}

Trajectory alpha(double start, double rate, double current_rate, double current_pa) {
  return {.rate = rate,
          .per_capacitance = 1.0,
          .resting_mv = 0.0,
          .start_mv = start,
          .currents = {{{current_rate, current_pa}}},
          .n_currents = 1};
}

}  // namespace

TEST_CASE("without currents a membrane crosses where the logarithm says") {
  // V = -50 - 20 exp(-t / 10) reaches -55 when exp(-t / 10) = 1/4.
  Trajectory v{.rate = 0.1, .per_capacitance = 1.0, .resting_mv = -50.0, .start_mv = -70.0};
  CHECK(first_crossing(v, -55.0) == Approx(10 * std::log(4.0)).epsilon(1e-15));
  CHECK(first_crossing(v, -50.0) == never);  // approached, never reached
  CHECK(first_crossing(v, -49.0) == never);
  CHECK(first_crossing(v, -70.0) == 0.0);
  CHECK(first_crossing(v, -75.0) == 0.0);
  v.start_mv = std::nextafter(-55.0, -100.0);
  // The slope is rate * 5 mV: one unit in the last place of 55 lasts so long.
  CHECK(first_crossing(v, -55.0) == Approx(0x1p-47 / 0.5).epsilon(1e-9));
}

TEST_CASE("a double root is a crossing") {
  // 4 (exp(-t) - exp(-2 t)) has its maximum of 1 at ln 2.
  const Trajectory v = alpha(0.0, 1.0, 2.0, 4.0);
  CHECK(first_crossing(v, 1.0) == Approx(std::log(2.0)).epsilon(1e-7));
  CHECK(first_crossing(v, 1.0 + 1e-12) == never);
  // Below the maximum by d: 4 (x - x^2) = 1 - d for x = 1/2 + sqrt(d) / 2, found to half the digits.
  CHECK(first_crossing(v, 1.0 - 1e-12) == Approx(-std::log(0.5 + 0.5e-6)).epsilon(1e-9));
  CHECK(first_crossing(v, 0.75) == Approx(-std::log(0.75)).epsilon(1e-15));
  // The same in other units, so that rounding falls either way: the maximum is still the threshold exactly.
  Draw draw(6);
  for (int trial = 0; trial < 500; ++trial) {
    const double rate = draw(0.01, 1.0);
    const double threshold = draw(0.1, 30.0);
    Trajectory any = alpha(0.0, rate, 2 * rate, 4 * threshold);
    any.per_capacitance = rate;
    INFO(trial << ' ' << rate << ' ' << threshold);
    REQUIRE(first_crossing(any, threshold) == Approx(std::log(2.0) / rate).epsilon(1e-7));
    REQUIRE(first_crossing(any, threshold * (1.0 + 1e-12)) == never);
  }
  // e t exp(-t) has its maximum of 1 at 1: equal time constants.
  const Trajectory equal = alpha(0.0, 1.0, 1.0, std::exp(1.0));
  CHECK(first_crossing(equal, 1.0) == Approx(1.0).epsilon(1e-7));
  CHECK(first_crossing(equal, 1.0 + 1e-12) == never);
  CHECK(first_crossing(equal, 1.0 - 1e-12) == Approx(1.0 - std::sqrt(2e-12)).epsilon(1e-9));
}

TEST_CASE("the threshold is crossed on the way down to it only from above") {
  // Resting at the threshold: V - threshold = -exp(-t) + I (exp(-t/2) - exp(-t)) / (1/2) turns positive where
  // exp(t/2) = 1 + 1/(2 I), and with a faster current, I (exp(-t) - exp(-3t)) / 2 - exp(-t), where
  // exp(-2t) = 1 - 2/I, which for I <= 2 is nowhere.
  CHECK(first_crossing(alpha(-1.0, 1.0, 0.5, 0.25), 0.0) == Approx(2 * std::log(3.0)).epsilon(1e-14));
  CHECK(first_crossing(alpha(-1.0, 1.0, 3.0, 4.0), 0.0) == Approx(std::log(2.0) / 2).epsilon(1e-14));
  CHECK(first_crossing(alpha(-1.0, 1.0, 3.0, 2.0), 0.0) == never);
  CHECK(first_crossing(alpha(-1.0, 1.0, 3.0, 1.9), 0.0) == never);
  CHECK(first_crossing(alpha(-1.0, 1.0, 1.0, 0.5), 0.0) == Approx(2.0).epsilon(1e-14));  // t / 2 = 1
}

TEST_CASE("equal and nearly equal time constants lose no digit") {
  std::size_t n = 0;
  for (const double difference : {0.0, 1e-16, 1e-13, 1e-9, 1e-5, 1e-2})
    for (const double sign : {-1.0, 1.0}) {
      Trajectory v{
          .rate = 0.1, .per_capacitance = 0.004, .resting_mv = -70.0, .start_mv = -63.0, .n_currents = 3};
      v.currents = {
          {{0.1 * (1 + sign * difference), 2500.0}, {0.1 * (1 - sign * difference), -300.0}, {0.01, -80.0}}};
      const double t = first_crossing(v, -55.0);
      REQUIRE(t < 20.0);
      const Exact expected = exact_crossing(v, -55.0, 0, 8);
      CHECK(std::abs(static_cast<double>(t - expected)) < 1e-12);
      ++n;
    }
  CHECK(n == 12);
}

TEST_CASE("no crossing of random trajectories is missed, and none is invented") {
  constexpr double interval = 0.05;
  constexpr std::size_t n_samples = 10000;  // 500 ms
  Draw draw(1);
  std::size_t n_fired = 0;
  std::size_t n_late = 0;   // after the membrane first fell, or rose and fell
  std::size_t n_later = 0;  // after it turned twice at least
  for (int trial = 0; trial < 2000; ++trial) {
    const Trajectory v = random_trajectory(draw);
    const double threshold = draw(-56, -50);
    const auto values = sampled(v, interval, n_samples);
    const double t = first_crossing(v, threshold);
    const auto first = std::ranges::find_if(values, [&](long double value) { return value >= threshold; });
    const auto sampled_at = static_cast<double>(first - values.begin()) * interval;
    INFO(trial << ' ' << t << ' ' << sampled_at);
    if (first != values.end()) REQUIRE(t <= sampled_at);
    if (t == never) continue;
    REQUIRE(std::abs(membrane<long double>(v, t) - threshold) < 1e-11L);
    std::size_t n_turns = 0;
    for (std::size_t i = 2; i < values.size() && static_cast<double>(i) * interval < t; ++i)
      n_turns += (values[i] > values[i - 1]) != (values[i - 1] > values[i - 2]) ? 1 : 0;
    n_late += n_turns >= 1 ? 1 : 0;
    n_later += n_turns >= 2 ? 1 : 0;
    ++n_fired;
  }
  CHECK(n_fired > 400);
  CHECK(n_fired < 1500);
  CHECK(n_late > 100);
  CHECK(n_later > 20);
}

TEST_CASE("no crossing is missed where time constants agree or nearly do") {
  // Each of four exponentials one of few, to sixteen, thirteen or no digits alike.
  Draw draw(4);
  std::size_t n_fired = 0;
  std::size_t n_silent = 0;
  for (int trial = 0; trial < 100; ++trial) {
    Trajectory v = random_trajectory(draw);
    const double rates[] = {0.1, 0.2, 0.1 * (1 + 1e-13), std::nextafter(0.1, 1.0)};
    const auto any = [&] { return rates[static_cast<std::size_t>(draw(0, 4))]; };
    v.rate = any();
    for (Trajectory::Current& current : v.currents) current.rate = any();
    const double threshold = draw(-56, -45);
    const double t = first_crossing(v, threshold);
    INFO(trial << ' ' << t);
    for (double sample = 0.0; sample < std::min(t, 60.0); sample += 0.5)
      REQUIRE(membrane<Exact>(v, sample) < threshold);
    if (t < never && t > 0.0) {
      CHECK(std::abs(static_cast<double>(membrane<Exact>(v, t) - threshold)) < 1e-11);
      ++n_fired;
    } else {
      ++n_silent;
    }
  }
  CHECK(n_fired > 15);
  CHECK(n_silent > 15);
}

TEST_CASE("peaks that exceed the threshold by 1e-12 of it fire, those that stay below by as much do not") {
  constexpr double interval = 0.05;
  Draw draw(2);
  std::size_t n = 0;
  for (int trial = 0; trial < 400 && n < 100; ++trial) {
    const Trajectory v = random_trajectory(draw);
    const auto values = sampled(v, interval, 10000);
    const auto top = std::ranges::max_element(values);
    if (top == values.begin() || top + 1 == values.end() || *top < v.resting_mv + 0.01L) continue;
    const double at = static_cast<double>(top - values.begin()) * interval;
    const Exact peak = peak_time(v, at - interval, at + interval);
    const Exact height = membrane(v, peak);
    const auto below = static_cast<double>(height - abs(height) * Exact(1e-12));
    const auto above = static_cast<double>(height + abs(height) * Exact(1e-12));
    INFO(trial << ' ' << peak);
    const double t = first_crossing(v, below);
    REQUIRE(t < never);
    // By the second order, of a peak's 10 to 500 ms: 5e-11 mV below it is reached microseconds before.
    CHECK(t < static_cast<double>(peak));
    CHECK(t > static_cast<double>(peak) - 0.01);
    const Exact expected = exact_crossing(v, below, Exact(at) - interval, peak);
    CHECK(std::abs(static_cast<double>(t - expected)) < 1e-6);
    CHECK(first_crossing(v, above) == never);
    ++n;
  }
  CHECK(n == 100);
}

TEST_CASE("crossing times of random trajectories are exact to 1e-11 ms where the membrane is not flat") {
  Draw draw(3);
  std::size_t n = 0;
  for (int trial = 0; trial < 600 && n < 100; ++trial) {
    const Trajectory v = random_trajectory(draw);
    const double threshold = draw(-56, -50);
    const double t = first_crossing(v, threshold);
    if (t == never || t == 0.0) continue;
    const double width = 1e-4;
    const auto slope = (membrane<long double>(v, t) - membrane<long double>(v, t - width)) / width;
    if (t < 2 * width || slope < 1e-2) continue;
    const Exact expected = exact_crossing(v, threshold, Exact(t) - width, Exact(t) + width);
    CHECK(std::abs(static_cast<double>(t - expected)) < 1e-11);
    ++n;
  }
  CHECK(n == 100);
}
