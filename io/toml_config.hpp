// TOML configuration without a schema: whoever needs a key asks for it, and what nobody asked for is refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace loci::io {

class TomlConfig {
 public:
  TomlConfig() = default;  // no keys
  // Throw InputError with line and column for text that is not TOML.
  static TomlConfig load(const std::filesystem::path& path);
  static TomlConfig parse(std::string_view text, const std::string& name);

  // Keys are "section.key"; of an array of tables, [[section]], "section.0.key" and so on. T: bool,
  // std::int64_t, std::uint64_t, double (takes integers), std::string, and std::vector of std::int64_t,
  // std::uint64_t, double or std::string. Every asked-for key counts as known, present or not. Throws
  // InputError with file:line:column when the value is of another type or does not fit.
  template <typename T>
  std::optional<T> get(const std::string& key);
  template <typename T>
  T get_or(const std::string& key, T fallback) {
    auto value = get<T>(key);
    return value ? std::move(*value) : std::move(fallback);
  }
  // Throws InputError when the key is missing.
  template <typename T>
  T require(const std::string& key) {
    auto value = get<T>(key);
    if (!value) refuse_missing(key);
    return std::move(*value);
  }

  // Neither counts as asking.
  bool has(const std::string& key) const { return entries_.contains(key); }
  bool has_section(const std::string& section) const;
  // Whether the value is an array, for keys that take one value or many.
  bool is_array(const std::string& key) const;
  bool is_text(const std::string& key) const;
  // Names directly within a section, in the order of the file.
  std::vector<std::string> names_in(const std::string& section) const;
  // How many tables an array of tables has: 0 when there is none.
  std::size_t n_tables(const std::string& section) const;
  // "file:line:column" of a key, for errors about its meaning; the file alone when it is missing.
  std::string where(const std::string& key) const;
  std::vector<std::string> keys() const;
  const std::string& text() const { return text_; }

  // Throws InputError listing every key nobody asked for, each with its place and the nearest known key.
  void refuse_unknown() const;

 private:
  using Scalar = std::variant<bool, std::int64_t, double, std::string>;
  struct Unsupported {
    std::string type;
  };
  struct Entry {
    std::variant<Unsupported, Scalar, std::vector<Scalar>> value;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };
  friend class TomlFlattener;

  [[noreturn]] void refuse_missing(const std::string& key) const;
  [[noreturn]] void refuse_type(const std::string& key, const Entry& entry,
                                const std::string& expected) const;
  template <typename T>
  T convert(const std::string& key, const Entry& entry, const Scalar& scalar,
            const std::string& expected) const;

  std::string name_;
  std::string text_;
  std::map<std::string, Entry> entries_;  // by full key; an empty section is an entry of its own
  std::map<std::string, std::size_t> n_tables_;
  std::set<std::string> known_;
};

}  // namespace loci::io
