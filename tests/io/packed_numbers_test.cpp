// Numbers as base64 in JSON.
#include "io/packed_numbers.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace loci;

namespace {

std::string base64_of(const std::string& text) {
  return io::base64(std::as_bytes(std::span(text)));
}

}  // namespace

// The test vectors of RFC 4648, section 10.
TEST_CASE("base64 is that of RFC 4648") {
  CHECK(base64_of("").empty());
  CHECK(base64_of("f") == "Zg==");
  CHECK(base64_of("fo") == "Zm8=");
  CHECK(base64_of("foo") == "Zm9v");
  CHECK(base64_of("foob") == "Zm9vYg==");
  CHECK(base64_of("fooba") == "Zm9vYmE=");
  CHECK(base64_of("foobar") == "Zm9vYmFy");
}

TEST_CASE("whole numbers are packed into the narrowest type that holds them") {
  const std::vector<std::uint32_t> small{0, 255};
  CHECK(io::packed(small, {2}) == nlohmann::json{{"type", "u8"}, {"shape", {2}}, {"base64", "AP8="}});
  const std::vector<std::uint32_t> medium{1, 256, 65535};  // 01 00, 00 01, ff ff
  CHECK(io::packed(medium, {3, 1}) ==
        nlohmann::json{{"type", "u16"}, {"shape", {3, 1}}, {"base64", "AQAAAf//"}});
  const std::vector<std::uint32_t> large{65536};  // 00 00 01 00
  CHECK(io::packed(large, {1}) == nlohmann::json{{"type", "u32"}, {"shape", {1}}, {"base64", "AAABAA=="}});
}

TEST_CASE("real numbers are packed in single or half precision") {
  const std::vector<float> values{1.0F, -2.0F};  // 3f800000, c0000000 and 3c00, c000, little-endian
  CHECK(io::packed(values, {2}) ==
        nlohmann::json{{"type", "f32"}, {"shape", {2}}, {"base64", "AACAPwAAAMA="}});
  CHECK(io::packed_half(values, {2}) ==
        nlohmann::json{{"type", "f16"}, {"shape", {2}}, {"base64", "ADwAwA=="}});
}

TEST_CASE("what half precision cannot hold becomes its largest number") {
  const std::vector<float> values{1e9F};  // 7bff
  CHECK(io::packed_half(values, {1})["base64"] == "/3s=");
}
