// tinyODIN's memories and registers as plain structs, and as the words and files that its Verilog takes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/crossbar_chip.hpp"
#include "backends/memory_word.hpp"
#include "backends/rtl_files.hpp"
#include "backends/spi_text.hpp"

namespace loci::backends {

struct TinyOdinNeuron {
  std::int16_t membrane = 0;        // 12 bits, signed
  std::uint16_t threshold = 0x7FF;  // 12 bits; from 0x800 on it is never reached
  std::uint8_t leak = 0;            // 7 bits
  bool disabled = true;             // sends no spikes

  bool operator==(const TinyOdinNeuron&) const = default;
};

struct TinyOdinImage {
  std::vector<TinyOdinNeuron> neurons = std::vector<TinyOdinNeuron>(crossbar_size);
  std::vector<std::int8_t> weight =
      std::vector<std::int8_t>(crossbar_size * crossbar_size);  // (source, target), -8..7
  bool open_loop = true;
  bool spikes_from_controller = false;  // AER_SRC_CTRL_nNEUR: where the bus's spikes come from
  std::uint8_t last_neuron = 255;       // MAX_NEUR: events reach the neurons up to this one

  bool operator==(const TinyOdinImage&) const = default;
};

Memory neuron_words(const TinyOdinImage& image);   // 256 of 32 bits
Memory synapse_words(const TinyOdinImage& image);  // 8192 of 32 bits

// neur.hex, syn.hex, config.txt. Throws InputError, with the file's name, for one that is missing or damaged.
TinyOdinImage read_tiny_odin_image(std::span<const ExportedFile> files);
// The same three, registers.txt for people, load.hex with the serial port's bytes that load everything, and
// clear.hex with those that set all membranes to 0 between samples.
std::vector<ExportedFile> write_tiny_odin_image(const TinyOdinImage& image, const ExportFacts& facts);

std::vector<SpiBytes> load_sequence(const TinyOdinImage& image);

}  // namespace loci::backends
