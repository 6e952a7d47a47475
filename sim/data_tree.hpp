// Named arrays in named groups, in memory: what hierarchical files hold. Rooms that know a format but no
// files make them and read them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace loci::sim {

using DataValues =
    std::variant<std::vector<float>, std::vector<double>, std::vector<std::uint8_t>,
                 std::vector<std::int32_t>, std::vector<std::int64_t>, std::vector<std::uint32_t>,
                 std::vector<std::uint64_t>, std::vector<std::string>, std::vector<bool>>;

struct DataArray {
  DataValues values;               // row-major
  std::vector<std::size_t> shape;  // empty: a scalar

  bool operator==(const DataArray&) const = default;
};

struct DataGroup {
  std::map<std::string, DataGroup> groups;
  std::map<std::string, DataArray> arrays;
  std::map<std::string, DataArray> attributes;                               // of the group
  std::map<std::string, std::map<std::string, DataArray>> array_attributes;  // by array

  bool operator==(const DataGroup&) const = default;
};

}  // namespace loci::sim
