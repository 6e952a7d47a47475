// The bytes that load a chip over its serial port, as text: one transaction a line, first byte first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/memory_word.hpp"

namespace loci::backends {

using SpiBytes = std::vector<std::uint8_t>;  // of one transaction, in the order in which they are sent

// ODIN and tinyODIN: a 20-bit address, then 20 bits of data, both from the highest bit.
SpiBytes spi_write_20(std::uint32_t address, std::uint32_t data);
// ReckOn: {read 1, code 3, count 12, address 16}, then `count` words of 32 bits, all from the highest bit.
SpiBytes spi_burst_32(std::uint32_t code, std::uint32_t address, std::span<const std::uint32_t> data);

// The memories that ODIN and tinyODIN have, and how their writes are addressed.
enum class CrossbarMemory { neurons, synapses };
// Writes bits of one byte of a word. keep: 1 where a bit stays as it is.
SpiBytes crossbar_write(CrossbarMemory memory, std::uint32_t word, std::uint32_t byte, std::uint8_t value,
                        std::uint8_t keep = 0);
// All bytes of all words. n_bytes: of a word.
void append_crossbar_writes(CrossbarMemory memory, std::span<const MemoryWord> words, std::uint32_t n_bytes,
                            std::vector<SpiBytes>& transactions);
// Sets the bits [low, low + width) of each neuron's word to 0 and leaves the others.
void append_crossbar_clear(std::uint32_t n_neurons, int low, int width, std::vector<SpiBytes>& transactions);

std::string spi_text(std::span<const SpiBytes> transactions, std::span<const std::string> comments);
// Throws InputError, with `file` and the line, for what is not hexadecimal bytes.
std::vector<SpiBytes> read_spi(const std::string& file, std::string_view text);

}  // namespace loci::backends
