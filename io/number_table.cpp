#include "io/number_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string_view>

#include "sim/error.hpp"

namespace loci::io {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Calls each(index, field) for the fields of a line; returns how many there are.
template <typename Each>
std::size_t for_fields(std::string_view line, const Each& each) {
  std::size_t n = 0;
  for (;; ++n) {
    const std::size_t comma = line.find(',');
    each(n, trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return n + 1;
    line.remove_prefix(comma + 1);
  }
}

std::string read_text(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw InputError(path.string(), "the file does not exist", "check the path");
  std::ifstream stream(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw InputError(path.string(), "the file cannot be read", "check its permissions");
  return text;
}

void add_row(NumberTable& table, std::string_view line, std::size_t number) {
  const auto where = [&] { return fmt::format("{}:{}", table.name, number); };
  const std::size_t n = for_fields(line, [&](std::size_t column, std::string_view field) {
    if (column >= table.columns.size()) return;
    double value = 0.0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size())
      throw InputError(where(), fmt::format("'{}' is not a number", field), "write numbers with a point");
    table.values[column].push_back(value);
  });
  if (n != table.columns.size())
    throw InputError(where(), fmt::format("{} fields under {} columns", n, table.columns.size()),
                     "give every row a value for each column");
  table.lines.push_back(number);
}

}  // namespace

NumberTable read_number_table(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  NumberTable table{.name = path.string(), .columns = {}, .values = {}, .lines = {}};
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (table.columns.empty()) {
      for_fields(line, [&](std::size_t, std::string_view field) { table.columns.emplace_back(field); });
      table.values.resize(table.columns.size());
    } else {
      add_row(table, line, number);
    }
  }
  if (table.columns.empty())
    throw InputError(table.name, "there is no header line", "begin with the names of the columns");
  return table;
}

bool NumberTable::has(const std::string& column) const {
  return std::ranges::count(columns, column) > 0;
}

const std::vector<double>& NumberTable::at(const std::string& column) const {
  const auto found = std::ranges::find(columns, column);
  if (found == columns.end())
    throw InputError(name, fmt::format("there is no column '{}'", column),
                     fmt::format("it has the columns {}: name the right one so", fmt::join(columns, ", ")));
  return values[static_cast<std::size_t>(found - columns.begin())];
}

std::vector<std::uint32_t> NumberTable::ids(const std::string& column) const {
  const std::vector<double>& numbers = at(column);
  std::vector<std::uint32_t> ids(numbers.size());
  for (std::size_t row = 0; row < numbers.size(); ++row) {
    if (!(numbers[row] >= 0.0 && numbers[row] <= 4294967295.0) || numbers[row] != std::floor(numbers[row]))
      throw InputError(fmt::format("{}:{}", name, lines[row]),
                       fmt::format("{} {} is no neuron", column, numbers[row]), "count neurons from 0");
    ids[row] = static_cast<std::uint32_t>(numbers[row]);
  }
  return ids;
}

void NumberTable::refuse_unknown(const std::vector<std::string>& known) const {
  for (const std::string& column : columns)
    if (std::ranges::count(known, column) == 0)
      throw InputError(name, fmt::format("the column '{}' is not known", column),
                       fmt::format("the known ones are {}", fmt::join(known, ", ")));
}

}  // namespace loci::io
