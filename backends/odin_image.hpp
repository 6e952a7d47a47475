// ODIN's memories and registers as plain structs, and as the words and files that its Verilog takes.
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

struct OdinNeuron {
  bool lif = true;        // else Izhikevich's model
  std::uint8_t leak = 0;  // 7 bits
  bool leaks = true;
  std::uint8_t threshold = 255;
  bool learns = false;  // SDSP
  std::uint8_t membrane = 0;
  bool disabled = true;  // sends no spikes
  MemoryWord rest;       // bits that only learning and Izhikevich's model use

  bool operator==(const OdinNeuron&) const = default;
};

struct OdinSynapse {
  std::uint8_t weight = 0;  // 3 bits
  bool mapped = false;      // else it counts as 0

  bool operator==(const OdinSynapse&) const = default;
};

struct OdinImage {
  std::vector<OdinNeuron> neurons = std::vector<OdinNeuron>(crossbar_size);
  std::vector<OdinSynapse> synapses =
      std::vector<OdinSynapse>(crossbar_size * crossbar_size);                      // (source, target)
  std::vector<std::uint8_t> inhibitory = std::vector<std::uint8_t>(crossbar_size);  // sources
  bool open_loop = true;
  bool propagate_unmapped = false;

  bool operator==(const OdinImage&) const = default;
};

Memory neuron_words(const OdinImage& image);   // 256 of 128 bits
Memory synapse_words(const OdinImage& image);  // 8192 of 32 bits
Memory sign_words(const OdinImage& image);     // 16 of 16 bits: the sign registers

// neur.hex, syn.hex, sign.hex and, if it is there, config.txt; without it the chip is in the open loop.
// Throws InputError, with the file's name, for one that is missing or damaged.
OdinImage read_odin_image(std::span<const ExportedFile> files);
// All four, registers.txt for people, load.hex with the serial port's bytes that load everything, and
// clear.hex with those that set all membranes to 0 between samples.
std::vector<ExportedFile> write_odin_image(const OdinImage& image, const ExportFacts& facts);

std::vector<SpiBytes> load_sequence(const OdinImage& image);

}  // namespace loci::backends
