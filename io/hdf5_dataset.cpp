#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "io/hdf5_internal.hpp"

namespace loci::io::hdf5 {
namespace {

std::size_t product(const Shape& shape) {
  std::size_t n = 1;
  for (const std::size_t extent : shape) n *= extent;
  return n;
}

std::string describe(const Shape& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

Handle creation_list(const Layout& layout, const Shape& shape, const std::string& where) {
  Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(list.get(), false);
  if (layout.chunk_rows == 0) return list;
  std::vector<hsize_t> chunk(shape.begin(), shape.end());
  chunk.front() = layout.chunk_rows;
  writing(H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data()), where,
          "cannot set the chunk size");
  if (layout.deflate_level > 0) {
    H5Pset_shuffle(list.get());
    writing(H5Pset_deflate(list.get(), layout.deflate_level), where, "cannot switch compression on");
  }
  return list;
}

Handle create(Id group, const std::string& where, const std::string& name, Id type, Id space, Id list) {
  const Id id = H5Dcreate2(group, name.c_str(), type, space, H5P_DEFAULT, list, H5P_DEFAULT);
  return {writing(id, where, "cannot create the data set"), H5Dclose};
}

}  // namespace

Shape Dataset::shape() const {
  const Handle space(reading(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  return shape_of(space.get());
}

std::size_t Dataset::n_elements() const {
  return product(shape());
}

std::size_t Dataset::checked_length(std::size_t element_size) const {
  const Shape extents = shape();
  std::size_t n = 1;
  for (const std::size_t extent : extents)
    if (__builtin_mul_overflow(n, extent, &n)) refuse_reading(where_, "its shape is absurd");
  require_plausible(handle_.get(), n, element_size, where_);
  return n;
}

void Dataset::require_shape(const Shape& expected) const {
  if (shape() != expected)
    throw InputError(where_, fmt::format("its shape is {}, not {}", describe(shape()), describe(expected)),
                     "use a file whose parts belong together");
}

void Dataset::read_raw(ElementType type, void* values) const {
  const Handle stored(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  require_convertible(stored.get(), type, where_);
  if (n_elements() == 0) return;
  const Handle transfer = strict_transfer();
  reading(H5Dread(handle_.get(), memory_type(type), H5S_ALL, H5S_ALL, transfer.get(), values), where_,
          "cannot read the values");
}

std::size_t Dataset::row_length() const {
  const Shape extents = shape();
  return extents.empty() ? 1 : product(Shape(extents.begin() + 1, extents.end()));
}

void Dataset::read_rows_raw(ElementType type, std::size_t first, std::size_t n_rows, void* values) const {
  const Handle stored(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  require_convertible(stored.get(), type, where_);
  const Shape extents = shape();
  if (extents.empty() || first > extents.front() || n_rows > extents.front() - first)
    throw std::logic_error(fmt::format("{}: there are no such rows", where_));
  if (n_rows * row_length() == 0) return;
  std::vector<hsize_t> start(extents.size(), 0);
  std::vector<hsize_t> count(extents.begin(), extents.end());
  start.front() = first;
  count.front() = n_rows;
  const Handle source(reading(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  reading(H5Sselect_hyperslab(source.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
          where_, "cannot select the rows");
  const Handle target = make_space(Shape(count.begin(), count.end()));
  const Handle transfer = strict_transfer();
  reading(H5Dread(handle_.get(), memory_type(type), target.get(), source.get(), transfer.get(), values),
          where_, "cannot read the rows");
}

std::size_t Dataset::element_bytes() const {
  const Handle stored(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  return H5Tget_size(stored.get());
}

void Dataset::overwrite_raw(ElementType type, const void* values, std::size_t n_values) {
  if (n_values != n_elements())
    throw std::logic_error(fmt::format("{}: {} values for {}", where_, n_values, n_elements()));
  if (n_values == 0) return;
  writing(H5Dwrite(handle_.get(), memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values), where_,
          "cannot write the values");
}

std::vector<std::string> Dataset::read_strings() const {
  const std::size_t n = checked_length(element_bytes());
  const Handle type(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  const Handle space(reading(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  return read_texts(type.get(), space.get(), n, where_, [&](Id memory, void* buffer) {
    return H5Dread(handle_.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
  });
}

void Dataset::append_raw(ElementType type, const void* values, std::size_t n_values) {
  if (n_values == 0) return;
  Shape extents = shape();
  const std::size_t row = row_length();
  if (row == 0 || n_values % row != 0)
    throw std::logic_error(fmt::format("{}: not a whole number of rows", where_));
  std::vector<hsize_t> start(extents.size(), 0);
  start.front() = extents.front();
  extents.front() += n_values / row;
  const std::vector<hsize_t> grown(extents.begin(), extents.end());
  writing(H5Dset_extent(handle_.get(), grown.data()), where_, "cannot grow the data set");

  std::vector<hsize_t> count = grown;
  count.front() = n_values / row;
  const Handle target(writing(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  writing(H5Sselect_hyperslab(target.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
          where_, "cannot select the new rows");
  const Handle source = make_space(Shape(count.begin(), count.end()));
  writing(H5Dwrite(handle_.get(), memory_type(type), source.get(), target.get(), H5P_DEFAULT, values), where_,
          "cannot write the new rows");
}

Dataset Group::write_raw(const std::string& name, ElementType type, const void* values, std::size_t n_values,
                         const Shape& shape, const Layout& layout) {
  return write_typed(name, file_type(type), memory_type(type), values, n_values, shape, layout);
}

Dataset Group::write_booleans(const std::string& name, std::span<const std::uint8_t> values,
                              const Shape& shape, const Layout& layout) {
  const Handle type = boolean_type();
  return write_typed(name, type.get(), type.get(), values.data(), values.size(), shape, layout);
}

Dataset Group::write_typed(const std::string& name, Id file_type, Id memory_type, const void* values,
                           std::size_t n_values, const Shape& shape, const Layout& layout) {
  const std::string here = child(where_, name);
  if (product(shape) != n_values)
    throw std::logic_error(fmt::format("{}: {} values for shape {}", here, n_values, describe(shape)));
  Layout fitting = layout;
  if (n_values == 0) fitting = {};  // a chunk cannot be empty, nor larger than a data set that does not grow
  if (fitting.chunk_rows > 0) fitting.chunk_rows = std::min(fitting.chunk_rows, shape.front());
  const Handle space = make_space(shape);
  const Handle list = creation_list(fitting, shape, here);
  Handle dataset = create(handle_.get(), here, name, file_type, space.get(), list.get());
  if (n_values > 0)
    writing(H5Dwrite(dataset.get(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), here,
            "cannot write the values");
  return {std::move(dataset), here};
}

Dataset Group::write_strings(const std::string& name, std::span<const std::string> values,
                             const Shape& shape) {
  const std::string here = child(where_, name);
  if (product(shape) != values.size())
    throw std::logic_error(fmt::format("{}: {} texts for shape {}", here, values.size(), describe(shape)));
  const auto pointers = text_pointers(values, here);
  const Handle type = string_type();
  const Handle space = make_space(shape);
  const Handle list = creation_list({}, {}, here);
  Handle dataset = create(handle_.get(), here, name, type.get(), space.get(), list.get());
  if (!values.empty())
    writing(H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), here,
            "cannot write the text");
  return {std::move(dataset), here};
}

Dataset Group::create_extendable_raw(const std::string& name, ElementType type, const Layout& layout,
                                     const void* fill, const Shape& row_shape) {
  const std::string here = child(where_, name);
  if (layout.chunk_rows == 0) throw std::logic_error(fmt::format("{}: growing needs chunks", here));
  std::vector<hsize_t> now{0};
  now.insert(now.end(), row_shape.begin(), row_shape.end());
  std::vector<hsize_t> most = now;
  most.front() = H5S_UNLIMITED;
  const Handle space(H5Screate_simple(static_cast<int>(now.size()), now.data(), most.data()), H5Sclose);
  const Handle list = creation_list(layout, Shape(now.begin(), now.end()), here);
  writing(H5Pset_fill_value(list.get(), memory_type(type), fill), here, "cannot set the fill value");
  return {create(handle_.get(), here, name, file_type(type), space.get(), list.get()), here};
}

}  // namespace loci::io::hdf5
