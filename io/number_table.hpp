// Tables of numbers as comma-separated values with a header line, read column by column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace loci::io {

struct NumberTable {
  std::string name;  // of the file
  std::vector<std::string> columns;
  std::vector<std::vector<double>> values;  // by column
  std::vector<std::size_t> lines;           // by row: where it stands in the file

  std::size_t n_rows() const { return lines.size(); }
  bool has(const std::string& column) const;
  // Throw InputError when there is no such column, or a value that is no whole number from 0 to 2^32 - 1.
  const std::vector<double>& at(const std::string& column) const;
  std::vector<std::uint32_t> ids(const std::string& column) const;
  // Throws InputError for a column that is not among the known ones.
  void refuse_unknown(const std::vector<std::string>& known) const;
};

// Empty lines and those that begin with # count for nothing. Throws InputError with file and line for rows of
// another length than the header and for fields that are no numbers.
NumberTable read_number_table(const std::filesystem::path& path);

}  // namespace loci::io
