// Downloads a data set from public mirrors; only whole, verified files ever appear under their own names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace loci::io {

struct RemoteFile {
  std::string name;               // below the mirror's address, and in the target folder
  std::string sha256_of_content;  // lower-case hex; of the decompressed content when the file is gzip
};

struct RemoteDataset {
  std::string name;
  std::vector<std::string> mirrors;  // folder addresses, tried in order for each file
  std::vector<RemoteFile> files;
};

// What is known to be fetchable: "mnist". Throws InputError for other names.
const RemoteDataset& remote_dataset(const std::string& name);

struct FetchProgress {
  const std::string& file;
  const std::string& url;
  std::uint64_t received_bytes;
  std::uint64_t total_bytes;  // 0: the server did not say
};
// May throw to cancel: the download is undone and the exception passed on.
using FetchProgressCallback = std::function<void(const FetchProgress&)>;

struct FetchResult {
  std::size_t n_downloaded = 0;
  std::size_t n_already_there = 0;  // present with the right digest
  std::uint64_t downloaded_bytes = 0;
};

struct FetchLimits {
  long connect_seconds = 20;
  long stall_seconds = 30;  // give up on a mirror after so long below one kilobyte per second
  std::uint64_t file_bytes = std::uint64_t{1} << 30;
};

// All or nothing: every file is written beside, verified, and only then all are renamed; a failure removes
// what this call made, created folders included. `mirrors` replaces the data set's own when not empty. Throws
// InputError saying what each mirror answered.
FetchResult fetch_dataset(const RemoteDataset& dataset, const std::filesystem::path& target_dir,
                          const std::vector<std::string>& mirrors = {},
                          const FetchProgressCallback& progress = {}, const FetchLimits& limits = {});
FetchResult fetch_dataset(const std::string& name, const std::filesystem::path& target_dir,
                          const std::vector<std::string>& mirrors = {},
                          const FetchProgressCallback& progress = {});

}  // namespace loci::io
