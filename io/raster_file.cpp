#include "io/raster_file.hpp"

#include <fmt/format.h>

#include "sim/error.hpp"

namespace loci::io {

std::uint64_t RasterFile::n_spikes() const {
  std::uint64_t n = 0;
  for (const PopulationSpikes& each : populations) n += each.ids.size();
  return n;
}

const PopulationSpikes& RasterFile::at(std::string_view population) const {
  std::string known;
  for (const PopulationSpikes& each : populations) {
    if (each.name == population) return each;
    known.append(known.empty() ? "" : ", ").append(each.name);
  }
  throw InputError("raster", fmt::format("there is no population '{}'", population),
                   fmt::format("use one of: {}", known));
}

}  // namespace loci::io
