// How an image drives the input layer: one constant current, or spikes drawn step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loci::sim {

enum class Encoding {
  constant,   // x = pixel / 255 as a current at every step (the seed paper)
  bernoulli,  // a spike at each step with probability pixel / 255 (rate coding)
  latency,    // at most one spike per pixel, the brighter the earlier; zero pixels never
};

// Stands for the epoch wherever images are not trained on, so that evaluation and simulation draw the same
// spikes.
inline constexpr std::uint32_t evaluation_epoch = 0xFFFFFF;

struct Encoder {
  Encoding encoding = Encoding::constant;
  std::uint64_t seed = 0;
};

// The spiking pixels of one sample at every step: sorted pixel numbers, one row per step. Reproducible: a
// function of (encoder, epoch, sample, step) alone. Not for Encoding::constant. Latency: a pixel of value p >
// 0 spikes once, at step round((1 - p / 255) (n_steps - 1)).
struct SpikeTrains {
  std::vector<std::uint32_t> begin;  // (n_steps + 1) offsets into neuron
  std::vector<std::uint32_t> neuron;

  std::span<const std::uint32_t> at(std::size_t step) const {
    return std::span(neuron).subspan(begin[step], begin[step + 1] - begin[step]);
  }
};

// Fills `trains`, reusing its memory. pixels: (n_0) bytes.
void encode(const Encoder& encoder, std::span<const std::uint8_t> pixels, std::size_t n_steps,
            std::uint32_t epoch, std::uint32_t sample, SpikeTrains& trains);

std::string_view name_of(Encoding value);
Encoding parse_encoding(std::string_view text, const std::string& where);

}  // namespace loci::sim
