#include "backends/scale_search.hpp"

#include <catch2/catch.hpp>

#include "backends/evidence.hpp"
#include "backends/reckon.hpp"
#include "export_networks.hpp"

using namespace loci;
using namespace loci::backends;

namespace {

constexpr sim::Step n_steps = 20;

// Mismatches of the whole network by layer.
std::vector<std::uint64_t> mismatches_of(const FloatNetwork& trained, const IntegerNetwork& network,
                                         const std::vector<ReplaySample>& samples) {
  const SampleSource source{.n_samples = samples.size(), .n_steps = n_steps, .sample = [&](std::size_t s) {
                              return ReplaySample{.input = samples[s].input, .label = samples[s].label};
                            }};
  return gather_evidence(trained, network, nullptr, source, {.n_threads = 1}).emulated.mismatches;
}

std::uint64_t spikes_of(const std::vector<ReplaySample>& samples, std::size_t layer) {
  std::uint64_t n = 0;
  for (const ReplaySample& sample : samples) n += sample.reference[layer].neuron.size();
  return n;
}

TargetDescription coarse(TargetDescription target) {
  target.numbers.weight = {-8, 7};
  return target;
}

}  // namespace

TEST_CASE("with fine numbers and its own reset a network keeps every spike") {
  for (const sim::Reset reset : {sim::Reset::zero, sim::Reset::subtract}) {
    const FloatNetwork trained = small::network_of(small::dense({20, 16, 8}, {.beta = 0.9, .reset = reset}));
    const auto samples = small::samples(trained, 6, n_steps);
    TargetDescription target = reset == sim::Reset::zero ? small::eight_bits() : small::subtracting();
    target.numbers.weight = {-30000, 30000};
    target.numbers.weight_shift = std::nullopt;
    target.numbers.threshold = {1, 1 << 22};
    target.numbers.leak = {0, 1 << 30};
    target.numbers.bias = Range{-30000, 30000};
    target.model.membrane = signed_range(32);
    target.model.leak_bits = 20;
    target.model.input_shift = 0;
    REQUIRE(spikes_of(samples, 0) > 100);
    REQUIRE(spikes_of(samples, 1) > 50);
    const auto guess = quantised(trained, target, first_guess(trained, target, Drive::spikes));
    CAPTURE(name_of(reset));
    CHECK(mismatches_of(trained, guess.network, samples) == std::vector<std::uint64_t>{0, 0});
  }
}

TEST_CASE("searched scales keep more spikes of coarse weights than max |w| does, on other samples, too") {
  for (const TargetDescription& target : {coarse(small::eight_bits()), coarse(small::subtracting())}) {
    const sim::Lif lif{
        .beta = 0.9, .reset = target.model.reset == ResetTo::zero ? sim::Reset::zero : sim::Reset::subtract};
    // One weight far larger than all others takes the range from them.
    small::Trained network = small::dense({30, 24, 10}, lif, 3);
    for (std::size_t c = 0; c < 2; ++c) network.parameters.group("weight", c)[5] = 2.5F;
    const FloatNetwork trained = small::network_of(network);
    const auto samples = small::samples(trained, 24, n_steps, 7);
    REQUIRE(spikes_of(samples, 0) > 500);
    REQUIRE(spikes_of(samples, 1) > 200);
    const auto guess = quantised(trained, target, first_guess(trained, target, Drive::spikes));
    const auto found = search_scales(trained, target, samples, n_steps, {.n_threads = 1});
    CAPTURE(target.name);
    for (std::size_t l = 0; l < 2; ++l) {
      CHECK(found.search[l].reference_spikes == spikes_of(samples, l));
      CHECK(found.search[l].mismatches < found.search[l].mismatches_first);
      CHECK(found.search[l].tried > 20);
    }
    const auto others = small::samples(trained, 24, n_steps, 8);
    const auto before = mismatches_of(trained, guess.network, others);
    const auto after = mismatches_of(trained, found.network, others);
    CHECK(after[0] < before[0]);
    CHECK(after[1] < before[1]);
  }
}

TEST_CASE(
    "the search leaves a network its own whole numbers, which keep every spike but for the leak's rounding") {
  small::Trained network = small::dense({30, 24, 10}, {.beta = 3686.0 / 4096, .reset = sim::Reset::zero}, 3);
  network.description.quantisation = {.weight_bits = 8, .weight_scale = {64.0, 32.0}};
  const FloatNetwork trained = small::network_of(network);
  const auto samples = small::samples(trained, 12, n_steps, 7);
  REQUIRE(spikes_of(samples, 0) > 500);
  REQUIRE(spikes_of(samples, 1) > 200);
  const auto found = search_scales(trained, small::eight_bits(), samples, n_steps, {.n_threads = 1});
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(found.search[l].as_trained);
    CHECK(found.scaling[l].scale.front() == network.description.quantisation.weight_scale[l]);
    CHECK(found.loss[l].weight_error == 0.0);
    CHECK(found.search[l].mismatches < found.search[l].reference_spikes / 100);
  }
}

TEST_CASE("layers after the first are brought to one shift where the target has one for them") {
  // Large weights want a large shift, small ones a small one.
  small::Trained network = small::dense({30, 24, 20, 10}, {.beta = 0.9}, 3);
  network.parameters.group("weight", 1)[5] = 6.0F;
  for (float& weight : network.parameters.group("weight", 2)) weight = 0.25F * weight + 0.05F;
  const FloatNetwork trained = small::network_of(network);
  const auto samples = small::samples(trained, 12, n_steps);
  for (std::size_t l = 0; l < 3; ++l) REQUIRE(spikes_of(samples, l) > 100);
  TargetDescription target = reckon_target();
  target.numbers.one_later_shift = false;
  const auto apart = search_scales(trained, target, samples, n_steps, {.n_threads = 1});
  REQUIRE(apart.scaling[1].shift != apart.scaling[2].shift);

  const auto found = search_scales(trained, reckon_target(), samples, n_steps, {.n_threads = 1});
  const auto guess = first_guess(trained, reckon_target(), Drive::spikes);
  CHECK(guess[1].shift == guess[2].shift);
  CHECK(found.scaling[1].shift == found.scaling[2].shift);
  CHECK_NOTHROW(reckon_image(found.network));
  CHECK_NOTHROW(reckon_image(quantised(trained, reckon_target(), guess).network));
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(found.search[l].reference_spikes == spikes_of(samples, l));
    CHECK(5 * found.search[l].mismatches < spikes_of(samples, l));
  }
  const auto others = small::samples(trained, 12, n_steps, 8);
  const auto differ = mismatches_of(trained, found.network, others);
  for (std::size_t l = 0; l < 3; ++l) CHECK(10 * differ[l] < spikes_of(others, l));
}

TEST_CASE("the search gives the same numbers for any number of threads") {
  const FloatNetwork trained = small::network_of(small::dense({12, 10, 4}));
  const auto samples = small::samples(trained, 4, n_steps);
  const auto one = search_scales(trained, coarse(small::subtracting()), samples, n_steps, {.n_threads = 1});
  const auto four = search_scales(trained, coarse(small::subtracting()), samples, n_steps, {.n_threads = 4});
  for (std::size_t l = 0; l < 2; ++l) {
    CHECK(one.network.layers[l].incoming.weight == four.network.layers[l].incoming.weight);
    CHECK(one.network.layers[l].parameters.threshold == four.network.layers[l].parameters.threshold);
  }
}

TEST_CASE("a reset that is not the trained one is made up for, as far as thresholds can") {
  const FloatNetwork trained = small::network_of(small::dense({30, 24, 10}, {.beta = 0.9}, 3));
  const auto samples = small::samples(trained, 16, n_steps);
  const auto guess =
      quantised(trained, small::eight_bits(), first_guess(trained, small::eight_bits(), Drive::spikes));
  const auto found = search_scales(trained, small::eight_bits(), samples, n_steps, {.n_threads = 1});
  const auto before = mismatches_of(trained, guess.network, samples);
  const auto after = mismatches_of(trained, found.network, samples);
  CHECK(before[0] > 0);
  CHECK(after[0] < before[0]);
}

TEST_CASE("pixels as constant currents are replayed and searched as spikes are") {
  const FloatNetwork trained =
      small::network_of(small::dense({20, 16, 8}, {.beta = 0.9, .reset = sim::Reset::zero}));
  std::vector<ReplaySample> samples(8);
  for (std::size_t s = 0; s < samples.size(); ++s) {
    std::vector<float> values(20);
    sim::fill_uniform(values, 0.0F, 120.0F, 5, sim::Stream::test, static_cast<std::uint32_t>(s));
    samples[s].pixels.assign(values.begin(), values.end());
    add_reference(trained, n_steps, samples[s]);
  }
  REQUIRE(spikes_of(samples, 0) > 100);
  const auto found = search_scales(trained, small::eight_bits(), samples, n_steps, {.n_threads = 1});
  CHECK(found.scaling.front().drive == Drive::pixels);
  CHECK(found.search[0].mismatches * 10 < spikes_of(samples, 0));
}

TEST_CASE("evidence does not depend on the threads and counts labels, spikes and what differs") {
  const FloatNetwork trained = small::network_of(small::dense({20, 16, 8}));
  const auto samples = small::samples(trained, 10, n_steps);
  const SampleSource source{.n_samples = samples.size(), .n_steps = n_steps, .sample = [&](std::size_t s) {
                              return ReplaySample{.input = samples[s].input, .label = samples[s].label};
                            }};
  const TargetDescription target = small::eight_bits();
  const auto network = quantised(trained, target, first_guess(trained, target, Drive::spikes)).network;
  const Evidence one = gather_evidence(trained, network, &network, source, {.n_threads = 1});
  const Evidence four = gather_evidence(trained, network, &network, source, {.n_threads = 4});
  CHECK(one.trained.correct == 10);  // labels are what the trained network says
  CHECK(one.trained.agree == 10);
  CHECK(one.trained.spikes == std::vector<std::uint64_t>{spikes_of(samples, 0), spikes_of(samples, 1)});
  CHECK(one.trained.mismatches == std::vector<std::uint64_t>{0, 0});
  REQUIRE(one.guess);
  CHECK(one.guess->digest == one.emulated.digest);
  CHECK(one.emulated.digest != one.trained.digest);
  // It was trained to subtract, and the target sets to zero.
  REQUIRE(one.with_reset);
  CHECK(one.with_reset->mismatches[0] > 0);
  CHECK(one.emulated.digest == four.emulated.digest);
  CHECK(one.emulated.mismatches == four.emulated.mismatches);
  CHECK(one.with_reset->digest == four.with_reset->digest);
}

TEST_CASE("spikes of two records are compared neuron by neuron and step by step") {
  const sim::SpikeTrains a{.begin = {0, 2, 3, 5}, .neuron = {0, 2, 1, 2, 2}};
  const sim::SpikeTrains b{.begin = {0, 1, 2, 3}, .neuron = {0, 0, 2}};
  std::vector<std::uint64_t> by_neuron(3);
  add_mismatches(a, b, by_neuron);
  CHECK(by_neuron == std::vector<std::uint64_t>{1, 1, 2});
  CHECK(mismatches(a, b, 3) == 4);
  CHECK(mismatches(b, a, 3) == 4);
  CHECK(most_active(a, 3) == 2);
  CHECK(most_active(b, 3) == 0);
}
