#include "io/csv.hpp"

#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

#include "io/atomic_file.hpp"

namespace loci::io {
namespace {

// Quoted as RFC 4180 asks when the text would otherwise end the field.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field.append(c == '"' ? 2 : 1, c);
  return field + '"';
}

}  // namespace

std::string to_csv(const HistoryTable& table) {
  std::string text;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    text.append(c == 0 ? "" : ",").append(quoted(table.columns[c]));
  text += '\n';
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw std::logic_error("a history row is not as long as its header");
    // {} is the shortest text that reads back to the same double.
    for (std::size_t c = 0; c < row.size(); ++c)
      fmt::format_to(std::back_inserter(text), "{}{}", c == 0 ? "" : ",", row[c]);
    text += '\n';
  }
  return text;
}

void write_csv(const std::filesystem::path& path, const HistoryTable& table) {
  write_file(path, to_csv(table));
}

}  // namespace loci::io
