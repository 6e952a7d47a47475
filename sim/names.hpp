// Enumerations as words: one table per enumeration serves both directions.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sim/error.hpp"

namespace loci {

template <typename Enum, std::size_t N>
using NameTable = std::array<std::pair<Enum, std::string_view>, N>;

template <typename Enum, std::size_t N>
std::string_view find_name(const NameTable<Enum, N>& table, Enum value) {
  for (const auto& [key, name] : table)
    if (key == value) return name;
  return "?";
}

// Throws InputError at `where` listing what would have been understood.
template <typename Enum, std::size_t N>
Enum find_value(const NameTable<Enum, N>& table, std::string_view text, const std::string& where) {
  std::string known;
  for (const auto& [key, name] : table) {
    if (name == text) return key;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw InputError(where, "'" + std::string(text) + "' is not known", "use one of: " + known);
}

}  // namespace loci
