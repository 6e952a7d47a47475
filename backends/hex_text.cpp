#include "backends/hex_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

[[noreturn]] void refuse(const std::string& file, const TextLine& line, int width) {
  throw InputError(fmt::format("{} line {}", file, line.number),
                   fmt::format("'{}' is no hexadecimal word of {} bits", line.text.substr(0, 40), width),
                   "write the file again");
}

MemoryWord parse(const std::string& file, const TextLine& line, int width) {
  MemoryWord word;
  if (line.text.size() > static_cast<std::size_t>(width / 4)) refuse(file, line, width);
  int low = 0;
  for (auto digit = line.text.rbegin(); digit != line.text.rend(); ++digit, low += 4) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(&*digit, &*digit + 1, value, 16);
    if (error != std::errc{} || end != &*digit + 1) refuse(file, line, width);
    word.set_bits(low, 4, value);
  }
  return word;
}

}  // namespace

std::vector<TextLine> lines_of(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<TextLine> lines;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    line = line.substr(0, line.find("//"));
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (!line.empty()) lines.push_back({number, line});
    begin = end + 1;
  }
  return lines;
}

std::string hex_text(std::span<const MemoryWord> words, int width, std::span<const std::string> comments) {
  std::string text;
  for (const std::string& comment : comments) text += fmt::format("// {}\n", comment);
  for (const MemoryWord& word : words) {
    for (int low = width - 4; low >= 0; low -= 4)
      fmt::format_to(std::back_inserter(text), "{:x}", word.bits(low, 4));
    text += '\n';
  }
  return text;
}

Memory read_hex(const std::string& file, std::string_view text, int width, std::size_t n_words) {
  Memory memory;
  for (const TextLine& line : lines_of(text)) memory.push_back(parse(file, line, width));
  if (memory.size() != n_words)
    throw InputError(file, fmt::format("holds {} words, not {}", memory.size(), n_words),
                     "write the file again");
  return memory;
}

std::vector<std::uint32_t> read_hex_list(const std::string& file, std::string_view text) {
  std::vector<std::uint32_t> list;
  for (const TextLine& line : lines_of(text)) list.push_back(parse(file, line, 32).part[0]);
  return list;
}

}  // namespace loci::backends
