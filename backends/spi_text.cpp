#include "backends/spi_text.hpp"

#include <fmt/format.h>

#include <cassert>
#include <charconv>
#include <iterator>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

void append_32(std::uint32_t word, SpiBytes& bytes) {
  for (int low = 24; low >= 0; low -= 8) bytes.push_back(static_cast<std::uint8_t>(word >> low));
}

}  // namespace

SpiBytes spi_write_20(std::uint32_t address, std::uint32_t data) {
  assert(address < 1U << 20 && data < 1U << 20);
  const std::uint64_t bits = std::uint64_t{address} << 20 | data;
  SpiBytes bytes;
  for (int low = 32; low >= 0; low -= 8) bytes.push_back(static_cast<std::uint8_t>(bits >> low));
  return bytes;
}

SpiBytes spi_burst_32(std::uint32_t code, std::uint32_t address, std::span<const std::uint32_t> data) {
  assert(code < 8 && data.size() < 1U << 12 && address < 1U << 16);
  SpiBytes bytes;
  append_32(code << 28 | static_cast<std::uint32_t>(data.size()) << 16 | address, bytes);
  for (const std::uint32_t word : data) append_32(word, bytes);
  return bytes;
}

SpiBytes crossbar_write(CrossbarMemory memory, std::uint32_t word, std::uint32_t byte, std::uint8_t value,
                        std::uint8_t keep) {
  constexpr std::uint32_t write = 1U << 18;
  const std::uint32_t address = memory == CrossbarMemory::neurons ? write | 0b01U << 16 | byte << 8 | word
                                                                  : write | 0b10U << 16 | byte << 13 | word;
  return spi_write_20(address, std::uint32_t{keep} << 8 | value);
}

void append_crossbar_writes(CrossbarMemory memory, std::span<const MemoryWord> words, std::uint32_t n_bytes,
                            std::vector<SpiBytes>& transactions) {
  for (std::uint32_t word = 0; word < words.size(); ++word)
    for (std::uint32_t byte = 0; byte < n_bytes; ++byte) {
      const auto value = static_cast<std::uint8_t>(words[word].bits(static_cast<int>(8 * byte), 8));
      transactions.push_back(crossbar_write(memory, word, byte, value));
    }
}

void append_crossbar_clear(std::uint32_t n_neurons, int low, int width, std::vector<SpiBytes>& transactions) {
  MemoryWord cleared;
  cleared.set_bits(low, width, -1);
  for (std::uint32_t word = 0; word < n_neurons; ++word)
    for (std::uint32_t byte = 0; byte < 16; ++byte) {
      const std::uint32_t touched = cleared.bits(static_cast<int>(8 * byte), 8);
      if (touched == 0) continue;
      const auto keep = static_cast<std::uint8_t>(~touched);
      transactions.push_back(crossbar_write(CrossbarMemory::neurons, word, byte, 0, keep));
    }
}

std::string spi_text(std::span<const SpiBytes> transactions, std::span<const std::string> comments) {
  std::string text;
  for (const std::string& comment : comments) text += fmt::format("// {}\n", comment);
  for (const SpiBytes& bytes : transactions) {
    for (const std::uint8_t byte : bytes) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
    text += '\n';
  }
  return text;
}

std::vector<SpiBytes> read_spi(const std::string& file, std::string_view text) {
  std::vector<SpiBytes> transactions;
  for (const TextLine& line : lines_of(text)) {
    const auto refuse = [&] {
      throw InputError(fmt::format("{} line {}", file, line.number), "is not whole bytes in hexadecimal",
                       "write the file again");
    };
    if (line.text.size() % 2 != 0) refuse();
    SpiBytes bytes;
    for (std::size_t i = 0; i < line.text.size(); i += 2) {
      std::uint8_t byte = 0;
      const char* end = line.text.data() + i + 2;
      if (std::from_chars(line.text.data() + i, end, byte, 16).ptr != end) refuse();
      bytes.push_back(byte);
    }
    transactions.push_back(bytes);
  }
  return transactions;
}

}  // namespace loci::backends
