#include <fmt/format.h>

#include <array>

#include "io/hdf5_internal.hpp"

namespace loci::io::hdf5 {
namespace {

StoredType whole_number(Id type) {
  const std::size_t size = H5Tget_size(type);
  const bool is_signed = H5Tget_sign(type) == H5T_SGN_2;
  if (size == 8) return {is_signed ? StoredKind::int64 : StoredKind::uint64, ""};
  if (size > 4) return {StoredKind::other, fmt::format("whole number of {} bytes", size)};
  if (is_signed) return {StoredKind::int32, ""};
  return {size == 1 ? StoredKind::uint8 : StoredKind::uint32, ""};
}

StoredType fraction(Id type) {
  const std::size_t size = H5Tget_size(type);
  if (size <= 4) return {StoredKind::float32, ""};
  if (size == 8) return {StoredKind::float64, ""};
  return {StoredKind::other, fmt::format("floating-point number of {} bytes", size)};
}

// h5py's booleans are enumerations of exactly these two.
bool is_boolean(Id type) {
  constexpr std::array labels{"FALSE", "TRUE"};
  if (H5Tget_nmembers(type) != 2 || H5Tget_size(type) != 1) return false;
  for (unsigned value = 0; value < 2; ++value) {
    std::uint8_t stored = 2;
    if (H5Tenum_valueof(type, labels[value], &stored) < 0 || stored != value) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
  }
  return true;
}

std::string class_name(H5T_class_t of) {
  switch (of) {
    case H5T_COMPOUND:
      return "compound";
    case H5T_REFERENCE:
      return "reference";
    case H5T_OPAQUE:
      return "opaque";
    case H5T_BITFIELD:
      return "bit field";
    case H5T_VLEN:
      return "rows of variable length";
    case H5T_ARRAY:
      return "array within an element";
    case H5T_TIME:
      return "time";
    default:
      return "unknown";
  }
}

}  // namespace

Handle boolean_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  constexpr std::array<std::int8_t, 2> values{0, 1};
  H5Tenum_insert(type.get(), "FALSE", values.data());
  H5Tenum_insert(type.get(), "TRUE", &values[1]);
  return type;
}

StoredType stored_type(Id type, Id space) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return {StoredKind::other, "nothing at all (null space)"};
  const H5T_class_t stored = H5Tget_class(type);
  if (stored == H5T_INTEGER) return whole_number(type);
  if (stored == H5T_FLOAT) return fraction(type);
  if (stored == H5T_STRING) return {StoredKind::text, ""};
  if (stored != H5T_ENUM) return {StoredKind::other, class_name(stored)};
  if (is_boolean(type)) return {StoredKind::boolean, ""};
  const Handle base(H5Tget_super(type), H5Tclose);
  return whole_number(base.get());
}

StoredType Dataset::type() const {
  const Handle type(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  const Handle space(reading(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  return stored_type(type.get(), space.get());
}

std::uint64_t Object::address() const {
  H5O_info_t info{};
  reading(H5Oget_info2(handle_.get(), &info, H5O_INFO_BASIC), where_, "cannot tell where it lies");
  return info.addr;
}

ChildKind Group::child_kind(const std::string& name) const {
  H5L_info_t link{};
  const std::string here = child(where_, name);
  reading(H5Lget_info(handle_.get(), name.c_str(), &link, H5P_DEFAULT), here, "cannot look at the name");
  if (link.type != H5L_TYPE_HARD && link.type != H5L_TYPE_SOFT) return ChildKind::other_file;
  if (!exists(name)) {
    H5Eclear2(H5E_DEFAULT);
    return ChildKind::nowhere;
  }
  H5O_info_t info{};
  reading(H5Oget_info_by_name2(handle_.get(), name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT), here,
          "cannot look at the object");
  if (info.type == H5O_TYPE_GROUP) return ChildKind::group;
  return info.type == H5O_TYPE_DATASET ? ChildKind::dataset : ChildKind::other;
}

std::size_t file_bytes(const Object& object) {
  return bytes_of_file(object.handle_.get(), object.where_);
}

}  // namespace loci::io::hdf5
