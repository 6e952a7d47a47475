// Files of exports between memory and a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"

namespace loci::cli {

inline constexpr const char* certificate_name = "certificate.json";

// Throws InputError unless an export may go there: nothing is there, or with `force` an earlier export.
void require_export_place(const std::filesystem::path& folder, bool force);

// Writes each file below the folder; trees become HDF5.
void write_exported(const std::filesystem::path& folder, const std::vector<backends::ExportedFile>& files);

// Throws InputError for a file that cannot be read.
std::string read_text(const std::filesystem::path& path);

// All files of an export but its certificate, in the order of their names; HDF5 as trees. Throws InputError
// for a folder that is missing or a file that cannot be read.
std::vector<backends::ExportedFile> read_exported(const std::filesystem::path& folder);

}  // namespace loci::cli
