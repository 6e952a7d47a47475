#include "cli/exported_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "io/atomic_file.hpp"
#include "io/data_tree_file.hpp"
#include "sim/error.hpp"

namespace loci::cli {
namespace {

constexpr std::array<char, 4> hdf5_start{'\x89', 'H', 'D', 'F'};

bool is_hdf5(const std::string& content) {
  return content.size() >= hdf5_start.size() &&
         std::equal(hdf5_start.begin(), hdf5_start.end(), content.begin());
}

}  // namespace

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path.string(), "the file cannot be read", "check its name and permissions");
  return {std::istreambuf_iterator<char>(file), {}};
}

void require_export_place(const std::filesystem::path& folder, bool force) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) return;
  if (!std::filesystem::is_directory(folder, ignored))
    throw InputError(folder.string(), "this is a file", "name a folder with --out");
  if (std::filesystem::is_empty(folder, ignored)) return;
  if (!std::filesystem::exists(folder / certificate_name, ignored))
    throw InputError(folder.string(), "there are files in it that are of no export",
                     "name another folder with --out");
  if (!force)
    throw InputError(folder.string(), "an export is there already",
                     "replace it with --force or name another folder with --out");
}

void write_exported(const std::filesystem::path& folder, const std::vector<backends::ExportedFile>& files) {
  for (const backends::ExportedFile& file : files) {
    const std::filesystem::path path = folder / file.name;
    std::filesystem::create_directories(path.parent_path());
    if (const auto* text = std::get_if<std::string>(&file.content))
      io::write_file(path, *text);
    else
      io::write_data_tree(path, std::get<sim::DataGroup>(file.content));
  }
}

std::vector<backends::ExportedFile> read_exported(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw InputError(folder.string(), "there is no such folder", "name what loci export wrote");
  std::vector<backends::ExportedFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().stem() == "certificate") continue;
    backends::ExportedFile file{entry.path().lexically_relative(folder).generic_string(),
                                read_text(entry.path())};
    if (is_hdf5(std::get<std::string>(file.content))) file.content = io::read_data_tree(entry.path()).root;
    files.push_back(std::move(file));
  }
  std::ranges::sort(files, {}, &backends::ExportedFile::name);
  return files;
}

}  // namespace loci::cli
