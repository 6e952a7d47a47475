#include "learning/augmentation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "sim/random.hpp"

namespace loci::learning {

Placement random_placement(const Augmentation& augmentation, std::uint32_t epoch, std::uint32_t sample) {
  const auto words = sim::random_words(augmentation.seed, sim::Stream::augmentation, sample, epoch);
  const auto within = [&](std::size_t i, double limit) {
    return limit * (2.0 * static_cast<double>(sim::uniform_from(words[i])) - 1.0);
  };
  const double angle = within(2, augmentation.rotation * std::numbers::pi / 180.0);
  const double shrink = std::exp(-within(3, std::log1p(augmentation.zoom)));
  const double c = shrink * std::cos(angle);
  const double s = shrink * std::sin(angle);
  return {.matrix = {{c, s}, {-s, c}},
          .shift = {within(0, augmentation.shift), within(1, augmentation.shift)}};
}

void place_image(std::span<const std::uint8_t> pixels, std::size_t width, const Placement& placement,
                 std::vector<std::uint8_t>& placed) {
  const std::size_t height = pixels.size() / width;
  // With a black rim, one pixel before and two behind, places outside need no test of their own.
  const std::size_t stride = width + 3;
  std::vector<float> rimmed((height + 3) * stride);
  for (std::size_t row = 0; row < height; ++row)
    std::ranges::copy(pixels.subspan(row * width, width),
                      rimmed.begin() + static_cast<std::ptrdiff_t>((row + 1) * stride + 1));
  const auto [a, b, c, d] =
      std::array{static_cast<float>(placement.matrix[0][0]), static_cast<float>(placement.matrix[0][1]),
                 static_cast<float>(placement.matrix[1][0]), static_cast<float>(placement.matrix[1][1])};
  const float middle_x = (static_cast<float>(width) - 1.0F) / 2.0F;
  const float middle_y = (static_cast<float>(height) - 1.0F) / 2.0F;
  const float first_x = -middle_x - static_cast<float>(placement.shift[0]);
  const float first_y = -middle_y - static_cast<float>(placement.shift[1]);
  const auto last_x = static_cast<float>(width + 1);
  const auto last_y = static_cast<float>(height + 1);
  placed.resize(pixels.size());
  for (std::size_t row = 0; row < height; ++row) {
    const float y = first_y + static_cast<float>(row);
    for (std::size_t column = 0; column < width; ++column) {
      const float x = first_x + static_cast<float>(column);
      // Counted from the rim's corner.
      const float from_x = std::clamp(a * x + b * y + middle_x + 1.0F, 0.0F, last_x);
      const float from_y = std::clamp(c * x + d * y + middle_y + 1.0F, 0.0F, last_y);
      const auto left = static_cast<std::uint32_t>(from_x);
      const auto top = static_cast<std::uint32_t>(from_y);
      const float right_part = from_x - static_cast<float>(left);
      const float lower_part = from_y - static_cast<float>(top);
      const float* corner = rimmed.data() + top * stride + left;
      const float upper = corner[0] + right_part * (corner[1] - corner[0]);
      const float lower = corner[stride] + right_part * (corner[stride + 1] - corner[stride]);
      const float half_above = upper + lower_part * (lower - upper) + 0.5F;
      placed[row * width + column] = static_cast<std::uint8_t>(half_above);
    }
  }
}

}  // namespace loci::learning
