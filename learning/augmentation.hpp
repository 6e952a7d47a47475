// Training images moved, turned and resized at random, afresh in every epoch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/samples.hpp"

namespace loci::learning {

struct Augmentation {
  double shift = 0.0;     // pixels: the farthest an image is moved along each axis
  double rotation = 0.0;  // degrees: the farthest it is turned, either way, about its centre
  double zoom = 0.0;      // the most it grows, as a share; as likely it shrinks by the same factor
  std::uint64_t seed = 0;

  bool any() const { return shift > 0.0 || rotation > 0.0 || zoom > 0.0; }
};

// How pixels of the new image find theirs in the old one, both relative to the centre (column, row):
// old = matrix (new - shift).
struct Placement {
  double matrix[2][2] = {{1.0, 0.0}, {0.0, 1.0}};
  double shift[2] = {0.0, 0.0};
};

// Uniform within the limits, the zoom uniform in its logarithm: a function of (seed, epoch, sample) alone.
Placement random_placement(const Augmentation& augmentation, std::uint32_t epoch, std::uint32_t sample);

// The image as placed: bilinear between pixels, black outside, rounded. pixels: (height, width), row-major.
void place_image(std::span<const std::uint8_t> pixels, std::size_t width, const Placement& placement,
                 std::vector<std::uint8_t>& placed);

}  // namespace loci::learning
