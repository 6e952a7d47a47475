// A file written beside its final name and renamed when complete, so that no reader ever sees half of it.
#pragma once

#include <filesystem>
#include <string_view>

namespace loci::io {

class AtomicFile {
 public:
  // Throws InputError when the folder of `path` does not exist or `path` is a folder. Creates nothing yet.
  explicit AtomicFile(std::filesystem::path path);
  // Without commit: removes the temporary, leaves an older file under `path` as it was.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Where the writer writes; in the same folder, hence on the same file system.
  const std::filesystem::path& temporary() const { return temporary_; }
  // Forces the content to the disk, then renames. Throws InputError when either fails.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

// Throws InputError unless a file of that name can be made: its folder exists and it is not itself a folder.
void require_place(const std::filesystem::path& path);

// Forces the content to the disk, then gives it its final name in the same folder. Throws InputError when
// either fails.
void rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

// The whole content of a file at once, atomically.
void write_file(const std::filesystem::path& path, std::string_view content);

// Forces a file, or a folder's entries, to the disk.
void sync_to_disk(const std::filesystem::path& path);

}  // namespace loci::io
