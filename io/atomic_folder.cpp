#include "io/atomic_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "io/atomic_file.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

std::filesystem::path without_final_slash(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::filesystem::path hidden_beside(const std::filesystem::path& path, const char* ending) {
  return folder_of(path) / fmt::format(".{}.{}{}", path.filename().string(), ::getpid(), ending);
}

}  // namespace

AtomicFolder::AtomicFolder(std::filesystem::path path) : path_(without_final_slash(path)) {
  std::error_code error;
  if (!path_.has_filename() || path_.filename() == "." || path_.filename() == "..")
    throw InputError(path_.string(), "this names no new folder", "give the folder a name");
  if (std::filesystem::exists(path_, error) && !std::filesystem::is_directory(path_, error))
    throw InputError(path_.string(), "this is a file", "name a folder");
  if (std::filesystem::exists(folder_of(path_), error) &&
      !std::filesystem::is_directory(folder_of(path_), error))
    throw InputError(path_.string(), fmt::format("{} is a file, not a folder", folder_of(path_).string()),
                     "choose another place");
  if (!std::filesystem::is_directory(folder_of(path_), error))
    throw InputError(path_.string(), fmt::format("the folder {} does not exist", folder_of(path_).string()),
                     "create it or choose another place");
  temporary_ = hidden_beside(path_, ".tmp");
  std::filesystem::remove_all(temporary_, error);  // of a process of this number that was killed
  if (!std::filesystem::create_directory(temporary_, error) || error)
    throw InputError(path_.string(), "no folder can be made there: " + error.message(),
                     "check the permissions or choose another place");
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) std::filesystem::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(temporary_))
    sync_to_disk(entry.path());
  const std::filesystem::path old = hidden_beside(path_, ".old");
  std::error_code error;
  const bool replaces = std::filesystem::exists(path_, error);
  if (replaces) std::filesystem::rename(path_, old, error);
  if (!error) std::filesystem::rename(temporary_, path_, error);
  if (error) {
    std::error_code ignored;
    if (replaces && !std::filesystem::exists(path_, ignored)) std::filesystem::rename(old, path_, ignored);
    throw InputError(path_.string(), "cannot rename the finished folder: " + error.message(),
                     "check the folder's permissions");
  }
  temporary_.clear();
  if (replaces) std::filesystem::remove_all(old, error);
  sync_to_disk(folder_of(path_));
}

}  // namespace loci::io
