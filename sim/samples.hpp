// Labelled images as the rest of the house sees them: bytes in memory, wherever they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace loci::sim {

struct LabelledImages {
  std::string name;  // "mnist", "fashion-mnist"
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t n_classes = 0;
  std::vector<std::uint8_t> pixels;  // (n_samples, height * width), row-major
  std::vector<std::uint8_t> labels;  // (n_samples), each below n_classes

  std::size_t size() const { return labels.size(); }
  std::size_t n_pixels() const { return height * width; }
  std::span<const std::uint8_t> image(std::size_t sample) const {
    return std::span(pixels).subspan(sample * n_pixels(), n_pixels());
  }
};

// Images of size x size pixels, each the mean of what it covers of the old ones, which may be parts of
// pixels; rounded, halves up. Throws InputError for a size of 0 or beyond the images'.
LabelledImages averaged_down(const LabelledImages& images, std::size_t size);

// The mean image of each class, labelled with it: n_classes images, rounded, halves up; black for a class
// without images.
LabelledImages class_means(const LabelledImages& images);

}  // namespace loci::sim
