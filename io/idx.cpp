#include "io/idx.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "sim/error.hpp"

namespace loci::io {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& problem,
                         const std::string& remedy) {
  throw InputError(path.string(), problem, remedy);
}

// Bytes of a file, inflated on the way when it begins as gzip does; zlib passes other content through.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) refuse(path, "the file does not exist", "check the path");
    if (!std::filesystem::is_regular_file(status))
      refuse(path, "this is not a file", "give the path of an idx file");
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_)
      refuse(path, std::string("cannot open the file: ") + std::strerror(errno), "check its permissions");
  }

  // Fills `bytes` as far as the content reaches.
  std::size_t read(std::span<std::uint8_t> bytes) {
    std::size_t n_read = 0;
    while (n_read < bytes.size()) {
      const std::size_t wanted = std::min<std::size_t>(bytes.size() - n_read, std::size_t{1} << 30);
      const int got = gzread(file_.get(), bytes.data() + n_read, static_cast<unsigned>(wanted));
      refuse_broken_gzip();
      if (got <= 0) break;
      n_read += static_cast<std::size_t>(got);
    }
    return n_read;
  }

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };

  void refuse_broken_gzip() {
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (code == Z_OK || code == Z_STREAM_END) return;
    if (code == Z_BUF_ERROR)
      refuse(path_, "the gzip data ends too early: the file is truncated", "fetch it again");
    refuse(path_, std::string("the gzip data is corrupt (") + message + ")", "fetch it again");
  }

  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
};

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

// Magic: two zero bytes, the element type (0x08: unsigned byte), the rank.
void check_magic(const std::filesystem::path& path, const std::array<std::uint8_t, 4>& magic,
                 std::size_t rank) {
  if (magic[0] != 0 || magic[1] != 0 || magic[3] == 0)
    refuse(path, "this is not an idx file (wrong magic number)",
           "give an idx file, plain or gzip-compressed");
  if (magic[2] != 0x08)
    refuse(path, "the elements are not unsigned bytes (type code " + std::to_string(magic[2]) + ")",
           "give an idx file of unsigned bytes, type code 8");
  if (magic[3] != rank)
    refuse(
        path, "it has " + std::to_string(magic[3]) + " dimensions, not " + std::to_string(rank),
        rank == 3 ? "give the image file here, which has three" : "give the label file here, which has one");
}

std::size_t element_count(const std::filesystem::path& path, const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t extent : shape) {
    if (extent != 0 && count > std::numeric_limits<std::size_t>::max() / extent)
      refuse(path, "the header's sizes are absurdly large", "fetch the file again");
    count *= extent;
  }
  return count;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& path, std::size_t rank) {
  ByteReader reader(path);
  std::array<std::uint8_t, 4> word{};
  const auto next_word = [&] {
    if (reader.read(word) != word.size())
      refuse(path, "the file ends within its header: it is truncated", "fetch it again");
  };
  next_word();
  check_magic(path, word, rank);
  IdxArray array;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    next_word();
    array.shape.push_back(big_endian(word.data()));
  }

  // Piece by piece: a damaged header may promise more than there is memory.
  const std::size_t expected = element_count(path, array.shape);
  constexpr std::size_t piece = std::size_t{1} << 24;
  while (array.values.size() < expected) {
    const std::size_t begin = array.values.size();
    array.values.resize(begin + std::min(piece, expected - begin));
    const std::size_t got = reader.read(std::span(array.values).subspan(begin));
    if (begin + got < array.values.size())
      refuse(path,
             "it is truncated: the header promises " + std::to_string(expected) + " bytes, there are " +
                 std::to_string(begin + got),
             "fetch the file again");
  }
  std::array<std::uint8_t, 1> beyond{};
  if (reader.read(beyond) != 0)
    refuse(path,
           "there are trailing bytes after the " + std::to_string(expected) + " that the header promises",
           "fetch the file again");
  return array;
}

sim::LabelledImages read_labelled_images(const std::filesystem::path& images,
                                         const std::filesystem::path& labels, const std::string& name,
                                         std::size_t n_classes) {
  IdxArray pixels = read_idx(images, 3);
  IdxArray classes = read_idx(labels, 1);
  if (pixels.shape[0] == 0)
    refuse(images, "there are no images in it", "give a file with at least one image");
  if (pixels.values.empty())
    refuse(images, "its images have no pixels", "give a file whose images have a size");
  if (pixels.shape[0] != classes.shape[0])
    refuse(labels,
           std::to_string(classes.shape[0]) + " labels for " + std::to_string(pixels.shape[0]) +
               " images in " + images.filename().string(),
           "use the label file that belongs to the images");
  for (std::size_t i = 0; i < classes.values.size(); ++i)
    if (classes.values[i] >= n_classes)
      refuse(labels,
             "label " + std::to_string(classes.values[i]) + " of image " + std::to_string(i) +
                 " is not below " + std::to_string(n_classes),
             "fetch the file again");
  return {.name = name,
          .height = pixels.shape[1],
          .width = pixels.shape[2],
          .n_classes = n_classes,
          .pixels = std::move(pixels.values),
          .labels = std::move(classes.values)};
}

}  // namespace loci::io
