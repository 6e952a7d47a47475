// A folder of a test's own with a small data set in it, and the program at work there.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "program.hpp"
#include "tests/io/temporary_folder.hpp"

using Arguments = std::vector<std::string>;

// Ten classes of 8 x 8 pixels: a pattern of bright and dark pixels each, a fifth of which any image has
// otherwise.
inline constexpr std::size_t n_pixels = 64;
inline constexpr std::size_t n_classes = 10;
inline constexpr std::size_t n_train = 400;
inline constexpr std::size_t n_test = 200;

// Five standard deviations above what guessing gets of n images.
double above_chance(std::size_t n);

class Workspace {
 public:
  // data/: the images in plain idx files. tiny.toml: a network of 64-24-10 in six dimensions, three epochs of
  // twenty batches.
  Workspace();

  Result loci(const Arguments& arguments) const { return run(arguments, {.folder = folder_.path()}); }
  Arguments train_arguments(const Arguments& more) const;
  // loci train --config tiny.toml --json and more.
  Result train(const Arguments& more) const { return loci(train_arguments(more)); }
  Surroundings surroundings() const { return {.folder = folder_.path(), .environment = {}}; }

  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  // Names and contents of everything there.
  std::map<std::string, std::string> contents() const;

 private:
  TemporaryFolder folder_;
};

// The labels of the test images.
std::vector<std::uint8_t> test_labels();

// The cells of a table in CSV, header first.
std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path);
