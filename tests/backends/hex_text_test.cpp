#include "backends/hex_text.hpp"

#include <catch2/catch.hpp>

#include "backends/spi_text.hpp"
#include "sim/error.hpp"

using namespace loci;
using namespace loci::backends;

TEST_CASE("fields of a memory word stay apart, across its parts too") {
  MemoryWord word;
  word.set_bits(50, 16, -2);  // bits 50 to 65
  word.set_bits(100, 16, 0x1234);
  CHECK(word.part == std::array<std::uint32_t, 4>{0, 0xFFFC0000 - (1U << 18), 0x3, 0x1234 << 4});
  CHECK(word.bits(50, 16) == 0xFFFE);
  CHECK(word.signed_bits(50, 16) == -2);
  CHECK(word.signed_bits(100, 16) == 0x1234);
  word.set_bits(50, 16, 0);
  CHECK(word.part == std::array<std::uint32_t, 4>{0, 0, 0, 0x1234 << 4});
  word.set_bits(96, 32, 0xFFFFFFFF);
  CHECK(word.bits(96, 32) == 0xFFFFFFFF);
}

TEST_CASE("words in hexadecimal have their highest digit first, and comments are no words") {
  MemoryWord word;
  word.set_bits(4, 8, 0xAB);
  const std::vector<std::string> comments{"a memory"};
  CHECK(hex_text(std::vector{word, MemoryWord{}}, 16, comments) == "// a memory\n0ab0\n0000\n");
  const Memory read = read_hex("m.hex", "// a memory\n\n  0aB0 // first\r\n0000", 16, 2);
  CHECK(read == Memory{word, MemoryWord{}});
  CHECK_THROWS_WITH(read_hex("m.hex", "0000\n0x12\n", 16, 2), Catch::Contains("m.hex line 2: '0x12'"));
  CHECK_THROWS_WITH(read_hex("m.hex", "00000\n", 16, 1), Catch::Contains("no hexadecimal word of 16 bits"));
  CHECK_THROWS_WITH(read_hex("m.hex", "", 16, 2), Catch::Contains("m.hex: holds 0 words, not 2"));
}

TEST_CASE("the serial port's bytes are worked out by hand") {
  // 01 01, byte 3, word 0x21; keep the upper four bits, write 5.
  CHECK(crossbar_write(CrossbarMemory::neurons, 0x21, 3, 0x05, 0xF0) ==
        SpiBytes{0x50, 0x32, 0x10, 0xF0, 0x05});
  // 01 10, 0, byte 2 in bits 14 and 13, word 0x1FFF.
  CHECK(crossbar_write(CrossbarMemory::synapses, 0x1FFF, 2, 0xFF) == SpiBytes{0x65, 0xFF, 0xF0, 0x00, 0xFF});
  const std::vector<std::uint32_t> data{0x01020304, 0xA0000000};
  CHECK(spi_burst_32(4, 0x0107, data) ==
        SpiBytes{0x40, 0x02, 0x01, 0x07, 0x01, 0x02, 0x03, 0x04, 0xA0, 0x00, 0x00, 0x00});
  const std::vector<SpiBytes> transactions{{0x0A, 0xFF}, {0x00}};
  CHECK(spi_text(transactions, {}) == "0aff\n00\n");
  CHECK(read_spi("load.hex", "// c\n0aff\n00\n") == transactions);
  CHECK_THROWS_WITH(read_spi("load.hex", "0aff\n00f\n"), Catch::Contains("load.hex line 2"));
  CHECK_THROWS_WITH(read_spi("load.hex", "0g\n"), Catch::Contains("load.hex line 1"));
}
