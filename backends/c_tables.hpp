// Constant tables in C: the narrowest type that holds them, their text and their bytes.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loci::backends {

struct CType {
  std::string_view name;
  std::size_t bytes = 0;
};

// Of all whole numbers from lowest to highest.
inline CType narrowest_type(std::int64_t lowest, std::int64_t highest) {
  if (lowest >= 0) {
    if (highest <= 0xFF) return {"uint8_t", 1};
    if (highest <= 0xFFFF) return {"uint16_t", 2};
    return {"uint32_t", 4};
  }
  if (-0x80 <= lowest && highest <= 0x7F) return {"int8_t", 1};
  if (-0x8000 <= lowest && highest <= 0x7FFF) return {"int16_t", 2};
  return {"int32_t", 4};
}

template <typename Number>
CType type_of(std::span<const Number> values, bool is_signed) {
  if (values.empty()) return {"uint8_t", 1};
  const auto [lowest, highest] = std::ranges::minmax(values);
  return narrowest_type(is_signed ? std::min<std::int64_t>(lowest, -1) : lowest, highest);
}

// "static const TYPE NAME[N] = {...};" and a new line.
template <typename Number>
std::string c_table(CType type, std::string_view name, std::span<const Number> values) {
  std::string text = fmt::format("static const {} {}[{}] = {{\n", type.name, name, values.size());
  std::size_t line = text.size();
  for (const Number value : values) {
    fmt::format_to(std::back_inserter(text), "{},", std::int64_t{value});
    if (text.size() - line > 100) {
      text += '\n';
      line = text.size();
    }
  }
  text += "};\n";
  return text;
}

}  // namespace loci::backends
