#include "io/file_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_layout.hpp"
#include "sim/error.hpp"
#include "version.hpp"

namespace loci::io {
namespace {

constexpr std::array<std::string_view, 6> formats{model_format, raster_format, nodes_format,
                                                  edges_format, traces_format, samples_format};

FileStamp stamp_of(const hdf5::Group& root) {
  return {.format = root.read_string_attribute("format"),
          .format_version = root.read_attribute<std::int32_t>("format_version"),
          .loci_version = root.read_string_attribute("loci_version"),
          .loci_commit = root.read_string_attribute("loci_commit"),
          .provenance = {.seed = root.read_attribute<std::uint64_t>("seed"),
                         .configuration = root.read_string_attribute("configuration")}};
}

// What a SONATA file of another program holds; none: it is not one.
std::optional<std::string> sonata_kind(const hdf5::Group& root) {
  if (!root.has_attribute("magic") || root.read_attribute<std::uint32_t>("magic") != sonata_magic)
    return std::nullopt;
  for (const char* kind : {"spikes", "nodes", "edges", "report"})
    if (root.exists(kind)) return std::string("sonata-") + kind;
  return std::nullopt;
}

}  // namespace

FileStamp peek_format(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  if (file.has_attribute("format")) {
    FileStamp stamp = stamp_of(file);
    if (std::ranges::find(formats, stamp.format) != formats.end()) return stamp;
    throw InputError(path.string(), fmt::format("its format is '{}', which loci does not know", stamp.format),
                     "give a model or raster file");
  }
  if (const auto kind = sonata_kind(file)) return {.format = *kind};
  throw InputError(path.string(), "this HDF5 file is neither a model nor a raster",
                   "give a file that loci wrote");
}

void write_stamp(hdf5::Group& root, const std::string& format, int format_version,
                 const Provenance& provenance) {
  root.write_attribute("format", format);
  root.write_attribute("format_version", static_cast<std::int32_t>(format_version));
  root.write_attribute("loci_version", loci::version);
  root.write_attribute("loci_commit", loci::commit);
  root.write_attribute("seed", provenance.seed);
  root.write_attribute("configuration", provenance.configuration);
}

FileStamp read_stamp(const hdf5::Group& root, const std::string& expected, int newest) {
  if (!root.has_attribute("format"))
    throw InputError(root.where(), fmt::format("this HDF5 file is no {} file", expected),
                     "give a file that loci wrote");
  // Format and version before the rest, which another format or a newer version may have moved.
  const std::string format = root.read_string_attribute("format");
  if (format != expected)
    throw InputError(root.where(), fmt::format("its format is '{}', not '{}'", format, expected),
                     fmt::format("give a {} file", expected));
  const int version = root.read_attribute<std::int32_t>("format_version");
  if (version > newest)
    throw InputError(root.where(), fmt::format("its format version {} is newer than {}", version, newest),
                     "read it with a newer loci");
  if (version < 1)
    throw InputError(root.where(), fmt::format("its format version is {}", version),
                     "use another copy of the file");
  return stamp_of(root);
}

}  // namespace loci::io
