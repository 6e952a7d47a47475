#include "io/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr std::string_view seal_mark = "\nloci-sha256 ";
constexpr std::size_t seal_size = seal_mark.size() + 64 + 1;

std::string digest_of(std::istream& stream, std::uint64_t n_bytes) {
  Sha256 digest;
  std::vector<char> buffer(std::size_t{1} << 18);
  while (n_bytes > 0 && stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(n_bytes, buffer.size())));
    const auto got = static_cast<std::size_t>(stream.gcount());
    digest.update(std::as_bytes(std::span(buffer).first(got)));
    n_bytes -= got;
  }
  return digest.finish();
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("OpenSSL offers no SHA-256");
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1)
    throw std::runtime_error("SHA-256 failed");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_->context, raw.data(), &size) != 1) throw std::runtime_error("SHA-256 failed");
  return fmt::format("{:02x}", fmt::join(raw.begin(), raw.begin() + size, ""));
}

std::string seal_of(std::string_view content) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(content)));
  return fmt::format("{}{}\n", seal_mark, digest.finish());
}

void seal(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream content(path, std::ios::binary);
  const std::string line = error ? "" : fmt::format("{}{}\n", seal_mark, digest_of(content, size));
  std::ofstream end(path, std::ios::binary | std::ios::app);
  end << line << std::flush;
  if (line.empty() || !content || !end)
    throw InputError(path.string(), "cannot append its checksum", "check the space left and the permissions");
}

void check_seal(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size < seal_size) return;
  std::ifstream content(path, std::ios::binary);
  std::string line(seal_size, '\0');
  content.seekg(static_cast<std::streamoff>(size - seal_size));
  content.read(line.data(), static_cast<std::streamsize>(line.size()));
  if (!content || !line.starts_with(seal_mark)) return;
  content.seekg(0);
  if (digest_of(content, size - seal_size) != std::string_view(line).substr(seal_mark.size(), 64))
    throw InputError(path.string(), "its checksum does not match: the file is damaged", "use another copy");
}

}  // namespace loci::io
