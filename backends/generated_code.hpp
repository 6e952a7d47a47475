// Generated source that is read back: finding numbers in it, and whether all of its code is what would be
// generated again from these numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace loci::backends {

// How a language marks comments: /* */ and //, or # at the beginning of a line.
enum class CommentStyle { slashes, hash };

struct CodeLine {
  std::size_t number = 0;  // from 1
  std::string text;        // without blanks at its ends
};

// Lines that are not empty once comments are gone.
std::vector<CodeLine> code_lines(std::string_view text, CommentStyle style);

// Throws InputError, with the file, the line and what stands there and should, for code that differs from
// `expected`. Comments may differ.
void require_same_code(const std::string& file, std::string_view found, std::string_view expected,
                       CommentStyle style);

// The number behind "format NAME " in a comment. Throws InputError where it is missing or not `known`.
void require_format(const std::string& file, std::string_view text, const std::string& name, int known);

// Text of a file with the places in it that a reader looks for. All throw InputError, with the file and what
// was looked for.
class GeneratedText {
 public:
  GeneratedText(std::string file, std::string_view text) : file_(std::move(file)), text_(text) {}

  std::string_view text() const { return text_; }
  bool has(std::string_view what) const { return text_.find(what) != std::string_view::npos; }
  // What stands between the first `before` and the next `after`.
  std::string_view between(std::string_view before, std::string_view after) const;
  // The part from the first `before` to the next `after`, without the latter.
  GeneratedText part(std::string_view before, std::string_view after) const;
  // A whole number that `before` and `after` enclose.
  std::int64_t number(std::string_view before, std::string_view after) const;
  // A text that has to be a whole number from lowest to highest; `name`: what it is, for the message.
  std::int64_t whole(std::string_view text, const std::string& name, std::int64_t lowest = INT64_MIN,
                     std::int64_t highest = INT64_MAX) const;

  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  std::string file_;
  std::string_view text_;
};

// "static const TYPE NAME[N] = {...};" of a C source, by name.
using CTables = std::map<std::string, std::vector<std::int64_t>, std::less<>>;
CTables c_tables_of(const GeneratedText& source);

}  // namespace loci::backends
