#include "sim/lif.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "sim/random.hpp"

using namespace loci::sim;

namespace {

struct Trajectory {
  std::vector<double> membrane;
  std::vector<bool> fired;
  bool operator==(const Trajectory&) const = default;
};

Trajectory run(const Lif& lif, const std::vector<double>& current) {
  const LifDynamics dynamics(lif);
  Trajectory trajectory;
  double membrane = 0.0;
  for (const double input : current) {
    trajectory.fired.push_back(dynamics.step(input, membrane));
    trajectory.membrane.push_back(membrane);
  }
  return trajectory;
}

Lif half_decay(Reset reset, bool reset_delay) {
  return {.beta = 0.5, .threshold = 1.0, .reset = reset, .reset_delay = reset_delay};
}

const std::vector<double> steady(5, 0.75);

// The next wakeup by the plain definition: step until something other than leaking happens.
Step wakeup_by_stepping(const Lif& lif, double membrane, double current, Step horizon) {
  const LifDynamics dynamics(lif);
  for (Step n = 1; n <= horizon; ++n) {
    const bool fired = dynamics.step(current, membrane);
    if (fired || membrane > lif.threshold) return n;
  }
  return 0;
}

}  // namespace

// All values are exact in binary.
TEST_CASE("subtracting in the next step: the membrane keeps what exceeds the threshold, decayed") {
  // 0.75; 0.375 + 0.75; 0.5625 + 0.75 - 1; 0.15625 + 0.75; 0.453125 + 0.75.
  CHECK(run(half_decay(Reset::subtract, true), steady) ==
        Trajectory{{0.75, 1.125, 0.3125, 0.90625, 1.203125}, {false, true, false, false, true}});
}

TEST_CASE("subtracting at once: the threshold itself does not decay") {
  // 0.75; 1.125 - 1; 0.0625 + 0.75; 0.40625 + 0.75 - 1; 0.078125 + 0.75.
  CHECK(run(half_decay(Reset::subtract, false), steady) ==
        Trajectory{{0.75, 0.125, 0.8125, 0.15625, 0.828125}, {false, true, false, true, false}});
}

TEST_CASE("resetting to zero in the next step forgets the membrane before it decays") {
  CHECK(run(half_decay(Reset::zero, true), steady) ==
        Trajectory{{0.75, 1.125, 0.75, 1.125, 0.75}, {false, true, false, true, false}});
}

TEST_CASE("resetting to zero at once fires at the same steps") {
  CHECK(run(half_decay(Reset::zero, false), steady) ==
        Trajectory{{0.75, 0.0, 0.75, 0.0, 0.75}, {false, true, false, true, false}});
}

TEST_CASE("without a reset the membrane settles at I / (1 - beta) and fires all the way") {
  const Trajectory expected{{0.75, 1.125, 1.3125, 1.40625, 1.453125}, {false, true, true, true, true}};
  CHECK(run(half_decay(Reset::none, true), steady) == expected);
  CHECK(run(half_decay(Reset::none, false), steady) == expected);
}

TEST_CASE("a membrane that only reaches its threshold does not fire") {
  CHECK(run({.beta = 1.0}, {0.5, 0.5, 0.0}).fired == std::vector<bool>{false, false, false});
}

TEST_CASE(
    "a reset that is due and leads to no spike is taken back when resets are immediate, as in snnTorch") {
  // 3 fires, 3 - 1 = 2 stays above; then 1 - 1 = 0 does not fire and the threshold is added back.
  CHECK(run(half_decay(Reset::subtract, false), {3.0, 0.0, 0.0}) ==
        Trajectory{{2.0, 1.0, 0.5}, {true, false, false}});
}

TEST_CASE("the next wakeup is the step at which stepping fires, for any decay, current, reset and distance") {
  std::size_t n_found = 0;
  std::size_t n_far = 0;
  for (std::uint32_t draw = 0; draw < 4000; ++draw) {
    const auto words = random_words(5, Stream::test, draw, 0);
    const double betas[] = {0.0, 0.5, 0.9, 0.95, 0.999, 0.99999, 1.0, uniform_from(words[0])};
    const Reset resets[] = {Reset::subtract, Reset::zero, Reset::none};
    const Lif lif{.beta = betas[draw % 8],
                  .threshold = 0.5 + uniform_from(words[1]),
                  .reset = resets[draw % 3],
                  .reset_delay = draw % 5 < 3};
    const double settled = lif.threshold * (0.9 + std::exp(-10.0 * uniform_from(words[2])));
    const double current = lif.beta == 1.0 ? 0.01 * settled : settled * (1.0 - lif.beta);
    const double membrane = lif.threshold * (2.0 * uniform_from(words[3]) - 0.7);
    const Step expected = wakeup_by_stepping(lif, membrane, current, 3000);
    INFO("draw " << draw << " beta " << lif.beta << " membrane " << membrane << " current " << current);
    const auto wakeup = LifDynamics(lif).next_wakeup(membrane, current, 3000);
    REQUIRE(wakeup.steps == expected);
    n_found += expected > 0;
    n_far += expected > 100;
    if (expected == 0) continue;
    CHECK(LifDynamics(lif).next_wakeup(membrane, current, expected).steps == expected);
    CHECK(LifDynamics(lif).next_wakeup(membrane, current, expected - 1).steps == 0);
    CHECK(LifDynamics(lif).undisturbed(membrane, current, expected - 1) ==
          Approx(wakeup.membrane_before).epsilon(1e-11));
  }
  CHECK(n_found > 1000);
  CHECK(n_far > 300);
}

TEST_CASE("a current that lifts the membrane exactly to its threshold never fires") {
  CHECK(LifDynamics({.beta = 0.5}).next_wakeup(0.0, 0.5, 1'000'000).steps == 0);
  CHECK(LifDynamics({.beta = 0.75}).next_wakeup(-8.0, 0.25, 1'000'000).steps == 0);
  CHECK(LifDynamics({.beta = 1.0}).next_wakeup(1.0, 0.0, 1'000'000).steps == 0);
}

TEST_CASE("grazing crossings agree with stepping to the last bit") {
  std::size_t n_fired = 0;
  for (const double beta : {0.5, 0.75, 0.9, 0.95, 0.99, 1.0}) {
    for (int k = -60; k <= 60; ++k) {
      // Settles within 60 units in the last place of the threshold, or creeps over it with decimal fractions.
      const double current = beta < 1.0 ? (1.0 - beta) * (1.0 + k * 0x1.0p-52) : 1.0 / (70.0 + k);
      const Step expected = wakeup_by_stepping({.beta = beta}, 0.0, current, 5000);
      INFO("beta " << beta << " k " << k);
      CHECK(LifDynamics({.beta = beta}).next_wakeup(0.0, current, 5000).steps == expected);
      if (expected > 0)
        CHECK(LifDynamics({.beta = beta}).next_wakeup(0.0, current, expected).steps == expected);
      n_fired += expected > 0;
    }
  }
  CHECK(n_fired > 100);
}

TEST_CASE("undisturbed steps equal single steps") {
  for (const double beta : {0.0, 0.5, 0.95, 0.999, 1.0}) {
    for (const Step n_steps : {0U, 1U, 4U, 5U, 32U, 500U}) {
      const LifDynamics dynamics(Lif{.beta = beta});
      double membrane = 1.5;  // a reset is due
      for (Step n = 0; n < n_steps; ++n) (void)dynamics.step(-0.001, membrane);
      CHECK(dynamics.undisturbed(1.5, -0.001, n_steps) == Approx(membrane).margin(1e-12));
      if (n_steps <= 4) CHECK(dynamics.undisturbed(1.5, -0.001, n_steps) == membrane);
    }
  }
}
