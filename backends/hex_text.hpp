// Memories as text: one word a line in hexadecimal, as Verilog's $readmemh takes it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/memory_word.hpp"

namespace loci::backends {

// width: bits of a word, a multiple of 4. Comments come first, each on a line of its own behind //.
std::string hex_text(std::span<const MemoryWord> words, int width, std::span<const std::string> comments);

// The words of such a text, which may have empty lines and comments. Throws InputError, with `file` and the
// line, for what is no word of `width` bits and for another number of words than `n_words`.
Memory read_hex(const std::string& file, std::string_view text, int width, std::size_t n_words);

// The words of a text whose number is not known before, up to 32 bits each.
std::vector<std::uint32_t> read_hex_list(const std::string& file, std::string_view text);

// The lines of a text without comments, blanks at the ends and empty lines; numbers from 1.
struct TextLine {
  std::size_t number = 0;
  std::string_view text;
};
std::vector<TextLine> lines_of(std::string_view text);

}  // namespace loci::backends
