#include "io/toml_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <sstream>
#include <type_traits>

// The one place that sees the parser's header.
#include <toml++/toml.h>

#include "sim/error.hpp"

namespace loci::io {

// Tables become dotted keys; what the typed getters cannot give stays known by place and type only.
class TomlFlattener {
 public:
  TomlFlattener(std::map<std::string, TomlConfig::Entry>& entries,
                std::map<std::string, std::size_t>& n_tables)
      : entries_(entries), n_tables_(n_tables) {}

  void add(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string key =
          prefix.empty() ? std::string(name.str()) : fmt::format("{}.{}", prefix, name.str());
      const toml::table* section = node.as_table();
      if (section != nullptr && !section->empty()) {
        add(*section, key);
        continue;
      }
      if (const toml::array* array = node.as_array(); array != nullptr && is_array_of_tables(*array)) {
        add_tables(*array, key);
        continue;
      }
      const auto place = name.source().begin;
      if (!entries_.emplace(key, TomlConfig::Entry{value_of(node), place.line, place.column}).second)
        throw InputError(key, "the key is there twice, once quoted with a point", "remove one of them");
    }
  }

 private:
  using Value = decltype(TomlConfig::Entry::value);

  static bool is_array_of_tables(const toml::array& array) {
    return !array.empty() && array.is_homogeneous(toml::node_type::table);
  }

  void add_tables(const toml::array& array, const std::string& key) {
    n_tables_[key] = array.size();
    for (std::size_t i = 0; i < array.size(); ++i) {
      const toml::table& table = *array.get(i)->as_table();
      const std::string name = fmt::format("{}.{}", key, i);
      if (!table.empty()) {
        add(table, name);
        continue;
      }
      const auto place = table.source().begin;
      entries_.emplace(
          name, TomlConfig::Entry{TomlConfig::Unsupported{"an empty section"}, place.line, place.column});
    }
  }

  static std::optional<TomlConfig::Scalar> scalar_of(const toml::node& node) {
    if (const auto* value = node.as_boolean()) return value->get();
    if (const auto* value = node.as_integer()) return value->get();
    if (const auto* value = node.as_floating_point()) return value->get();
    if (const auto* value = node.as_string()) return value->get();
    return std::nullopt;
  }

  static Value value_of(const toml::node& node) {
    if (auto scalar = scalar_of(node)) return *scalar;
    const toml::array* array = node.as_array();
    if (array == nullptr)
      return TomlConfig::Unsupported{node.is_table() ? "an empty section" : "a date or time"};
    std::vector<TomlConfig::Scalar> scalars;
    for (const toml::node& element : *array) {
      auto scalar = scalar_of(element);
      if (!scalar) return TomlConfig::Unsupported{"an array of arrays, sections or dates"};
      scalars.push_back(std::move(*scalar));
    }
    return scalars;
  }

  std::map<std::string, TomlConfig::Entry>& entries_;
  std::map<std::string, std::size_t>& n_tables_;
};

namespace {

template <typename T>
constexpr const char* type_name() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::int64_t>) return "a whole number";
  if constexpr (std::is_same_v<T, std::uint64_t>) return "a whole number from 0 on";
  if constexpr (std::is_same_v<T, double>) return "a number";
  if constexpr (std::is_same_v<T, std::string>) return "text in quotes";
}

template <typename T>
struct ElementType {
  using type = void;
};
template <typename T>
struct ElementType<std::vector<T>> {
  using type = T;
};

template <typename Scalar>
std::string describe(const Scalar& scalar) {
  return std::visit(
      [](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string>) return fmt::format("the text \"{}\"", value);
        return fmt::format("{} {}", std::is_same_v<T, bool> ? "the truth value" : "the number", value);
      },
      scalar);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

// Nearest by spelling, or the same name in another section; nothing when all are far.
std::string suggestion(const std::string& key, const std::set<std::string>& known) {
  std::size_t best = std::max<std::size_t>(2, key.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t moved = last_part(key) == last_part(candidate) ? 1 : best;
    const std::size_t distance = std::min(edit_distance(key, candidate), moved);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest);
}

}  // namespace

TomlConfig TomlConfig::load(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw InputError(path.string(), "the configuration file does not exist", "check the path");
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw InputError(path.string(), "cannot read the configuration file", "check its permissions");
  return parse(text.str(), path.string());
}

TomlConfig TomlConfig::parse(std::string_view text, const std::string& name) {
  TomlConfig config;
  config.name_ = name;
  config.text_ = text;
  try {
    TomlFlattener(config.entries_, config.n_tables_).add(toml::parse(text, name), "");
  } catch (const toml::parse_error& error) {
    const auto place = error.source().begin;
    throw InputError(fmt::format("{}:{}:{}", name, place.line, place.column),
                     std::string(error.description()), "correct the TOML syntax");
  }
  return config;
}

std::string TomlConfig::where(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return name_;
  return fmt::format("{}:{}:{}", name_, found->second.line, found->second.column);
}

bool TomlConfig::has_section(const std::string& section) const {
  const std::string prefix = section + ".";
  const auto next = entries_.lower_bound(prefix);
  if (next != entries_.end() && next->first.starts_with(prefix)) return true;
  const auto found = entries_.find(section);
  return found != entries_.end() && std::holds_alternative<Unsupported>(found->second.value);
}

bool TomlConfig::is_array(const std::string& key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && std::holds_alternative<std::vector<Scalar>>(found->second.value);
}

bool TomlConfig::is_text(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  const auto* scalar = std::get_if<Scalar>(&found->second.value);
  return scalar != nullptr && std::holds_alternative<std::string>(*scalar);
}

std::vector<std::string> TomlConfig::names_in(const std::string& section) const {
  const std::string prefix = section + ".";
  std::map<std::string, std::pair<std::uint32_t, std::uint32_t>> first;  // where each begins
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at) {
    const std::string rest = at->first.substr(prefix.size());
    const std::pair place(at->second.line, at->second.column);
    const auto [known, added] = first.emplace(rest.substr(0, rest.find('.')), place);
    if (!added) known->second = std::min(known->second, place);
  }
  std::vector<std::string> names;
  for (const auto& [name, place] : first) names.push_back(name);
  std::ranges::sort(names, {}, [&](const std::string& name) { return first.at(name); });
  return names;
}

std::size_t TomlConfig::n_tables(const std::string& section) const {
  const auto found = n_tables_.find(section);
  return found == n_tables_.end() ? 0 : found->second;
}

std::vector<std::string> TomlConfig::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, entry] : entries_) keys.push_back(key);
  return keys;
}

void TomlConfig::refuse_missing(const std::string& key) const {
  throw InputError(name_, fmt::format("there is no '{}'", key), fmt::format("add {} = ...", key));
}

void TomlConfig::refuse_type(const std::string& key, const Entry& entry, const std::string& expected) const {
  std::string found = "an array";
  if (const auto* unsupported = std::get_if<Unsupported>(&entry.value)) found = unsupported->type;
  if (const auto* scalar = std::get_if<Scalar>(&entry.value)) found = describe(*scalar);
  throw InputError(where(key), fmt::format("{} is {}, not {}", key, found, expected),
                   fmt::format("give {} there", expected));
}

template <typename T>
T TomlConfig::convert(const std::string& key, const Entry& entry, const Scalar& scalar,
                      const std::string& expected) const {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (const auto* value = std::get_if<std::int64_t>(&scalar); value != nullptr && *value >= 0)
      return static_cast<std::uint64_t>(*value);
  } else if (const auto* value = std::get_if<T>(&scalar)) {
    return *value;
  }
  if constexpr (std::is_same_v<T, double>)
    if (const auto* value = std::get_if<std::int64_t>(&scalar)) return static_cast<double>(*value);
  if (std::holds_alternative<Scalar>(entry.value)) refuse_type(key, entry, expected);
  throw InputError(where(key), fmt::format("{} has {} within, not {}", key, describe(scalar), type_name<T>()),
                   fmt::format("give {} there", expected));
}

template <typename T>
std::optional<T> TomlConfig::get(const std::string& key) {
  known_.insert(key);
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (has_section(key))
      throw InputError(name_, fmt::format("'{}' is a section, not a value", key),
                       fmt::format("write {} = ...", key));
    return std::nullopt;
  }
  const Entry& entry = found->second;
  using Element = typename ElementType<T>::type;
  if constexpr (std::is_void_v<Element>) {
    const auto* scalar = std::get_if<Scalar>(&entry.value);
    if (scalar == nullptr) refuse_type(key, entry, type_name<T>());
    return convert<T>(key, entry, *scalar, type_name<T>());
  } else {
    const std::string expected = fmt::format("an array, each element {}", type_name<Element>());
    const auto* scalars = std::get_if<std::vector<Scalar>>(&entry.value);
    if (scalars == nullptr) refuse_type(key, entry, expected);
    T values;
    for (const Scalar& scalar : *scalars) values.push_back(convert<Element>(key, entry, scalar, expected));
    return values;
  }
}

template std::optional<bool> TomlConfig::get(const std::string&);
template std::optional<std::int64_t> TomlConfig::get(const std::string&);
template std::optional<std::uint64_t> TomlConfig::get(const std::string&);
template std::optional<double> TomlConfig::get(const std::string&);
template std::optional<std::string> TomlConfig::get(const std::string&);
template std::optional<std::vector<std::int64_t>> TomlConfig::get(const std::string&);
template std::optional<std::vector<std::uint64_t>> TomlConfig::get(const std::string&);
template std::optional<std::vector<double>> TomlConfig::get(const std::string&);
template std::optional<std::vector<std::string>> TomlConfig::get(const std::string&);

void TomlConfig::refuse_unknown() const {
  std::vector<std::pair<const std::string*, const Entry*>> unknown;
  for (const auto& [key, entry] : entries_) {
    const std::string prefix = key + ".";
    const auto below = known_.lower_bound(prefix);
    const bool known_section = std::holds_alternative<Unsupported>(entry.value) && below != known_.end() &&
                               below->starts_with(prefix);
    if (!known_.contains(key) && !known_section) unknown.emplace_back(&key, &entry);
  }
  if (unknown.empty()) return;
  const auto in_file_order = [](const auto& a, const auto& b) {
    return std::pair(a.second->line, a.second->column) < std::pair(b.second->line, b.second->column);
  };
  std::sort(unknown.begin(), unknown.end(), in_file_order);
  std::string problem;
  for (const auto& [key, entry] : unknown) {
    if (!problem.empty()) problem += fmt::format("; {}: ", where(*key));
    problem += fmt::format("'{}' is not known{}", *key, suggestion(*key, known_));
  }
  throw InputError(where(*unknown.front().first), problem, "correct or remove what is not known");
}

}  // namespace loci::io
