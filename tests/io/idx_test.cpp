#include "io/idx.hpp"

#include <catch2/catch.hpp>

#include "idx_files.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

namespace {

struct Pair {
  TemporaryFolder folder;
  std::filesystem::path images = folder / "images";
  std::filesystem::path labels = folder / "labels";

  Pair(const std::string& image_content, const std::string& label_content) {
    write_bytes(images, image_content);
    write_bytes(labels, label_content);
  }
  sim::LabelledImages read() const { return io::read_labelled_images(images, labels, "tiny"); }
};

}  // namespace

TEST_CASE("an idx pair gives its pixels and labels in order") {
  const Pair files(image_bytes(4), label_bytes(4));
  const auto images = files.read();
  CHECK(images.name == "tiny");
  CHECK(images.size() == 4);
  CHECK(images.height == 2);
  CHECK(images.width == 3);
  CHECK(images.n_classes == 10);
  CHECK(images.labels == std::vector<std::uint8_t>{0, 1, 2, 3});
  REQUIRE(images.pixels.size() == 24);
  for (std::size_t i = 0; i < 24; ++i) CHECK(images.pixels[i] == i);
}

TEST_CASE("gzip is told by content, whatever the name") {
  const Pair files(gzip(image_bytes(30)), label_bytes(30));
  const Pair plain(image_bytes(30), gzip(label_bytes(30)));
  CHECK(files.read().pixels == plain.read().pixels);
  CHECK(files.read().labels == plain.read().labels);
  CHECK(files.read().size() == 30);
}

TEST_CASE("a missing idx file is named") {
  CHECK_THROWS_WITH(io::read_idx("/no/such/file", 3),
                    Contains("/no/such/file") && Contains("does not exist"));
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::read_idx(folder.path(), 3), Contains("not a file"));
}

TEST_CASE("a truncated idx file is refused with what was promised and what is there") {
  const std::string whole = image_bytes(4);
  const Pair files(whole.substr(0, whole.size() - 1), label_bytes(4));
  CHECK_THROWS_WITH(files.read(), Contains("truncated") && Contains("24") && Contains("23"));
  const Pair header_only(whole.substr(0, 9), label_bytes(4));
  CHECK_THROWS_WITH(header_only.read(), Contains("truncated") && Contains("header"));
  const Pair empty("", label_bytes(4));
  CHECK_THROWS_WITH(empty.read(), Contains("truncated"));
}

TEST_CASE("bytes after the promised ones are refused, plain and compressed") {
  CHECK_THROWS_WITH(Pair(image_bytes(4) + "x", label_bytes(4)).read(), Contains("trailing"));
  CHECK_THROWS_WITH(Pair(gzip(image_bytes(4) + "x"), label_bytes(4)).read(), Contains("trailing"));
}

TEST_CASE("a file that is no idx file of bytes is refused by its magic number") {
  CHECK_THROWS_WITH(Pair("PNG!....", label_bytes(4)).read(), Contains("wrong magic"));
  CHECK_THROWS_WITH(Pair(idx_bytes({1, 1, 1}, "1234", 13), label_bytes(1)).read(),
                    Contains("not unsigned bytes") && Contains("13"));
}

TEST_CASE("swapped image and label files are told by their dimensions") {
  const Pair swapped(label_bytes(4), image_bytes(4));
  CHECK_THROWS_WITH(swapped.read(), Contains("1 dimensions, not 3") && Contains("image file"));
}

TEST_CASE("images and labels of different count do not belong together") {
  CHECK_THROWS_WITH(Pair(image_bytes(4), label_bytes(5)).read(), Contains("5 labels for 4 images"));
}

TEST_CASE("a label beyond the classes is refused with its place") {
  const std::string labels = idx_bytes({4}, std::string{1, 9, 10, 0});
  CHECK_THROWS_WITH(Pair(image_bytes(4), labels).read(), Contains("label 10 of image 2"));
}

TEST_CASE("a data set without images or pixels is refused") {
  CHECK_THROWS_WITH(Pair(image_bytes(0), label_bytes(0)).read(), Contains("no images"));
  CHECK_THROWS_WITH(Pair(idx_bytes({3, 0, 5}, ""), label_bytes(3)).read(), Contains("no pixels"));
}

TEST_CASE("corrupt and truncated gzip are told apart") {
  const std::string packed = gzip(image_bytes(40));
  CHECK_THROWS_WITH(Pair(packed.substr(0, packed.size() / 2), label_bytes(40)).read(), Contains("truncated"));
  std::string flipped = packed;
  flipped[packed.size() - 6] ^= 0x40;  // within the CRC that ends a gzip file
  CHECK_THROWS_WITH(Pair(flipped, label_bytes(40)).read(), Contains("gzip data is corrupt"));
}

TEST_CASE("a header that promises more than memory holds is refused without asking for the memory") {
  CHECK_THROWS_WITH(Pair(idx_bytes({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "abc"), label_bytes(4)).read(),
                    Contains("absurdly large"));
  CHECK_THROWS_WITH(Pair(idx_bytes({0xFFFFFFFF, 0xFFFF, 2}, "abc"), label_bytes(4)).read(),
                    Contains("truncated"));
}
