#include "io/hdf5_internal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace loci::io::hdf5 {
namespace {

// The innermost entry says what happened; the outer ones only which call noticed.
std::string take_innermost_error() {
  std::string text;
  const auto keep_first = [](unsigned depth, const H5E_error2_t* entry, void* user) -> herr_t {
    if (depth == 0 && entry->desc != nullptr) *static_cast<std::string*>(user) = entry->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

// Failed system calls come with pages of detail; the system's own words are enough.
std::string system_words(const std::string& cause) {
  constexpr std::string_view mark = "error message = '";
  const std::size_t begin = cause.find(mark);
  if (begin == std::string::npos) return cause;
  const std::size_t end = cause.find('\'', begin + mark.size());
  return cause.substr(begin + mark.size(), end - begin - mark.size());
}

std::string with_cause(const std::string& problem) {
  const std::string cause = system_words(take_innermost_error());
  return cause.empty() ? problem : fmt::format("{} ({})", problem, cause);
}

struct Types {
  hid_t memory;
  hid_t file;
  std::size_t size;
};

Types types_of(ElementType type) {
  switch (type) {
    case ElementType::float32:
      return {H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, 4};
    case ElementType::float64:
      return {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, 8};
    case ElementType::uint8:
      return {H5T_NATIVE_UINT8, H5T_STD_U8LE, 1};
    case ElementType::uint16:
      return {H5T_NATIVE_UINT16, H5T_STD_U16LE, 2};
    case ElementType::int32:
      return {H5T_NATIVE_INT32, H5T_STD_I32LE, 4};
    case ElementType::uint32:
      return {H5T_NATIVE_UINT32, H5T_STD_U32LE, 4};
    case ElementType::int64:
      return {H5T_NATIVE_INT64, H5T_STD_I64LE, 8};
    case ElementType::uint64:
      break;
  }
  return {H5T_NATIVE_UINT64, H5T_STD_U64LE, 8};
}

}  // namespace

void silence() {
  // Everything is closed by its owner. The library's own clean-up at exit crashes over a file that a full
  // disk kept it from closing, which would hide the error that was reported. Only honoured before any other
  // call.
  static const herr_t no_clean_up = H5dont_atexit();
  static_cast<void>(no_clean_up);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void refuse_reading(const std::string& where, const std::string& problem) {
  throw InputError(where, with_cause(problem),
                   "the file may be damaged or of another kind: use another copy");
}

void refuse_writing(const std::string& where, const std::string& problem) {
  throw InputError(where, with_cause(problem), "check the space left and the folder's permissions");
}

std::string child(const std::string& where, const std::string& name) {
  return fmt::format("{}{}{}", where, where.ends_with('/') ? "" : "/", name);
}

hid_t memory_type(ElementType type) {
  return types_of(type).memory;
}
hid_t file_type(ElementType type) {
  return types_of(type).file;
}
std::size_t element_size(ElementType type) {
  return types_of(type).size;
}

Handle string_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

Handle make_space(const Shape& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
}

Shape shape_of(Id space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  if (rank < 0 || H5Sget_simple_extent_dims(space, extents.data(), nullptr) < 0) return {};
  return Shape(extents.begin(), extents.begin() + rank);
}

void require_convertible(Id stored_type, ElementType wanted, const std::string& where) {
  const H5T_class_t stored = H5Tget_class(stored_type);
  const bool wants_fraction = wanted == ElementType::float32 || wanted == ElementType::float64;
  if (stored == H5T_INTEGER || (stored == H5T_FLOAT && wants_fraction)) return;
  if (stored == H5T_ENUM && !wants_fraction) return;
  throw InputError(where, fmt::format("it does not hold {}numbers", wants_fraction ? "" : "whole "),
                   "use a file of the documented layout");
}

std::size_t bytes_of_file(Id object, const std::string& where) {
  const Handle file(H5Iget_file_id(object), H5Fclose);
  hsize_t size = 0;
  if (!file.valid() || H5Fget_filesize(file.get(), &size) < 0)
    refuse_reading(where, "cannot tell the file's size");
  return size;
}

void require_plausible(Id object, std::size_t n_elements, std::size_t size, const std::string& where) {
  const std::size_t file_size = bytes_of_file(object, where);
  if (n_elements / most_bytes_per_byte > file_size / std::max<std::size_t>(size, 1))
    throw InputError(where, fmt::format("it claims {} elements, more than the file can hold", n_elements),
                     "the file is damaged: use another copy");
}

Handle strict_transfer() {
  const auto refuse_range = [](H5T_conv_except_t kind, hid_t, hid_t, void*, void*, void*) {
    const bool lost = kind == H5T_CONV_EXCEPT_RANGE_HI || kind == H5T_CONV_EXCEPT_RANGE_LOW;
    return lost ? H5T_CONV_ABORT : H5T_CONV_UNHANDLED;
  };
  Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_type_conv_cb(transfer.get(), refuse_range, nullptr);
  return transfer;
}

std::vector<const char*> text_pointers(std::span<const std::string> texts, const std::string& where) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) {
    if (text.find('\0') != std::string::npos)
      throw InputError(where, "the text has a zero byte within",
                       "remove it: HDF5 text ends at the first zero");
    pointers.push_back(text.c_str());
  }
  return pointers;
}

}  // namespace loci::io::hdf5
