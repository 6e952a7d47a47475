// Arrays of numbers in JSON, as a page reads them fast: base64 of little-endian values (docs/report.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace loci::io {

std::string base64(std::span<const std::byte> bytes);

// {"type": "f32", "shape": [...], "base64": "..."}. shape: row-major, its product the number of values.
nlohmann::json packed(std::span<const float> values, const std::vector<std::size_t>& shape);
// The same as "f16", to 11 significant bits; what is beyond half precision becomes the largest half.
nlohmann::json packed_half(std::span<const float> values, const std::vector<std::size_t>& shape);
// Of the narrowest type that holds them all: "u8", "u16" or "u32".
nlohmann::json packed(std::span<const std::uint32_t> values, const std::vector<std::size_t>& shape);
nlohmann::json packed(std::span<const std::uint8_t> values, const std::vector<std::size_t>& shape);

}  // namespace loci::io
