// A thin ownership layer over the HDF5 C library: handles that close themselves, typed reads and writes, and
// every failure as an InputError naming file and object. The library's header stays in hdf5.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace loci::io::hdf5 {

using Id = std::int64_t;  // hid_t
using Shape = std::vector<std::size_t>;

enum class ElementType { float32, float64, uint8, uint16, int32, uint32, int64, uint64 };

template <typename T>
struct ElementOf;
template <>
struct ElementOf<float> {
  static constexpr auto type = ElementType::float32;
};
template <>
struct ElementOf<double> {
  static constexpr auto type = ElementType::float64;
};
template <>
struct ElementOf<std::uint8_t> {
  static constexpr auto type = ElementType::uint8;
};
template <>
struct ElementOf<std::uint16_t> {
  static constexpr auto type = ElementType::uint16;
};
template <>
struct ElementOf<std::int32_t> {
  static constexpr auto type = ElementType::int32;
};
template <>
struct ElementOf<std::uint32_t> {
  static constexpr auto type = ElementType::uint32;
};
template <>
struct ElementOf<std::int64_t> {
  static constexpr auto type = ElementType::int64;
};
template <>
struct ElementOf<std::uint64_t> {
  static constexpr auto type = ElementType::uint64;
};

// Owns one identifier of the library and closes it with the function that fits its kind.
class Handle {
 public:
  using Closer = int (*)(Id);

  Handle() = default;
  Handle(Id id, Closer closer) : id_(id), closer_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), closer_(other.closer_) {}
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { reset(); }

  Id get() const { return id_; }
  bool valid() const { return id_ >= 0; }
  // Whether closing succeeded: for a file, closing is where the last bytes are written.
  bool reset() noexcept;

 private:
  Id id_ = -1;
  Closer closer_ = nullptr;
};

// The narrowest of our types that holds all values of a stored one.
enum class StoredKind { float32, float64, uint8, int32, uint32, int64, uint64, boolean, text, other };

struct StoredType {
  StoredKind kind = StoredKind::other;
  std::string name;  // of what is other, for messages: "compound"
};

// Where a name in a group leads.
enum class ChildKind { group, dataset, other_file, nowhere, other };

// What the rows of a ragged data set hold: whole numbers of 16 bits, or IEEE 754 binary16 as bit patterns.
enum class RaggedType { uint16, float16 };

// How a data set lies in the file. A chunked one can grow along its first axis.
struct Layout {
  std::size_t chunk_rows = 0;  // 0: contiguous
  unsigned deflate_level = 0;  // 1..9: shuffle and deflate; needs chunks
};

// What groups and data sets share: a place in a file that carries attributes.
class Object {
 public:
  const std::string& where() const { return where_; }  // "<file>:<object path>"
  bool valid() const { return handle_.valid(); }
  // The same for all names of one object.
  std::uint64_t address() const;

  bool has_attribute(const std::string& name) const;
  std::vector<std::string> attribute_names() const;

  // An attribute of that name is replaced.
  template <typename T>
  void write_attribute(const std::string& name, const T& value) {
    write_attribute_raw(name, ElementOf<T>::type, {}, &value);
  }
  template <typename T>
  void write_attribute_array(const std::string& name, std::span<const T> values) {
    write_attribute_raw(name, ElementOf<T>::type, Shape{values.size()}, values.data());
  }
  void write_attribute(const std::string& name, const std::string& value);  // variable-length UTF-8
  void write_attribute(const std::string& name, const char* value) {
    write_attribute(name, std::string(value));
  }
  void write_attribute_array(const std::string& name, std::span<const std::string> values) {
    write_attribute_array(name, values, Shape{values.size()});
  }
  // Row-major; an empty shape is a scalar.
  template <typename T>
  void write_attribute_array(const std::string& name, std::span<const T> values, const Shape& shape) {
    write_attribute_raw(name, ElementOf<T>::type, shape, values.data());
  }
  void write_attribute_array(const std::string& name, std::span<const std::string> values,
                             const Shape& shape);
  void write_boolean_attribute(const std::string& name, std::span<const std::uint8_t> values,
                               const Shape& shape);
  // A scalar HDF5 ENUM over uint8.
  void write_enum_attribute(const std::string& name,
                            std::span<const std::pair<std::string, std::uint8_t>> members,
                            std::uint8_t value);

  // Numbers are converted by the library when the file holds another width. Throw InputError when missing, of
  // another class, or of another shape than asked for.
  template <typename T>
  T read_attribute(const std::string& name) const {
    T value{};
    read_attribute_raw(name, ElementOf<T>::type, &value, 1);
    return value;
  }
  template <typename T>
  std::vector<T> read_attribute_array(const std::string& name) const {
    std::vector<T> values(attribute_length(name));
    read_attribute_raw(name, ElementOf<T>::type, values.data(), values.size());
    return values;
  }
  std::string read_string_attribute(const std::string& name) const;  // fixed or variable length
  std::vector<std::string> read_string_array_attribute(const std::string& name) const;
  StoredType attribute_type(const std::string& name) const;
  Shape attribute_shape(const std::string& name) const;
  // The member's name.
  std::string read_enum_attribute(const std::string& name) const;

 protected:
  Object() = default;
  Object(Handle handle, std::string where) : handle_(std::move(handle)), where_(std::move(where)) {}

  Handle handle_;
  std::string where_;

 private:
  friend std::size_t file_bytes(const Object& object);
  void write_attribute_raw(const std::string& name, ElementType type, const Shape& shape, const void* values);
  void read_attribute_raw(const std::string& name, ElementType type, void* values,
                          std::size_t n_values) const;
  std::size_t attribute_length(const std::string& name) const;
};

class Dataset : public Object {
 public:
  Dataset() = default;
  Dataset(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {}

  Shape shape() const;
  StoredType type() const;
  std::size_t n_elements() const;
  // The same, refusing more than the file can hold: to be asked before memory is.
  std::size_t checked_length(std::size_t element_size) const;

  // The whole data set, row-major.
  template <typename T>
  std::vector<T> read() const {
    std::vector<T> values(checked_length(sizeof(T)));
    read_raw(ElementOf<T>::type, values.data());
    return values;
  }
  // The same, refusing another shape.
  template <typename T>
  std::vector<T> read(const Shape& expected) const {
    require_shape(expected);
    return read<T>();
  }
  std::vector<std::string> read_strings() const;
  // Rows [first, first + n_rows) of the first axis. Throws std::logic_error for rows beyond the end.
  template <typename T>
  std::vector<T> read_rows(std::size_t first, std::size_t n_rows) const {
    std::vector<T> values(n_rows * row_length());
    read_rows_raw(ElementOf<T>::type, first, n_rows, values.data());
    return values;
  }
  // One array for each row of a variable-length data set, numbers converted to double.
  std::vector<std::vector<double>> read_ragged() const;
  // Of one element in the file.
  std::size_t element_bytes() const;

  // Replaces all values. Throws std::logic_error for another number of them.
  template <typename T>
  void overwrite(std::span<const T> values) {
    overwrite_raw(ElementOf<T>::type, values.data(), values.size());
  }
  // Grows the first axis by values.size() / (product of the other axes) rows. Needs a chunked layout.
  template <typename T>
  void append(std::span<const T> values) {
    append_raw(ElementOf<T>::type, values.data(), values.size());
  }

 private:
  void require_shape(const Shape& expected) const;
  std::size_t row_length() const;  // product of the other axes
  void read_raw(ElementType type, void* values) const;
  void read_rows_raw(ElementType type, std::size_t first, std::size_t n_rows, void* values) const;
  void overwrite_raw(ElementType type, const void* values, std::size_t n_values);
  void append_raw(ElementType type, const void* values, std::size_t n_values);
};

class Group : public Object {
 public:
  Group() = default;
  Group(Handle handle, std::string where) : Object(std::move(handle), std::move(where)) {}

  bool exists(const std::string& path) const;  // of any step of the path
  std::vector<std::string> names() const;      // direct children, sorted
  ChildKind child_kind(const std::string& name) const;
  Group group(const std::string& path) const;
  Dataset dataset(const std::string& path) const;
  Group create_group(const std::string& name);

  template <typename T>
  Dataset write(const std::string& name, std::span<const T> values, const Shape& shape,
                const Layout& layout = {}) {
    return write_raw(name, ElementOf<T>::type, values.data(), values.size(), shape, layout);
  }
  template <typename T>
  Dataset write(const std::string& name, const std::vector<T>& values) {
    return write<T>(name, std::span<const T>(values), Shape{values.size()});
  }
  Dataset write_strings(const std::string& name, std::span<const std::string> values) {
    return write_strings(name, values, Shape{values.size()});
  }
  Dataset write_strings(const std::string& name, std::span<const std::string> values, const Shape& shape);
  // 0 or 1 each, as the enumeration of FALSE and TRUE that h5py takes for its booleans.
  Dataset write_booleans(const std::string& name, std::span<const std::uint8_t> values, const Shape& shape,
                         const Layout& layout = {});
  // A variable-length array for each row. float16 takes bit patterns (io/half.hpp).
  Dataset write_ragged(const std::string& name, std::span<const std::vector<std::uint16_t>> rows,
                       RaggedType type);
  // A second name for a direct child, equal to the first (a hard link).
  void link(const std::string& child, const std::string& second_name);
  // An empty data set (0, row shape...) for append; elements never written read as `fill`.
  template <typename T>
  Dataset create_extendable(const std::string& name, const Layout& layout, T fill = T{},
                            const Shape& row_shape = {}) {
    return create_extendable_raw(name, ElementOf<T>::type, layout, &fill, row_shape);
  }

 private:
  Dataset write_raw(const std::string& name, ElementType type, const void* values, std::size_t n_values,
                    const Shape& shape, const Layout& layout);
  Dataset write_typed(const std::string& name, Id file_type, Id memory_type, const void* values,
                      std::size_t n_values, const Shape& shape, const Layout& layout);
  Dataset create_extendable_raw(const std::string& name, ElementType type, const Layout& layout,
                                const void* fill, const Shape& row_shape);
};

// The file is its root group.
class File : public Group {
 public:
  // Truncates. Identical content gives identical bytes: no times are stored.
  static File create(const std::filesystem::path& path);
  // On no disk at all: for content that image() hands out whole. A full disk is then met by plain file
  // writing, not by the library, which cannot recover from it. `name` stands for the file in errors.
  static File create_in_memory(const std::string& name);
  // Also of a killed writer that was appending. Throws InputError when missing, not HDF5, or truncated.
  static File open(const std::filesystem::path& path);
  File(File&&) = default;
  File& operator=(File&&) = default;
  ~File();

  void flush();
  // From here on the library orders its writes so that a writer killed at any moment leaves a consistent file
  // (it calls this single writer, multiple readers). Groups, data sets and attributes have to be there
  // before; rows may be appended and values overwritten.
  void start_appending();
  // The file's bytes as they would lie on the disk.
  std::string image();
  // Closes and reports what the destructor would have to swallow.
  void close();

 private:
  File(Handle file, const std::string& name);
  static File create_with(const Handle& creation, const Handle& access, const std::string& name);

  Handle file_;
};

// How many bytes the file has that an object lies in: no more than about a thousand times as much can be read
// from it.
std::size_t file_bytes(const Object& object);
inline constexpr std::size_t most_bytes_per_byte = 1100;  // deflate shrinks at most about a thousandfold

// Whether the file begins as HDF5 files do. False for a missing file.
bool is_hdf5(const std::filesystem::path& path);

}  // namespace loci::io::hdf5
