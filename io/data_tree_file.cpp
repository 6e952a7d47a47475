#include "io/data_tree_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

using hdf5::StoredKind;
using sim::DataArray;
using sim::DataGroup;

constexpr std::size_t chunk_bytes = std::size_t{1} << 18;
constexpr std::size_t most_levels = 64;

std::vector<std::uint8_t> as_bytes(const std::vector<bool>& values) {
  return {values.begin(), values.end()};
}

void require_full(const DataArray& array, const std::string& name) {
  std::size_t n = 1;
  for (const std::size_t extent : array.shape) n *= extent;
  const std::size_t n_values = std::visit([](const auto& values) { return values.size(); }, array.values);
  if (n != n_values)
    throw std::logic_error(fmt::format("{} has {} values for a shape of {}", name, n_values, n));
}

void require_name(const std::string& name) {
  if (name.empty() || name == "." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    throw std::logic_error(fmt::format("'{}' cannot name a part of a tree", name));
}

// Chunks of whole rows, about 256 KiB each.
hdf5::Layout layout_for(const DataArray& array, std::size_t element_bytes, std::size_t n_values,
                        const DataTreeLayout& wanted) {
  const std::size_t n_bytes = n_values * element_bytes;
  if (array.shape.empty() || n_bytes < wanted.compress_from_bytes || wanted.deflate_level == 0) return {};
  const std::size_t row_bytes = n_bytes / array.shape.front();
  if (row_bytes >> 31 != 0) return {};  // a chunk ends at 4 GiB
  return {.chunk_rows = std::max<std::size_t>(1, chunk_bytes / row_bytes),
          .deflate_level = wanted.deflate_level};
}

void write_attribute(hdf5::Object& object, const std::string& name, const DataArray& array) {
  require_name(name);
  require_full(array, name);
  std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<T, bool>)
          object.write_boolean_attribute(name, as_bytes(values), array.shape);
        else
          object.write_attribute_array(name, std::span<const T>(values), array.shape);
      },
      array.values);
}

hdf5::Dataset write_array(hdf5::Group& group, const std::string& name, const DataArray& array,
                          const DataTreeLayout& layout) {
  require_name(name);
  require_full(array, name);
  return std::visit(
      [&](const auto& values) {
        using T = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_same_v<T, std::string>)
          return group.write_strings(name, values, array.shape);
        else if constexpr (std::is_same_v<T, bool>)
          return group.write_booleans(name, as_bytes(values), array.shape,
                                      layout_for(array, 1, values.size(), layout));
        else
          return group.write(name, std::span<const T>(values), array.shape,
                             layout_for(array, sizeof(T), values.size(), layout));
      },
      array.values);
}

void write_group(hdf5::Group& group, const DataGroup& tree, const DataTreeLayout& layout) {
  for (const auto& [name, attribute] : tree.attributes) write_attribute(group, name, attribute);
  for (const auto& [name, array] : tree.arrays) {
    auto dataset = write_array(group, name, array, layout);
    const auto attributes = tree.array_attributes.find(name);
    if (attributes == tree.array_attributes.end()) continue;
    for (const auto& [attribute_name, attribute] : attributes->second)
      write_attribute(dataset, attribute_name, attribute);
  }
  for (const auto& [name, child] : tree.groups) {
    require_name(name);
    if (tree.arrays.contains(name))
      throw std::logic_error(fmt::format("'{}' names both a group and an array", name));
    auto below = group.create_group(name);
    write_group(below, child, layout);
  }
}

// What is stored under a kind, through one function for each type: read(T{}) gives a vector of T.
template <typename Read>
sim::DataValues read_values(StoredKind kind, Read read) {
  switch (kind) {
    case StoredKind::float32:
      return read(float{});
    case StoredKind::float64:
      return read(double{});
    case StoredKind::uint8:
      return read(std::uint8_t{});
    case StoredKind::int32:
      return read(std::int32_t{});
    case StoredKind::uint32:
      return read(std::uint32_t{});
    case StoredKind::int64:
      return read(std::int64_t{});
    case StoredKind::uint64:
      return read(std::uint64_t{});
    case StoredKind::boolean: {
      const auto bytes = read(std::uint8_t{});
      return std::vector<bool>(bytes.begin(), bytes.end());
    }
    case StoredKind::text:
      return read(std::string{});
    case StoredKind::other:
      break;
  }
  throw std::logic_error("a stored type that is of no use was not left out");
}

class TreeReader {
 public:
  explicit TreeReader(const hdf5::File& file)
      : most_objects_(hdf5::file_bytes(file)), most_bytes_(most_objects_ * hdf5::most_bytes_per_byte) {}

  DataGroup read(const hdf5::Group& group) {
    above_.push_back(group.address());
    if (above_.size() > most_levels)
      throw InputError(group.where(), fmt::format("groups lie more than {} deep", most_levels),
                       "the file is damaged or made to harm: use another copy");
    DataGroup tree;
    tree.attributes = read_attributes(group);
    for (const std::string& name : group.names()) read_child(group, name, tree);
    above_.pop_back();
    return tree;
  }

  std::vector<std::string> take_notes() { return std::move(notes_); }

 private:
  void leave_out(const std::string& where, const std::string& why) {
    notes_.push_back(fmt::format("{} is left out: {}", where, why));
  }

  // A file that links its objects many times over could claim more than any memory holds.
  void count(const std::string& where, std::size_t n_bytes) {
    n_bytes_ += n_bytes;
    if (++n_objects_ > most_objects_ || n_bytes_ > most_bytes_)
      throw InputError(where, "the file claims more than it can hold",
                       "it is damaged or made to harm: use another copy");
  }

  void read_child(const hdf5::Group& group, const std::string& name, DataGroup& tree) {
    const std::string where =
        fmt::format("{}{}{}", group.where(), group.where().ends_with('/') ? "" : "/", name);
    switch (group.child_kind(name)) {
      case hdf5::ChildKind::group: {
        count(where, 0);
        const hdf5::Group below = group.group(name);
        if (std::ranges::find(above_, below.address()) != above_.end())
          leave_out(where, "it is a group that it lies in");
        else
          tree.groups[name] = read(below);
        break;
      }
      case hdf5::ChildKind::dataset:
        read_array(group.dataset(name), name, tree);
        break;
      case hdf5::ChildKind::other_file:
        leave_out(where, "it links to another file");
        break;
      case hdf5::ChildKind::nowhere:
        leave_out(where, "its link leads nowhere");
        break;
      case hdf5::ChildKind::other:
        leave_out(where, "it is neither a group nor a data set");
        break;
    }
  }

  void read_array(const hdf5::Dataset& dataset, const std::string& name, DataGroup& tree) {
    const hdf5::StoredType type = dataset.type();
    if (type.kind == StoredKind::other) {
      leave_out(dataset.where(), fmt::format("its type is not read here ({})", type.name));
      return;
    }
    const std::size_t element_bytes = dataset.element_bytes();
    count(dataset.where(), dataset.checked_length(element_bytes) * element_bytes);
    auto values = read_values(type.kind, [&]<typename T>(const T&) {
      if constexpr (std::is_same_v<T, std::string>)
        return dataset.read_strings();
      else
        return dataset.template read<T>();
    });
    tree.arrays[name] = {.values = std::move(values), .shape = dataset.shape()};
    auto attributes = read_attributes(dataset);
    if (!attributes.empty()) tree.array_attributes[name] = std::move(attributes);
  }

  std::map<std::string, DataArray> read_attributes(const hdf5::Object& object) {
    std::map<std::string, DataArray> attributes;
    for (const std::string& name : object.attribute_names()) {
      const hdf5::StoredType type = object.attribute_type(name);
      if (type.kind == StoredKind::other) {
        leave_out(fmt::format("{}@{}", object.where(), name),
                  fmt::format("its type is not read here ({})", type.name));
        continue;
      }
      auto values = read_values(type.kind, [&]<typename T>(const T&) {
        if constexpr (std::is_same_v<T, std::string>)
          return object.read_string_array_attribute(name);
        else
          return object.template read_attribute_array<T>(name);
      });
      attributes[name] = {.values = std::move(values), .shape = object.attribute_shape(name)};
    }
    return attributes;
  }

  std::size_t most_objects_;
  std::size_t most_bytes_;
  std::size_t n_objects_ = 0;
  std::size_t n_bytes_ = 0;
  std::vector<std::uint64_t> above_;  // addresses of the groups from the root to the present one
  std::vector<std::string> notes_;
};

}  // namespace

std::string data_tree_bytes(const std::string& name, const DataGroup& root, const DataTreeLayout& layout) {
  auto file = hdf5::File::create_in_memory(name);
  write_group(file, root, layout);
  std::string bytes = file.image();
  bytes += seal_of(bytes);
  return bytes;
}

void write_data_tree(const std::filesystem::path& path, const DataGroup& root, const DataTreeLayout& layout) {
  write_file(path, data_tree_bytes(path.string(), root, layout));
}

DataTreeFile read_data_tree(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  TreeReader reader(file);
  DataTreeFile tree{.root = reader.read(file), .notes = {}};
  tree.notes = reader.take_notes();
  return tree;
}

}  // namespace loci::io
