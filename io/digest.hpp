// SHA-256, and the seal our files carry: a last line that tells damage from content before any parser sees
// it. HDF5 itself checks no sum over variable-length text and has been seen to crash on a flipped byte there;
// it ignores what follows its end, so a sealed file is still plain HDF5 to every other program.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace loci::io {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  std::string finish();  // 64 lower-case hex digits; once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "\nloci-sha256 <digest of all before>\n".
std::string seal_of(std::string_view content);
// Appends that line.
void seal(const std::filesystem::path& path);

// Throws InputError when the file ends in a seal that does not match. A file without one passes: it was
// changed by another program (HDF5 drops the line when it writes) or is the prefix a killed run left.
void check_seal(const std::filesystem::path& path);

}  // namespace loci::io
