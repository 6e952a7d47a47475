#include <fmt/format.h>

#include "io/hdf5_internal.hpp"

namespace loci::io::hdf5 {
namespace {

// IEEE 754 binary16, which this version of the library has no name for: sign, 5 bits of exponent (bias 15),
// 10 of significand.
Handle float16_type() {
  Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
  H5Tset_fields(type.get(), 15, 10, 5, 0, 10);
  H5Tset_ebias(type.get(), 15);
  H5Tset_precision(type.get(), 16);
  H5Tset_size(type.get(), 2);
  return type;
}

Handle ragged_type(RaggedType type) {
  const Handle base = type == RaggedType::float16 ? float16_type() : Handle(H5Tcopy(H5T_STD_U16LE), H5Tclose);
  return {H5Tvlen_create(base.get()), H5Tclose};
}

}  // namespace

Dataset Group::write_ragged(const std::string& name, std::span<const std::vector<std::uint16_t>> rows,
                            RaggedType type) {
  const std::string here = child(where_, name);
  std::vector<hvl_t> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) {
    auto* values = const_cast<std::uint16_t*>(row.data());  // NOLINT(*-const-cast): the library only reads
    lines.push_back({row.size(), values});
  }
  const Handle ragged = ragged_type(type);
  const Handle space = make_space({rows.size()});
  const Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(list.get(), false);
  const Id id = H5Dcreate2(handle_.get(), name.c_str(), ragged.get(), space.get(), H5P_DEFAULT, list.get(),
                           H5P_DEFAULT);
  Handle dataset(writing(id, here, "cannot create the data set"), H5Dclose);
  if (!rows.empty())
    writing(H5Dwrite(dataset.get(), ragged.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, lines.data()), here,
            "cannot write the values");
  return {std::move(dataset), here};
}

std::vector<std::vector<double>> Dataset::read_ragged() const {
  const Handle stored(reading(H5Dget_type(handle_.get()), where_, "cannot read the type"), H5Tclose);
  if (H5Tget_class(stored.get()) != H5T_VLEN)
    throw InputError(where_, "its rows are not of variable length", "use a file of the documented layout");
  const Handle base(reading(H5Tget_super(stored.get()), where_, "cannot read the type"), H5Tclose);
  require_convertible(base.get(), ElementType::float64, where_);
  std::vector<hvl_t> lines(checked_length(sizeof(hvl_t)), hvl_t{0, nullptr});
  std::vector<std::vector<double>> rows(lines.size());
  if (lines.empty()) return rows;
  const Handle memory(H5Tvlen_create(H5T_NATIVE_DOUBLE), H5Tclose);
  const Handle space(reading(H5Dget_space(handle_.get()), where_, "cannot read the shape"), H5Sclose);
  reading(H5Dread(handle_.get(), memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, lines.data()), where_,
          "cannot read the values");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto* values = static_cast<const double*>(lines[i].p);
    rows[i].assign(values, values + lines[i].len);
  }
  H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, lines.data());
  return rows;
}

}  // namespace loci::io::hdf5
