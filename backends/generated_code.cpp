#include "backends/generated_code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr const char* remedy = "export the model again";
constexpr std::size_t longest_shown = 60;  // of a line that differs

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Comments become blanks, so that lines keep their numbers.
std::string without_slashes(std::string_view text) {
  std::string result(text);
  for (std::size_t at = 0; at + 1 < result.size(); ++at) {
    if (result[at] != '/' || (result[at + 1] != '/' && result[at + 1] != '*')) continue;
    const bool line = result[at + 1] == '/';
    const std::size_t end = line ? result.find('\n', at) : result.find("*/", at + 2);
    const std::size_t stop = end == std::string::npos ? result.size() : end + (line ? 0 : 2);
    for (; at < stop; ++at)
      if (result[at] != '\n') result[at] = ' ';
    --at;
  }
  return result;
}

// From the beginning of the word in which two lines part.
std::string shown(const std::string& line, std::size_t differs) {
  const std::size_t begin = std::min(differs, line.size());
  std::size_t first = line.find_last_of(" ,([", begin == 0 ? 0 : begin - 1);
  first = begin == 0 || first == std::string::npos ? 0 : first + 1;
  const std::string rest = line.substr(first);
  return rest.size() <= longest_shown ? rest : rest.substr(0, longest_shown) + "...";
}

}  // namespace

std::vector<CodeLine> code_lines(std::string_view text, CommentStyle style) {
  const std::string code = style == CommentStyle::slashes ? without_slashes(text) : std::string(text);
  std::vector<CodeLine> lines;
  std::size_t number = 0;
  for (std::size_t at = 0; at < code.size();) {
    const std::size_t end = std::min(code.find('\n', at), code.size());
    const std::string_view line = trimmed(std::string_view(code).substr(at, end - at));
    ++number;
    if (!line.empty() && !(style == CommentStyle::hash && line.front() == '#'))
      lines.push_back({number, std::string(line)});
    at = end + 1;
  }
  return lines;
}

void require_same_code(const std::string& file, std::string_view found, std::string_view expected,
                       CommentStyle style) {
  const std::vector<CodeLine> ours = code_lines(expected, style);
  const std::vector<CodeLine> theirs = code_lines(found, style);
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    if (i == theirs.size())
      throw InputError(file, fmt::format("it ends early: '{}' is missing", shown(ours[i].text, 0)), remedy);
    const std::string where = fmt::format("{}, line {}", file, theirs[i].number);
    if (i == ours.size())
      throw InputError(where, fmt::format("'{}' should not be there", shown(theirs[i].text, 0)), remedy);
    if (ours[i].text == theirs[i].text) continue;
    const auto differs = static_cast<std::size_t>(std::ranges::mismatch(ours[i].text, theirs[i].text).in1 -
                                                  ours[i].text.begin());
    throw InputError(where,
                     fmt::format("'{}' is not what the file's numbers give, '{}'",
                                 shown(theirs[i].text, differs), shown(ours[i].text, differs)),
                     remedy);
  }
}

void require_format(const std::string& file, std::string_view text, const std::string& name, int known) {
  const std::string before = "format " + name + " ";
  const std::size_t at = text.find(before);
  int version = 0;
  if (at != std::string_view::npos) {
    const std::string_view digits = text.substr(at + before.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), version);
  }
  if (version == 0)
    throw InputError(file, fmt::format("it does not say that it is of format {}", name), remedy);
  if (version != known)
    throw InputError(file, fmt::format("it is of format {} {}, and this loci reads {}", name, version, known),
                     "read it with the loci that wrote it, or export the model again");
}

void GeneratedText::refuse(const std::string& problem) const {
  throw InputError(file_, problem, remedy);
}

std::string_view GeneratedText::between(std::string_view before, std::string_view after) const {
  const std::size_t at = text_.find(before);
  const std::size_t begin = at + before.size();
  const std::size_t end = at == std::string_view::npos ? at : text_.find(after, begin);
  if (end == std::string_view::npos)
    refuse(fmt::format("'{}' is missing: the file is torn or altered", trimmed(before)));
  return text_.substr(begin, end - begin);
}

GeneratedText GeneratedText::part(std::string_view before, std::string_view after) const {
  const std::string_view inside = between(before, after);
  return {file_, {inside.data() - before.size(), before.size() + inside.size()}};
}

std::int64_t GeneratedText::number(std::string_view before, std::string_view after) const {
  return whole(between(before, after), std::string(trimmed(before)));
}

std::int64_t GeneratedText::whole(std::string_view text, const std::string& name, std::int64_t lowest,
                                  std::int64_t highest) const {
  text = trimmed(text);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size())
    refuse(fmt::format("behind '{}' stands '{}', which is no whole number", name,
                       text.substr(0, longest_shown)));
  if (value < lowest || value > highest)
    refuse(fmt::format("{}: {} is not within {} to {}", name, value, lowest, highest));
  return value;
}

CTables c_tables_of(const GeneratedText& source) {
  constexpr std::string_view begin = "static const ";
  CTables tables;
  const std::string_view text = source.text();
  for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
    const std::string_view rest = text.substr(at);
    const std::size_t open = rest.find("] = {");
    const std::size_t close = rest.find("};");
    const std::size_t bracket = rest.find('[');
    if (open == std::string_view::npos || close == std::string_view::npos || bracket > open || open > close)
      source.refuse("a table is torn");
    const std::size_t name_at = rest.rfind(' ', bracket) + 1;
    const std::string name(rest.substr(name_at, bracket - name_at));
    std::vector<std::int64_t>& values = tables[name];
    const std::string_view numbers = rest.substr(open + 5, close - open - 5);
    const char* here = numbers.data();
    const char* const end = here + numbers.size();
    while (true) {
      while (here < end && (*here == '\n' || *here == ' ' || *here == '\r')) ++here;
      if (here == end) break;
      std::int64_t value = 0;
      const auto [stop, error] = std::from_chars(here, end, value);
      if (error != std::errc() || stop == end || *stop != ',')
        source.refuse(
            fmt::format("table {}: number {} is none, or its comma is missing", name, values.size() + 1));
      values.push_back(value);
      here = stop + 1;
    }
    const auto n = static_cast<std::size_t>(
        source.whole(rest.substr(bracket + 1, open - bracket - 1), name + "[]", 1, INT64_MAX));
    if (values.size() != n)
      source.refuse(fmt::format("table {} has {} numbers, not {}", name, values.size(), n));
  }
  return tables;
}

}  // namespace loci::backends
