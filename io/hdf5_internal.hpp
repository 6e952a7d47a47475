// Shared by the hdf5*.cpp files alone: the C library's header, its error stack as InputError, its types by
// name.
#pragma once

#include <hdf5.h>

#include <string>

#include "io/hdf5.hpp"
#include "sim/error.hpp"

namespace loci::io::hdf5 {

static_assert(sizeof(Id) == sizeof(hid_t));

// The library prints its error stack unless told not to. Called before its first use in every entry point.
void silence();

// Throw InputError with what the library's innermost error says, and clear its stack.
[[noreturn]] void refuse_reading(const std::string& where, const std::string& problem);
[[noreturn]] void refuse_writing(const std::string& where, const std::string& problem);

// Ids and herr_t are negative on failure.
inline Id reading(Id result, const std::string& where, const char* problem) {
  if (result < 0) refuse_reading(where, problem);
  return result;
}
inline Id writing(Id result, const std::string& where, const char* problem) {
  if (result < 0) refuse_writing(where, problem);
  return result;
}

std::string child(const std::string& where, const std::string& name);

hid_t memory_type(ElementType type);
hid_t file_type(ElementType type);  // little-endian whatever the machine
std::size_t element_size(ElementType type);
Handle string_type();   // variable-length UTF-8
Handle boolean_type();  // an enumeration of FALSE and TRUE
StoredType stored_type(Id type, Id space);
Handle make_space(const Shape& shape);  // {}: scalar
Shape shape_of(Id space);

// Refuses a type that does not convert to `wanted` without surprise (text to number, fraction to integer).
void require_convertible(Id stored_type, ElementType wanted, const std::string& where);
// Refuses more elements than a file of this size can hold, before memory is asked for: sizes may be damaged.
void require_plausible(Id object, std::size_t n_elements, std::size_t element_size, const std::string& where);
std::size_t bytes_of_file(Id object, const std::string& where);
// A transfer list under which a number that the wanted type cannot hold is an error.
Handle strict_transfer();

// Text of either kind through one function that reads into memory of a given type: (type, buffer) -> herr_t.
template <typename Read>
std::vector<std::string> read_texts(Id stored_type, Id space, std::size_t n, const std::string& where,
                                    Read read) {
  std::vector<std::string> texts(n);
  if (n == 0) return texts;
  if (H5Tget_class(stored_type) != H5T_STRING)
    throw InputError(where, "it is not text", "use a file that loci wrote");
  if (H5Tis_variable_str(stored_type) > 0) {
    std::vector<char*> pointers(n, nullptr);
    const bool ok = read(stored_type, static_cast<void*>(pointers.data())) >= 0;
    for (std::size_t i = 0; ok && i < n; ++i)
      if (pointers[i] != nullptr) texts[i] = pointers[i];
    if (ok) H5Dvlen_reclaim(stored_type, space, H5P_DEFAULT, pointers.data());
    if (!ok) refuse_reading(where, "cannot read the text");
    return texts;
  }
  const std::size_t width = H5Tget_size(stored_type);
  std::string buffer(n * width, '\0');
  reading(read(stored_type, static_cast<void*>(buffer.data())), where, "cannot read the text");
  const char padding = H5Tget_strpad(stored_type) == H5T_STR_SPACEPAD ? ' ' : '\0';
  for (std::size_t i = 0; i < n; ++i) {
    texts[i] = buffer.substr(i * width, width);
    texts[i].resize(std::min(texts[i].find('\0'), texts[i].size()));
    while (padding == ' ' && !texts[i].empty() && texts[i].back() == ' ') texts[i].pop_back();
  }
  return texts;
}

// Pointers for writing variable-length text. Throws InputError for an embedded zero, which would cut the text
// short.
std::vector<const char*> text_pointers(std::span<const std::string> texts, const std::string& where);

}  // namespace loci::io::hdf5
