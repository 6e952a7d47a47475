#include "backends/text_template.hpp"

#include <cctype>
#include <stdexcept>

#include "backends/template_texts.hpp"

namespace loci::backends {
namespace {

bool is_letter(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
}
bool is_name(char c) {
  return is_letter(c) || ('0' <= c && c <= '9') || c == '_';
}

}  // namespace

std::string_view template_text(std::string_view name) {
  for (const auto& [known, text] : template_texts)
    if (known == name) return text;
  throw std::logic_error("no template is called " + std::string(name));
}

std::string filled(std::string_view text, const std::map<std::string, std::string, std::less<>>& values) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (text[at] == '@' && end < text.size() && is_name(text[end])) ++end;
    // An @ that opens no key stands for itself: Verilog's @(posedge clk).
    if (text[at] != '@' || end == at + 1 || end == text.size() || text[end] != '@') {
      result += text[at++];
      continue;
    }
    const auto found = values.find(text.substr(at + 1, end - at - 1));
    if (found == values.end())
      throw std::logic_error("a template has no value for " + std::string(text.substr(at, end + 1 - at)));
    result += found->second;
    at = end + 1;
  }
  return result;
}

std::string identifier(std::string_view text) {
  std::string result;
  for (const char c : text) result += is_name(c) ? c : '_';
  if (result.empty() || !is_letter(result.front())) result.insert(0, "n");
  return result;
}

std::string comment(std::string_view text, std::string_view prefix) {
  std::string result;
  char before = '\0';
  for (const char c : text) {
    if ((before == '*' && c == '/') || (before == '/' && c == '*') || (before == '?' && c == '?'))
      result += ' ';
    if (c == '\n' && before == '\\') result += '.';
    const bool shown = c == '\n' || c == '\t' || std::isprint(static_cast<unsigned char>(c)) != 0;
    result += shown || static_cast<unsigned char>(c) >= 0x80 ? c : ' ';
    if (c == '\n') result += prefix;
    before = c;
  }
  return result;
}

}  // namespace loci::backends
