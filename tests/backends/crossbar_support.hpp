// What the serial port of ODIN and tinyODIN makes of the bytes that are sent to it, by their documentation.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "tests/backends/rtl_support.hpp"

namespace loci::backends {

struct CrossbarPort {
  std::map<std::uint64_t, std::uint64_t> registers;
  std::vector<std::vector<std::uint8_t>> neurons;   // word, byte
  std::vector<std::vector<std::uint8_t>> synapses;  // word, byte

  CrossbarPort(std::size_t neuron_bytes, std::uint8_t fill)
      : neurons(256, std::vector<std::uint8_t>(neuron_bytes, fill)),
        synapses(8192, std::vector<std::uint8_t>(4, fill)) {}

  void take(const std::vector<std::uint8_t>& bytes) {
    REQUIRE(bytes.size() == 5);
    const std::uint64_t command = sent_bits(bytes, 0, 4);
    const std::uint64_t address = sent_bits(bytes, 4, 16);
    if (command == 0b0000) {
      registers[address] = sent_bits(bytes, 20, 20);
      return;
    }
    REQUIRE(registers[0] == 1);  // memories are open while the network's activity is gated
    const auto keep = static_cast<std::uint8_t>(sent_bits(bytes, 24, 8));
    const auto value = static_cast<std::uint8_t>(sent_bits(bytes, 32, 8));
    REQUIRE((command == 0b0101 || command == 0b0110));
    std::uint8_t& byte = command == 0b0101 ? neurons.at(address & 0xFF).at(address >> 8)
                                           : synapses.at(address & 0x1FFF).at(address >> 13);
    byte = static_cast<std::uint8_t>((byte & keep) | (value & ~keep));
  }

  static bool same(const std::vector<std::vector<std::uint8_t>>& bytes, const Memory& words) {
    REQUIRE(bytes.size() == words.size());
    for (std::size_t w = 0; w < words.size(); ++w)
      for (std::size_t b = 0; b < bytes[w].size(); ++b)
        if (bytes[w][b] != words[w].bits(static_cast<int>(8 * b), 8)) return false;
    return true;
  }
};

}  // namespace loci::backends
