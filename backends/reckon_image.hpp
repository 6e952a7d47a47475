// ReckOn's memories and registers as plain structs, and as the words and files that its Verilog takes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/memory_word.hpp"
#include "backends/rtl_files.hpp"
#include "backends/spi_text.hpp"

namespace loci::backends {

inline constexpr std::size_t reckon_neurons = 256;  // recurrent ones, and as many inputs
inline constexpr std::size_t reckon_outputs = 16;

// Two neurons share a word.
struct ReckonPair {
  std::int16_t threshold = 0x7FFF;
  std::uint16_t alpha = 0x7000;  // what is left of a membrane after a tick, in 2^-15: 0x7000..0x8FFF
  std::array<std::int16_t, 2> membrane{};  // not used: the chip starts each sample from 0
  MemoryWord rest;                         // traces, which only learning uses

  bool operator==(const ReckonPair&) const = default;
};

struct ReckonImage {
  std::vector<ReckonPair> pairs = std::vector<ReckonPair>(reckon_neurons / 2);
  std::vector<std::int8_t> input =
      std::vector<std::int8_t>(reckon_neurons * reckon_neurons);  // (source, target)
  std::vector<std::int8_t> recurrent = std::vector<std::int8_t>(reckon_neurons * reckon_neurons);
  std::vector<std::int8_t> output = std::vector<std::int8_t>(reckon_neurons * reckon_outputs);
  std::uint16_t n_inputs = 1;     // 1..256
  std::uint16_t n_recurrent = 1;  // 1..256
  std::uint16_t n_outputs = 1;    // 1..16
  bool reset_to_zero = false;     // else the threshold is subtracted
  std::uint8_t input_shift = 0;   // 0..7: weights count 2^shift times
  std::uint8_t recurrent_shift = 0;
  std::uint8_t output_shift = 0;
  std::uint8_t kappa = 0x80;  // what is left of an output after a tick, in 2^-7

  bool operator==(const ReckonImage&) const = default;
};

Memory neuron_words(const ReckonImage& image);     // 128 of 128 bits
Memory input_words(const ReckonImage& image);      // 4096 of 128 bits
Memory recurrent_words(const ReckonImage& image);  // 4096 of 128 bits
Memory output_words(const ReckonImage& image);     // 256 of 128 bits

// cfg.hex, neur.hex, winp.hex, wrec.hex, wout.hex. cfg.hex: inputs, recurrent neurons and outputs less 1,
// reset, the three shifts, kappa, and from word 8 on the upper bits of alpha, a bit a pair. wout.hex has 512
// words, of which the chip uses 256. Throws InputError, with the file's name, for one that is missing or
// damaged.
ReckonImage read_reckon_image(std::span<const ExportedFile> files);
// The same five, registers.txt for people, and load.hex with the serial port's bytes that load everything.
std::vector<ExportedFile> write_reckon_image(const ReckonImage& image, const ExportFacts& facts);

std::vector<SpiBytes> load_sequence(const ReckonImage& image);

}  // namespace loci::backends
