// Files of exports between memory and a folder.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"

namespace loci::cli {

inline constexpr const char* certificate_name = "certificate.json";
inline constexpr const char* certificate_attribute = "loci_certificate";  // of HDF5 files' roots

// Throws InputError unless an export may go there: nothing is there, or with `force` an earlier export.
void require_export_place(const std::filesystem::path& folder, bool force);

// Writes each file below the folder; trees become HDF5.
void write_exported(const std::filesystem::path& folder, const std::vector<backends::ExportedFile>& files);

// SHA-256 of all files below a folder but the certificate in JSON, by name.
std::map<std::string, std::string> file_digests(const std::filesystem::path& folder);

// Throws InputError for a file that cannot be read.
std::string read_text(const std::filesystem::path& path);

// An export as it lies on the disk.
struct Exported {
  std::filesystem::path folder;
  std::filesystem::path certificate_path;  // where the certificate was found
  nlohmann::json certificate;
  std::vector<backends::ExportedFile> files;  // all but the certificate, by name; HDF5 as trees
  std::vector<std::string> altered;           // files that are not as they were written
};

// What loci export wrote, by its folder or any file in it. An HDF5 file alone will do where it carries its
// certificate with it. Throws InputError for what is no export, for files of it that are missing and for ones
// that cannot be read.
Exported read_exported(const std::filesystem::path& named);

}  // namespace loci::cli
