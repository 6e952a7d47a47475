// What every file we write says about itself, in attributes of its root.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace loci::io {

namespace hdf5 {
class Group;
}

inline constexpr const char* model_format = "loci-model";
inline constexpr const char* raster_format = "loci-raster";
inline constexpr const char* nodes_format = "loci-nodes";
inline constexpr const char* edges_format = "loci-edges";
inline constexpr const char* traces_format = "loci-traces";
inline constexpr const char* samples_format = "loci-samples";

// How a file came to be, as its writer is told.
struct Provenance {
  std::uint64_t seed = 0;
  std::string configuration;  // TOML text of the whole run
};

// The same as read back, with the build that wrote it.
struct FileStamp {
  std::string format;  // one of those above; "sonata-spikes" and the like for a file of another program
  int format_version = 0;
  std::string loci_version;
  std::string loci_commit;
  Provenance provenance;
};

// Which kind of file this is. Throws InputError for a file that is missing, not HDF5, or HDF5 of another
// kind.
FileStamp peek_format(const std::filesystem::path& path);

void write_stamp(hdf5::Group& root, const std::string& format, int format_version,
                 const Provenance& provenance);
// Throws InputError for another format than `expected` or a version newer than `newest`.
FileStamp read_stamp(const hdf5::Group& root, const std::string& expected, int newest);

}  // namespace loci::io
