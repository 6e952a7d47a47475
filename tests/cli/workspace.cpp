#include "workspace.hpp"

#include <array>
#include <cmath>
#include <random>
#include <sstream>

#include "tests/io/idx_files.hpp"

namespace {

struct Images {
  std::string pixels;
  std::string labels;
};

// std::mt19937 gives the same numbers everywhere; the distributions of the library need not.
Images make_images(std::size_t n, std::uint32_t seed) {
  std::mt19937 pattern_bits(1);
  std::array<std::array<bool, n_pixels>, n_classes> patterns{};
  for (auto& pattern : patterns)
    for (bool& bright : pattern) bright = pattern_bits() % 2 == 1;
  std::mt19937 noise(seed);
  Images images;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t label = noise() % n_classes;
    images.labels += static_cast<char>(label);
    for (const bool bright : patterns[label]) {
      const bool flipped = noise() % 5 == 0;
      images.pixels += static_cast<char>(bright != flipped ? 155 + noise() % 100 : 0);
    }
  }
  return images;
}

void write_images(const std::filesystem::path& stem, std::size_t n, std::uint32_t seed) {
  const Images images = make_images(n, seed);
  const auto count = static_cast<std::uint32_t>(n);
  write_bytes(stem.string() + "-images-idx3-ubyte", idx_bytes({count, 8, 8}, images.pixels));
  write_bytes(stem.string() + "-labels-idx1-ubyte", idx_bytes({count}, images.labels));
}

constexpr std::uint32_t train_seed = 2;
constexpr std::uint32_t test_seed = 3;

constexpr const char* tiny_toml = R"([data]
dataset = "fashion-mnist"
dir = "data"

[network]
hidden = [24]
dims = 6
weight_scale = [1.0, 0.3]
balanced = true

[objective]
steps = 12

[training]
epochs = 3
batch_size = 20
learning_rate = 0.05
)";

}  // namespace

double above_chance(std::size_t n) {
  const double chance = 1.0 / n_classes;
  return chance + 5.0 * std::sqrt(chance * (1.0 - chance) / static_cast<double>(n));
}

Workspace::Workspace() {
  std::filesystem::create_directory(folder_ / "data");
  write_images(folder_ / "data/train", n_train, train_seed);
  write_images(folder_ / "data/t10k", n_test, test_seed);
  write_bytes(folder_ / "tiny.toml", tiny_toml);
}

Arguments Workspace::train_arguments(const Arguments& more) const {
  Arguments arguments{"train", "--config", "tiny.toml", "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::map<std::string, std::string> Workspace::contents() const {
  std::map<std::string, std::string> result;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
    result[entry.path().string()] = entry.is_regular_file() ? read_bytes(entry.path()) : "";
  return result;
}

std::vector<std::uint8_t> test_labels() {
  const Images images = make_images(n_test, test_seed);
  return {images.labels.begin(), images.labels.end()};
}

std::vector<std::vector<std::string>> read_csv(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream text(read_bytes(path));
  for (std::string line; std::getline(text, line);) {
    rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}
