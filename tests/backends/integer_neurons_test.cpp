#include "backends/integer_neurons.hpp"

#include <catch2/catch.hpp>

using namespace loci::backends;

namespace {

std::vector<std::uint32_t> fired(IntegerNeurons& neurons) {
  std::vector<std::uint32_t> who;
  neurons.fire(who);
  return who;
}

}  // namespace

TEST_CASE("a subtracting neuron loses its threshold after the next leak") {
  // 300 > 100 fires; then 300 * 3 / 4 - 100 = 125 fires; then floor(125 * 3 / 4) - 100 = -7 does not.
  IntegerNeurons neurons({.membrane = signed_range(16),
                          .leak_bits = 2,
                          .leak_rounding = Rounding::floor,
                          .reset = ResetTo::subtract,
                          .reset_time = ResetTime::next_update},
                         {.leak = {3}, .threshold = {100}});
  const std::vector<std::int32_t> first{300};
  const std::vector<std::int32_t> nothing{0};
  neurons.leak();
  neurons.integrate(first);
  CHECK(fired(neurons) == std::vector<std::uint32_t>{0});
  CHECK(neurons.membrane()[0] == 300);
  neurons.leak();
  neurons.integrate(nothing);
  CHECK(fired(neurons) == std::vector<std::uint32_t>{0});
  CHECK(neurons.membrane()[0] == 125);
  neurons.leak();
  neurons.integrate(nothing);
  CHECK(fired(neurons).empty());
  CHECK(neurons.membrane()[0] == -7);
}

TEST_CASE("a threshold is passed beyond it or at it, as the chip compares") {
  for (const Comparison comparison : {Comparison::greater, Comparison::greater_equal}) {
    IntegerNeurons neurons({.membrane = signed_range(8), .comparison = comparison},
                           {.leak = {0, 0}, .threshold = {5, 5}});
    const std::vector<std::int32_t> sums{5, 6};
    neurons.integrate(sums);
    const std::vector<std::uint32_t> both{0, 1};
    CHECK(fired(neurons) == (comparison == Comparison::greater ? std::vector<std::uint32_t>{1} : both));
  }
}

TEST_CASE("a linear leak ends at zero from both sides") {
  IntegerNeurons neurons({.membrane = signed_range(12), .leak = Leak::linear},
                         {.leak = {3, 3, 3}, .threshold = {100, 100, 100}});
  const std::vector<std::int32_t> sums{7, -7, 2};
  neurons.add(sums);
  neurons.leak();
  CHECK(std::vector<std::int32_t>(neurons.membrane().begin(), neurons.membrane().end()) ==
        std::vector<std::int32_t>{4, -4, 0});
}

TEST_CASE("membranes saturate at each spike and what overflowed is counted") {
  IntegerNeurons neurons({.membrane = signed_range(4)}, {.leak = {0}, .threshold = {100}});
  const std::vector<std::int32_t> up{6};
  const std::vector<std::int32_t> down{-6};
  neurons.add(up);
  neurons.add(up);
  neurons.add(down);
  CHECK(neurons.membrane()[0] == 1);  // 7, not 12, less 6
  CHECK(neurons.overflows() == Overflows{1, 0});
}

TEST_CASE("a current forgets on its own and flows into the membrane with the bias") {
  IntegerNeurons neurons({.membrane = signed_range(24),
                          .input_shift = 6,
                          .current = IntegerCurrent{.factor = 2048, .range = signed_range(24)}},
                         {.leak = {4096}, .threshold = {100000}, .bias = {5}});
  const std::vector<std::int32_t> one{1};
  const std::vector<std::int32_t> nothing{0};
  for (const auto* sums : {&one, &nothing}) {
    neurons.leak();
    neurons.integrate(*sums);
  }
  CHECK(neurons.current()[0] == 32);
  CHECK(neurons.membrane()[0] == 64 + 32 + 2 * 5);
}

TEST_CASE("some of the neurons leak, take weights and fire while the others stay as they are") {
  IntegerNeurons neurons({.membrane = signed_range(8),
                          .leak = Leak::linear,
                          .comparison = Comparison::greater_equal,
                          .reset = ResetTo::subtract,
                          .reset_time = ResetTime::next_update},
                         {.leak = {1, 1, 1, 1}, .threshold = {5, 5, 5, 5}});
  const auto membranes = [&] {
    return std::vector<std::int32_t>(neurons.membrane().begin(), neurons.membrane().end());
  };
  const std::vector<std::int32_t> all{7, 7, 7, 7};
  const std::vector<std::int32_t> two{1, -2};
  neurons.add(all);
  neurons.add(1, two);
  CHECK(membranes() == std::vector<std::int32_t>{7, 8, 5, 7});
  std::vector<std::uint32_t> who;
  neurons.fire(1, 3, who);
  CHECK(who == std::vector<std::uint32_t>{1, 2});
  neurons.leak(0, 2);
  CHECK(membranes() == std::vector<std::int32_t>{6, 2, 5, 7});
  neurons.leak(1, 4);  // the third is still to be reset, the second no more
  CHECK(membranes() == std::vector<std::int32_t>{6, 1, -1, 6});
}
