// A folder made beside its final name and renamed when complete, so that no reader ever sees half of it.
#pragma once

#include <filesystem>

namespace loci::io {

class AtomicFolder {
 public:
  // Creates the temporary. Throws InputError where that cannot be done: the folder of `path` does not exist
  // or cannot be written to, or `path` is a file.
  explicit AtomicFolder(std::filesystem::path path);
  // Without commit: removes the temporary, leaves an older folder under `path` as it was.
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  // Where files are written to; in the same folder, hence on the same file system.
  const std::filesystem::path& temporary() const { return temporary_; }
  // Forces the files to the disk, then takes the place of an older folder, which is removed with all that is
  // in it. Throws InputError when that fails.
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

}  // namespace loci::io
