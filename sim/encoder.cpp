#include "sim/encoder.hpp"

#include <cassert>
#include <cmath>

#include "sim/names.hpp"
#include "sim/random.hpp"

namespace loci::sim {
namespace {

constexpr NameTable<Encoding, 3> encodings{
    {{Encoding::constant, "constant"}, {Encoding::bernoulli, "bernoulli"}, {Encoding::latency, "latency"}}};

// One random word per (pixel, step): the key is the seed, the counter (sample, pixel group; step, epoch).
void encode_bernoulli(std::uint64_t seed, std::span<const std::uint8_t> pixels, std::uint32_t step,
                      std::uint32_t epoch, std::uint32_t sample, std::vector<std::uint32_t>& spikes) {
  const std::uint64_t keyed = seed ^ (static_cast<std::uint64_t>(epoch) << 40);
  for (std::size_t group = 0; group * 4 < pixels.size(); ++group) {
    const std::size_t first = group * 4;
    const std::size_t last = std::min(first + 4, pixels.size());
    bool dark = true;
    for (std::size_t i = first; i < last; ++i) dark = dark && pixels[i] == 0;
    if (dark) continue;
    const std::uint64_t index = (static_cast<std::uint64_t>(sample) << 32) | group;
    const auto words = random_words(keyed, Stream::encoder, index, step);
    for (std::size_t i = first; i < last; ++i)
      if (uniform_from(words[i - first]) * 255.0F < static_cast<float>(pixels[i]))
        spikes.push_back(static_cast<std::uint32_t>(i));
  }
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
  for (std::size_t step = 0; step < n_steps; ++step) {
    if (encoder.encoding == Encoding::bernoulli)
      encode_bernoulli(encoder.seed, pixels, static_cast<std::uint32_t>(step), epoch, sample, trains.neuron);
    else
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
