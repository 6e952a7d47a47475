#include "io/fetch.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

// The exact files of LeCun, Cortes and Burges; digests of the decompressed content, since mirrors compress
// differently.
const RemoteDataset& mnist() {
  static const RemoteDataset dataset{
      .name = "mnist",
      .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                  "https://storage.googleapis.com/cvdf-datasets/mnist/"},
      .files = {
          {"train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
          {"train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
          {"t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
          {"t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}};
  return dataset;
}

// Empty when the file is missing or not whole gzip; zlib passes plain content through.
std::optional<std::string> digest_of_content(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) return std::nullopt;
  Sha256 digest;
  std::array<std::byte, 1 << 16> buffer{};
  for (;;) {
    const int got = gzread(file.get(), buffer.data(), buffer.size());
    int code = Z_OK;
    gzerror(file.get(), &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) return std::nullopt;
    if (got == 0) return digest.finish();
    digest.update(std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

// One request and what its callbacks need; they are called from C, so nothing may leave them but by
// `failure`.
struct Transfer {
  const std::string& file;
  const std::string& url;
  const FetchProgressCallback& progress;
  std::uint64_t most_bytes;
  std::FILE* target;
  std::uint64_t received = 0;
  std::exception_ptr failure{};
  std::string problem{};
};

std::size_t keep_bytes(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t n = size * count;
  transfer.received += n;
  if (transfer.received > transfer.most_bytes) {
    transfer.problem = fmt::format("more than {} bytes", transfer.most_bytes);
    return 0;
  }
  if (std::fwrite(data, 1, n, transfer.target) == n) return n;
  transfer.problem = fmt::format("cannot write it down: {}", std::strerror(errno));
  return 0;
}

int tell_progress(void* user, curl_off_t total, curl_off_t received, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.progress) return 0;
  try {
    transfer.progress({transfer.file, transfer.url, static_cast<std::uint64_t>(received),
                       static_cast<std::uint64_t>(total)});
    return 0;
  } catch (...) {
    transfer.failure = std::current_exception();
    return 1;
  }
}

using Curl = std::unique_ptr<CURL, void (*)(CURL*)>;

Curl make_request(Transfer& transfer, const FetchLimits& limits, char* message) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) throw std::runtime_error("libcurl does not start");
  CURL* c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, transfer.url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");  // no mirror may send us to local files
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, limits.connect_seconds);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1024L);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, limits.stall_seconds);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "loci");
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_bytes);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, tell_progress);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &transfer);
  return curl;
}

// What went wrong, empty when nothing did.
std::string download(Transfer& transfer, const std::filesystem::path& path, const FetchLimits& limits) {
  const auto close = [](std::FILE* file) { return std::fclose(file); };
  std::unique_ptr<std::FILE, decltype(close)> target(std::fopen(path.c_str(), "wbe"), close);
  if (!target)
    throw InputError(path.parent_path().string(),
                     fmt::format("cannot create a file there: {}", std::strerror(errno)),
                     "check the folder's permissions");
  transfer.target = target.get();
  std::array<char, CURL_ERROR_SIZE> message{};
  const Curl curl = make_request(transfer, limits, message.data());
  const CURLcode code = curl_easy_perform(curl.get());
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (std::fclose(target.release()) != 0 && transfer.problem.empty())
    transfer.problem = "cannot write it down";
  if (code == CURLE_OK || !transfer.problem.empty()) return transfer.problem;
  return message.front() != '\0' ? message.data() : curl_easy_strerror(code);
}

std::string address(const std::string& mirror, const std::string& file) {
  return fmt::format("{}{}{}", mirror, mirror.ends_with('/') ? "" : "/", file);
}

// Tries the mirrors in order until one gives the content with the right digest.
std::uint64_t fetch_file(const RemoteFile& file, const std::filesystem::path& path,
                         const std::vector<std::string>& mirrors, const FetchProgressCallback& progress,
                         const FetchLimits& limits) {
  std::string answers;
  for (const std::string& mirror : mirrors) {
    const std::string url = address(mirror, file.name);
    Transfer transfer{.file = file.name, .url = url, .progress = progress, .most_bytes = limits.file_bytes};
    std::string problem = download(transfer, path, limits);
    if (problem.empty()) {
      const auto digest = digest_of_content(path);
      if (digest == file.sha256_of_content) return transfer.received;
      problem = digest ? fmt::format("the content has SHA-256 {}, not {}", *digest, file.sha256_of_content)
                       : "what came is no whole gzip file";
    }
    answers += fmt::format("{}{}: {}", answers.empty() ? "" : "; ", url, problem);
  }
  throw InputError(file.name,
                   fmt::format("no mirror gave it ({})", answers.empty() ? "there is none" : answers),
                   "check the network, try again later, or name another mirror");
}

// The folder with its missing parents; unless kept, those that this made and that are still empty go again.
class TargetFolder {
 public:
  explicit TargetFolder(const std::filesystem::path& path) {
    std::error_code error;
    for (auto each = std::filesystem::absolute(path); !std::filesystem::exists(each, error);
         each = each.parent_path())
      if (each.has_filename()) made_.push_back(each);
    std::filesystem::create_directories(path, error);
    if (!std::filesystem::is_directory(path)) {
      remove();
      throw InputError(path.string(), fmt::format("cannot create this folder ({})", error.message()),
                       "choose a folder you may write to");
    }
  }
  ~TargetFolder() { remove(); }
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;

  void keep() { made_.clear(); }

 private:
  void remove() {
    std::error_code ignored;  // removing a folder that is not empty fails, as it should
    for (const auto& each : made_) std::filesystem::remove(each, ignored);
  }

  std::vector<std::filesystem::path> made_;  // innermost first
};

}  // namespace

const RemoteDataset& remote_dataset(const std::string& name) {
  if (name == mnist().name) return mnist();
  if (name == "fashion-mnist")
    throw InputError("data set", "fashion-mnist is not fetched: Debian has it as a package",
                     "install it (apt install dataset-fashion-mnist)");
  throw InputError("data set", fmt::format("'{}' cannot be fetched", name), "use one of: mnist");
}

FetchResult fetch_dataset(const RemoteDataset& dataset, const std::filesystem::path& target_dir,
                          const std::vector<std::string>& mirrors, const FetchProgressCallback& progress,
                          const FetchLimits& limits) {
  TargetFolder folder(target_dir);
  FetchResult result;
  std::vector<std::unique_ptr<AtomicFile>> fetched;
  for (const RemoteFile& file : dataset.files) {
    const auto path = target_dir / file.name;
    if (digest_of_content(path) == file.sha256_of_content) {
      ++result.n_already_there;
      continue;
    }
    fetched.push_back(std::make_unique<AtomicFile>(path));
    result.downloaded_bytes += fetch_file(file, fetched.back()->temporary(),
                                          mirrors.empty() ? dataset.mirrors : mirrors, progress, limits);
    ++result.n_downloaded;
  }
  for (const auto& file : fetched) file->commit();
  folder.keep();
  return result;
}

FetchResult fetch_dataset(const std::string& name, const std::filesystem::path& target_dir,
                          const std::vector<std::string>& mirrors, const FetchProgressCallback& progress) {
  return fetch_dataset(remote_dataset(name), target_dir, mirrors, progress, {});
}

}  // namespace loci::io
