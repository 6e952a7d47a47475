#include "io/dataset.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <optional>

#include "idx_files.hpp"
#include "sim/error.hpp"
#include "temporary_folder.hpp"

using namespace loci;
using Catch::Contains;

namespace {

class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = getenv(name)) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

void fill(const std::filesystem::path& folder, const std::string& separator, bool compressed) {
  std::filesystem::create_directories(folder);
  const auto put = [&](const std::string& name, const std::string& content) {
    write_bytes(folder / (name + (compressed ? ".gz" : "")), compressed ? gzip(content) : content);
  };
  put("train-images" + separator + "idx3-ubyte", image_bytes(5));
  put("train-labels" + separator + "idx1-ubyte", label_bytes(5));
  put("t10k-images" + separator + "idx3-ubyte", image_bytes(3));
  put("t10k-labels" + separator + "idx1-ubyte", label_bytes(3));
}

}  // namespace

TEST_CASE("a data set is found in every usual spelling, plain and compressed") {
  for (const std::string separator : {"-", "."})
    for (const bool compressed : {false, true}) {
      const TemporaryFolder folder;
      fill(folder.path(), separator, compressed);
      const auto splits = io::load_dataset("mnist", folder.path());
      CHECK(splits.train.size() == 5);
      CHECK(splits.test.size() == 3);
      CHECK(splits.train.name == "mnist");
      CHECK(splits.test.pixels.size() == 18);
    }
}

TEST_CASE("an unknown data set is refused with the names that are known") {
  CHECK_THROWS_WITH(io::load_dataset("imagenet"), Contains("imagenet") && Contains("mnist, fashion-mnist"));
}

TEST_CASE("missing files say which one and how to get it") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(io::load_dataset("mnist", folder.path()), Contains("train-images-idx3-ubyte") &&
                                                                  Contains("--data-dir") &&
                                                                  Contains("loci data fetch mnist"));
  CHECK_THROWS_WITH(io::load_dataset("fashion-mnist", folder / "nowhere"),
                    Contains("apt install dataset-fashion-mnist") && Contains("--data-dir"));
  fill(folder.path(), "-", false);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  CHECK_THROWS_WITH(io::load_dataset("mnist", folder.path()), Contains("t10k-labels-idx1-ubyte"));
}

TEST_CASE("files of another data set are not taken under a wrong name") {
  const std::filesystem::path fashion = io::default_data_dir("fashion-mnist");
  REQUIRE(io::load_dataset("fashion-mnist", fashion).test.size() == 10000);
  CHECK_THROWS_WITH(io::load_dataset("mnist", fashion),
                    Contains("fashion-mnist, not mnist") && Contains("--dataset fashion-mnist"));
}

TEST_CASE("the folder comes from the environment in the documented order") {
  const TemporaryFolder folder;
  fill(folder / "data/mnist", "-", true);
  const Environment home("HOME", "/home/someone");
  const Environment data_home("XDG_DATA_HOME", nullptr);
  const Environment data_dir("LOCI_DATA_DIR", nullptr);
  CHECK(io::default_data_dir("mnist") == "/home/someone/.local/share/loci/mnist");
  CHECK(io::default_data_dir("fashion-mnist") == "/usr/share/datasets/fashion-mnist");
  {
    const Environment set("XDG_DATA_HOME", "/somewhere");
    CHECK(io::default_data_dir("mnist") == "/somewhere/loci/mnist");
    const Environment nearer("LOCI_DATA_DIR", (folder / "data").c_str());
    CHECK(io::default_data_dir("mnist") == folder / "data/mnist");
    CHECK(io::load_dataset("mnist").train.size() == 5);
  }
  const Environment homeless("HOME", nullptr);
  CHECK_THROWS_WITH(io::default_data_dir("mnist"), Contains("LOCI_DATA_DIR"));
}

TEST_CASE("training and test images of different size are refused") {
  const TemporaryFolder folder;
  fill(folder.path(), "-", false);
  write_bytes(folder / "t10k-images-idx3-ubyte", idx_bytes({3, 1, 1}, "abc"));
  CHECK_THROWS_WITH(io::load_dataset("mnist", folder.path()), Contains("differ in size"));
}
