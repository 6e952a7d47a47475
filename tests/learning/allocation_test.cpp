// After the first batches nothing is allocated any more. Not with the address sanitizer, which has operators
// of its own.
#ifndef __SANITIZE_ADDRESS__

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "learning/evaluator.hpp"
#include "tests/learning/support.hpp"

namespace {

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables, cppcoreguidelines-no-malloc): what
// replacing the global operators takes
std::atomic<std::size_t> n_allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++n_allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables, cppcoreguidelines-no-malloc)

using namespace loci;
using namespace loci::learning;

namespace {

std::size_t allocations_of_a_later_batch(const sim::NetworkDescription& network, const Objective& objective,
                                         bool constant) {
  const auto parameters = sim::initialise(network, {.seed = 3});
  const auto batch = test::random_batch(20, network.sizes[0], 10, objective.n_steps, constant, 4);
  const Workers workers(1);
  BatchEvaluator evaluator(network, objective, workers);
  sim::Parameters gradient(network);
  for (int warming = 0; warming < 2; ++warming) evaluator.gradient(parameters, batch, gradient);
  const std::size_t before = n_allocations;
  const auto result = evaluator.gradient(parameters, batch, gradient);
  const std::size_t after = n_allocations;
  REQUIRE(before > 0);
  REQUIRE(result.loss > 0.0);
  return after - before;
}

}  // namespace

TEST_CASE("a batch allocates nothing once one like it has been") {
  const Objective spikes{.n_steps = 7};
  const Objective rates{.loss = Loss::cross_entropy, .n_steps = 1};
  for (const bool balanced : {false, true})
    for (const auto wiring : {sim::Wiring::spatial, sim::Wiring::dense}) {
      INFO(balanced << ' ' << name_of(wiring));
      sim::NetworkDescription network{.sizes = {50, 300, 40, 10}, .wiring = wiring, .balanced = balanced};
      CHECK(allocations_of_a_later_batch(network, spikes, true) == 0);
      CHECK(allocations_of_a_later_batch(network, spikes, false) == 0);
      network.neuron = sim::NeuronModel::relu;
      CHECK(allocations_of_a_later_batch(network, rates, true) == 0);
    }
}

#endif
