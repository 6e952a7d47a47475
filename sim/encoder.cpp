#include "sim/encoder.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "sim/names.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

constexpr NameTable<Encoding, 3> encodings{
    {{Encoding::constant, "constant"}, {Encoding::bernoulli, "bernoulli"}, {Encoding::latency, "latency"}}};

// How many of the 2^24 values a uniform draw can take make a pixel of each value spike.
std::array<std::uint32_t, 256> spiking_draws() {
  std::array<std::uint32_t, 256> draws{};
  for (std::uint32_t value = 0; value < 256; ++value) {
    const auto spikes = [&](std::uint32_t draw) {
      return uniform_from(draw << 8) * 255.0F < static_cast<float>(value);
    };
    std::uint32_t low = 0;
    for (std::uint32_t high = 1U << 24; low < high;) {
      const std::uint32_t middle = (low + high) / 2;
      if (spikes(middle))
        low = middle + 1;
      else
        high = middle;
    }
    draws[value] = low;
  }
  return draws;
}

// One random word per (pixel, step): the key is the seed, the counter (sample, group of four pixels; step,
// epoch). Only groups with a lit pixel are drawn for.
void encode_bernoulli(std::uint64_t seed, std::span<const std::uint8_t> pixels, std::size_t n_steps,
                      std::uint32_t epoch, std::uint32_t sample, SpikeTrains& trains) {
  static const std::array<std::uint32_t, 256> draws = spiking_draws();
  const std::uint64_t keyed = seed ^ (static_cast<std::uint64_t>(epoch) << 40);
  std::vector<std::uint64_t> groups;
  std::vector<std::array<std::uint32_t, 4>> limits;
  for (std::size_t first = 0; first < pixels.size(); first += 4) {
    std::array<std::uint32_t, 4> limit{};
    for (std::size_t i = first; i < std::min(first + 4, pixels.size()); ++i)
      limit[i - first] = draws[pixels[i]];
    if (limit == std::array<std::uint32_t, 4>{}) continue;
    groups.push_back(static_cast<std::uint64_t>(sample) << 32 | first / 4);
    limits.push_back(limit);
  }
  std::vector<std::array<std::uint32_t, 4>> words(groups.size());
  std::size_t n_spikes = 0;
  for (std::size_t step = 0; step < n_steps; ++step) {
    random_words(keyed, Stream::encoder, groups, static_cast<std::uint32_t>(step), words);
    trains.neuron.resize(n_spikes + 4 * groups.size());
    for (std::size_t group = 0; group < groups.size(); ++group) {
      for (std::size_t i = 0; i < 4; ++i) {
        trains.neuron[n_spikes] =
            static_cast<std::uint32_t>(4 * static_cast<std::uint32_t>(groups[group]) + i);
        n_spikes += words[group][i] >> 8 < limits[group][i] ? 1 : 0;
      }
    }
    trains.begin.push_back(static_cast<std::uint32_t>(n_spikes));
  }
  trains.neuron.resize(n_spikes);
}

void encode_latency(std::span<const std::uint8_t> pixels, std::size_t step, std::size_t n_steps,
                    std::vector<std::uint32_t>& spikes) {
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (pixels[i] == 0) continue;
    const double latency = (1.0 - pixels[i] / 255.0) * static_cast<double>(n_steps - 1);
    if (static_cast<std::size_t>(std::lround(latency)) == step)
      spikes.push_back(static_cast<std::uint32_t>(i));
  }
}

}  // namespace

void encode(const Encoder& encoder, std::span<const std::uint8_t> pixels, std::size_t n_steps,
            std::uint32_t epoch, std::uint32_t sample, SpikeTrains& trains) {
  assert(encoder.encoding != Encoding::constant);
  trains.begin.assign(1, 0);
  trains.neuron.clear();
  if (encoder.encoding == Encoding::bernoulli)
    return encode_bernoulli(encoder.seed, pixels, n_steps, epoch, sample, trains);
  for (std::size_t step = 0; step < n_steps; ++step) {
    encode_latency(pixels, step, n_steps, trains.neuron);
    trains.begin.push_back(static_cast<std::uint32_t>(trains.neuron.size()));
  }
}

std::string_view name_of(Encoding value) {
  return find_name(encodings, value);
}
Encoding parse_encoding(std::string_view text, const std::string& where) {
  return find_value(encodings, text, where);
}

}  // namespace loci::sim
