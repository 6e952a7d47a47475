// What options mean beyond what CLI11 checks by itself.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace loci::cli {

// A whole number from 0 to `most`, in digits. CLI11 2.1 takes "-1" for 2^64 - 1; TOML, in which
// configurations are kept, knows no number above 2^63 - 1.
inline CLI::Validator whole_number(std::uint64_t most = std::numeric_limits<std::int64_t>::max()) {
  return {[most](const std::string& text) -> std::string {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error == std::errc() && end == text.data() + text.size() && value <= most) return "";
            return "'" + text + "' is not a whole number from 0 to " + std::to_string(most);
          },
          "", "whole number"};
}

// Far more than any machine helps with, and few enough for every one to get its memory.
inline constexpr std::uint64_t most_threads = 1024;

}  // namespace loci::cli
