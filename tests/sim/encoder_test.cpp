#include "sim/encoder.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "sim/error.hpp"

using namespace loci;
using sim::Encoder;
using sim::Encoding;
using sim::SpikeTrains;

namespace {

using Ids = std::vector<std::uint32_t>;

SpikeTrains encoded(const Encoder& encoder, const std::vector<std::uint8_t>& pixels, std::size_t n_steps,
                    std::uint32_t epoch = 0, std::uint32_t sample = 0) {
  SpikeTrains trains;
  encode(encoder, pixels, n_steps, epoch, sample, trains);
  return trains;
}

Ids at(const SpikeTrains& trains, std::size_t step) {
  const auto spikes = trains.at(step);
  return {spikes.begin(), spikes.end()};
}

}  // namespace

TEST_CASE("latency coding fires each pixel once, at round((1 - p / 255) (n_steps - 1))") {
  // 255 -> 0; 204 = 0.8 -> 0.2 * 10 = 2; 102 = 0.4 -> 6; 1 -> 9.96 -> 10; 0 never.
  const auto trains = encoded({.encoding = Encoding::latency}, {204, 0, 255, 1, 102, 255}, 11);
  REQUIRE(trains.begin.size() == 12);
  CHECK(at(trains, 0) == Ids{2, 5});
  CHECK(at(trains, 2) == Ids{0});
  CHECK(at(trains, 6) == Ids{4});
  CHECK(at(trains, 10) == Ids{3});
  CHECK(trains.neuron.size() == 5);
}

TEST_CASE("latency coding puts all bright pixels into the only step of a one-step window") {
  const auto trains = encoded({.encoding = Encoding::latency}, {7, 0, 255}, 1);
  CHECK(at(trains, 0) == Ids{0, 2});
}

TEST_CASE("bernoulli coding fires at the pixel's rate") {
  const std::vector<std::uint8_t> pixels(40, 51);  // probability 0.2
  const std::size_t n_steps = 2500;
  const auto trains = encoded({.encoding = Encoding::bernoulli, .seed = 3}, pixels, n_steps);
  // 100,000 draws: the mean rate has deviation sqrt(0.2 * 0.8 / 100,000) = 0.00126; five of them.
  const double rate = static_cast<double>(trains.neuron.size()) / 100'000.0;
  CHECK(std::abs(rate - 0.2) < 5 * std::sqrt(0.2 * 0.8 / 100'000.0));
}

TEST_CASE("full pixels fire at every step of a bernoulli code, dark pixels never") {
  const auto trains =
      encoded({.encoding = Encoding::bernoulli, .seed = 5}, {0, 255, 0, 0, 0, 0, 0, 255, 255}, 50);
  for (std::size_t step = 0; step < 50; ++step) CHECK(at(trains, step) == Ids{1, 7, 8});
}

TEST_CASE("a bernoulli code is a function of encoder, epoch, sample and step") {
  const Encoder encoder{.encoding = Encoding::bernoulli, .seed = 11};
  std::vector<std::uint8_t> pixels(97);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{60});
  const auto trains = encoded(encoder, pixels, 20, 4, 9);
  REQUIRE(trains.neuron.size() > 100);
  CHECK(encoded(encoder, pixels, 20, 4, 9).neuron == trains.neuron);
  CHECK(encoded(encoder, pixels, 20, 5, 9).neuron != trains.neuron);
  CHECK(encoded(encoder, pixels, 20, 4, 10).neuron != trains.neuron);
  CHECK(encoded({.encoding = Encoding::bernoulli, .seed = 12}, pixels, 20, 4, 9).neuron != trains.neuron);
  CHECK(at(trains, 0) != at(trains, 1));
  const auto longer = encoded(encoder, pixels, 30, 4, 9);
  for (std::size_t step = 0; step < 20; ++step) CHECK(at(longer, step) == at(trains, step));
}

TEST_CASE("encodings have names") {
  for (const Encoding encoding : {Encoding::constant, Encoding::bernoulli, Encoding::latency})
    CHECK(sim::parse_encoding(std::string(name_of(encoding)), "encoder") == encoding);
  CHECK_THROWS_AS(sim::parse_encoding("morse", "encoder"), InputError);
}
