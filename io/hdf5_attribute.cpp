#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "io/hdf5_internal.hpp"

namespace loci::io::hdf5 {
namespace {

std::string place(const std::string& where, const std::string& name) {
  return fmt::format("{}@{}", where, name);
}

struct OpenAttribute {
  Handle attribute;
  Handle type;
  Handle space;
  std::string where;

  std::size_t length() const {
    const hssize_t n = H5Sget_simple_extent_npoints(space.get());
    if (n < 0) refuse_reading(where, "cannot read the attribute's shape");
    return static_cast<std::size_t>(n);
  }
};

OpenAttribute open_attribute(Id object, const std::string& object_where, const std::string& name) {
  const std::string where = place(object_where, name);
  if (H5Aexists(object, name.c_str()) <= 0)
    throw InputError(where, fmt::format("there is no attribute '{}'", name),
                     "use a file of the documented layout");
  Handle attribute(reading(H5Aopen(object, name.c_str(), H5P_DEFAULT), where, "cannot open the attribute"),
                   H5Aclose);
  Handle type(reading(H5Aget_type(attribute.get()), where, "cannot read the attribute's type"), H5Tclose);
  Handle space(reading(H5Aget_space(attribute.get()), where, "cannot read the attribute's shape"), H5Sclose);
  return {std::move(attribute), std::move(type), std::move(space), where};
}

// Rewritten in place where it fits, so that an often updated value does not churn its object's header.
void write_over(Id object, const std::string& where, const std::string& name, Id stored_type, Id memory_type,
                const Shape& shape, const void* values) {
  const bool empty = std::ranges::find(shape, 0U) != shape.end();  // the library refuses to write nothing
  if (H5Aexists(object, name.c_str()) > 0) {
    const OpenAttribute old = open_attribute(object, where, name);
    if (H5Tequal(old.type.get(), stored_type) > 0 && shape_of(old.space.get()) == shape) {
      if (!empty)
        writing(H5Awrite(old.attribute.get(), memory_type, values), old.where, "cannot write the attribute");
      return;
    }
    writing(H5Adelete(object, name.c_str()), old.where, "cannot replace the attribute");
  }
  const std::string here = place(where, name);
  const Handle space = make_space(shape);
  const Handle attribute(
      writing(H5Acreate2(object, name.c_str(), stored_type, space.get(), H5P_DEFAULT, H5P_DEFAULT), here,
              "cannot create the attribute"),
      H5Aclose);
  if (!empty) writing(H5Awrite(attribute.get(), memory_type, values), here, "cannot write the attribute");
}

std::vector<std::string> read_text_attribute(const OpenAttribute& open, Id object) {
  const std::size_t n = open.length();
  require_plausible(object, n, H5Tget_size(open.type.get()), open.where);
  return read_texts(open.type.get(), open.space.get(), n, open.where,
                    [&](Id type, void* buffer) { return H5Aread(open.attribute.get(), type, buffer); });
}

}  // namespace

bool Object::has_attribute(const std::string& name) const {
  return H5Aexists(handle_.get(), name.c_str()) > 0;
}

std::vector<std::string> Object::attribute_names() const {
  std::vector<std::string> names;
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* user) -> herr_t {
    static_cast<std::vector<std::string>*>(user)->emplace_back(name);
    return 0;
  };
  reading(H5Aiterate2(handle_.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, keep, &names), where_,
          "cannot list the attributes");
  return names;
}

void Object::write_attribute_raw(const std::string& name, ElementType type, const Shape& shape,
                                 const void* values) {
  write_over(handle_.get(), where_, name, file_type(type), memory_type(type), shape, values);
}

void Object::write_attribute(const std::string& name, const std::string& value) {
  const auto pointers = text_pointers(std::span(&value, 1), place(where_, name));
  const Handle type = string_type();
  write_over(handle_.get(), where_, name, type.get(), type.get(), {}, pointers.data());
}

void Object::write_attribute_array(const std::string& name, std::span<const std::string> values,
                                   const Shape& shape) {
  const auto pointers = text_pointers(values, place(where_, name));
  const Handle type = string_type();
  write_over(handle_.get(), where_, name, type.get(), type.get(), shape, pointers.data());
}

void Object::write_boolean_attribute(const std::string& name, std::span<const std::uint8_t> values,
                                     const Shape& shape) {
  const Handle type = boolean_type();
  write_over(handle_.get(), where_, name, type.get(), type.get(), shape, values.data());
}

StoredType Object::attribute_type(const std::string& name) const {
  const OpenAttribute open = open_attribute(handle_.get(), where_, name);
  return stored_type(open.type.get(), open.space.get());
}

Shape Object::attribute_shape(const std::string& name) const {
  return shape_of(open_attribute(handle_.get(), where_, name).space.get());
}

void Object::write_enum_attribute(const std::string& name,
                                  std::span<const std::pair<std::string, std::uint8_t>> members,
                                  std::uint8_t value) {
  const Handle type(H5Tenum_create(H5T_STD_U8LE), H5Tclose);
  for (const auto& [label, number] : members)
    writing(H5Tenum_insert(type.get(), label.c_str(), &number), place(where_, name),
            "cannot describe the enumeration");
  write_over(handle_.get(), where_, name, type.get(), type.get(), {}, &value);
}

std::size_t Object::attribute_length(const std::string& name) const {
  const OpenAttribute open = open_attribute(handle_.get(), where_, name);
  require_plausible(handle_.get(), open.length(), 1, open.where);
  return open.length();
}

void Object::read_attribute_raw(const std::string& name, ElementType type, void* values,
                                std::size_t n_values) const {
  const OpenAttribute open = open_attribute(handle_.get(), where_, name);
  if (open.length() != n_values)
    throw InputError(open.where, fmt::format("it holds {} values, not {}", open.length(), n_values),
                     "use a file of the documented layout");
  if (n_values == 0) return;
  require_convertible(open.type.get(), type, open.where);
  reading(H5Aread(open.attribute.get(), memory_type(type), values), open.where, "cannot read the attribute");
}

std::string Object::read_string_attribute(const std::string& name) const {
  const OpenAttribute open = open_attribute(handle_.get(), where_, name);
  if (open.length() != 1)
    throw InputError(open.where, fmt::format("it holds {} texts, not one", open.length()),
                     "use a file of the documented layout");
  return read_text_attribute(open, handle_.get()).front();
}

std::vector<std::string> Object::read_string_array_attribute(const std::string& name) const {
  return read_text_attribute(open_attribute(handle_.get(), where_, name), handle_.get());
}

std::string Object::read_enum_attribute(const std::string& name) const {
  const OpenAttribute open = open_attribute(handle_.get(), where_, name);
  if (H5Tget_class(open.type.get()) != H5T_ENUM || open.length() != 1)
    throw InputError(open.where, "it is not one value of an enumeration", "write it as an HDF5 ENUM");
  std::array<std::byte, 16> value{};
  std::array<char, 256> label{};
  if (H5Tget_size(open.type.get()) > value.size()) refuse_reading(open.where, "its values are too wide");
  reading(H5Aread(open.attribute.get(), open.type.get(), value.data()), open.where,
          "cannot read the attribute");
  reading(H5Tenum_nameof(open.type.get(), value.data(), label.data(), label.size()), open.where,
          "its value is none of the enumeration");
  return label.data();
}

}  // namespace loci::io::hdf5
