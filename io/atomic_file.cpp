#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "sim/error.hpp"

namespace loci::io {
namespace {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::filesystem::path name_beside(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};  // two writers of one process must not share a temporary
  return folder_of(path) / fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), counter++);
}

}  // namespace

void require_place(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!path.has_filename()) throw InputError(path.string(), "this names no file", "give a file name");
  if (std::filesystem::is_directory(path, ignored))
    throw InputError(path.string(), "this is a folder", "give the name of a file to write");
  if (!std::filesystem::is_directory(folder_of(path), ignored))
    throw InputError(path.string(), fmt::format("the folder {} does not exist", folder_of(path).string()),
                     "create it or choose another place");
}

void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  sync_to_disk(from);
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error)
    throw InputError(to.string(), fmt::format("cannot rename the finished file: {}", error.message()),
                     "check the folder's permissions");
  sync_to_disk(folder_of(to));
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  require_place(path_);
  temporary_ = name_beside(path_);
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!committed_) std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  rename_durably(temporary_, path_);
  committed_ = true;
}

void sync_to_disk(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  // Some file systems cannot sync a folder and say EINVAL; the rename is then as durable as it gets.
  if (!synced && error != EINVAL)
    throw InputError(path.string(), std::string("cannot force it to the disk: ") + std::strerror(error),
                     "check the space left and the permissions");
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file(path);
  const auto refuse = [&path](const char* problem) {
    throw InputError(path.string(), std::string(problem) + ": " + std::strerror(errno),
                     "check the space left and the folder's permissions");
  };
  std::FILE* stream = std::fopen(file.temporary().c_str(), "wbe");
  if (stream == nullptr) refuse("cannot create the file");
  const bool written = std::fwrite(content.data(), 1, content.size(), stream) == content.size();
  if ((std::fclose(stream) != 0) || !written) refuse("cannot write the file");
  file.commit();
}

}  // namespace loci::io
