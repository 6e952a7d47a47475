#include "io/packed_numbers.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "io/half.hpp"

namespace loci::io {
namespace {

static_assert(std::endian::native == std::endian::little, "files and pages hold little-endian numbers");

nlohmann::json as_json(const char* type, std::span<const std::byte> bytes,
                       const std::vector<std::size_t>& shape) {
  return {{"type", type}, {"shape", shape}, {"base64", base64(bytes)}};
}

template <typename Narrow>
std::vector<Narrow> narrowed(std::span<const std::uint32_t> values) {
  std::vector<Narrow> result(values.size());
  std::ranges::transform(values, result.begin(),
                         [](std::uint32_t value) { return static_cast<Narrow>(value); });
  return result;
}

[[maybe_unused]] bool fits(std::size_t n, const std::vector<std::size_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>()) == n;
}

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < n ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= n ? digits[word >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

nlohmann::json packed(std::span<const float> values, const std::vector<std::size_t>& shape) {
  assert(fits(values.size(), shape));
  return as_json("f32", std::as_bytes(values), shape);
}

nlohmann::json packed_half(std::span<const float> values, const std::vector<std::size_t>& shape) {
  assert(fits(values.size(), shape));
  std::vector<std::uint16_t> halves;
  for (const float value : values)
    halves.push_back(half_from_double(std::clamp(static_cast<double>(value), -largest_half, largest_half)));
  return as_json("f16", std::as_bytes(std::span(halves)), shape);
}

nlohmann::json packed(std::span<const std::uint32_t> values, const std::vector<std::size_t>& shape) {
  assert(fits(values.size(), shape));
  const std::uint32_t most = values.empty() ? 0 : *std::ranges::max_element(values);
  if (most <= std::numeric_limits<std::uint8_t>::max()) return packed(narrowed<std::uint8_t>(values), shape);
  if (most > std::numeric_limits<std::uint16_t>::max()) return as_json("u32", std::as_bytes(values), shape);
  const auto narrow = narrowed<std::uint16_t>(values);
  return as_json("u16", std::as_bytes(std::span(narrow)), shape);
}

nlohmann::json packed(std::span<const std::uint8_t> values, const std::vector<std::size_t>& shape) {
  assert(fits(values.size(), shape));
  return as_json("u8", std::as_bytes(values), shape);
}

}  // namespace loci::io
