#include "learning/augmentation.hpp"

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
  const auto pixel = [&](std::ptrdiff_t row, std::ptrdiff_t column) {
    const bool inside = row >= 0 && column >= 0 && row < static_cast<std::ptrdiff_t>(height) &&
                        column < static_cast<std::ptrdiff_t>(width);
    return inside ? static_cast<float>(
                        pixels[static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column)])
                  : 0.0F;
  };
  const double middle_x = (static_cast<double>(width) - 1.0) / 2.0;
  const double middle_y = (static_cast<double>(height) - 1.0) / 2.0;
  const auto& m = placement.matrix;
  placed.resize(pixels.size());
  for (std::size_t row = 0; row < height; ++row)
    for (std::size_t column = 0; column < width; ++column) {
      const double x = static_cast<double>(column) - middle_x - placement.shift[0];
      const double y = static_cast<double>(row) - middle_y - placement.shift[1];
      const double from_x = m[0][0] * x + m[0][1] * y + middle_x;
      const double from_y = m[1][0] * x + m[1][1] * y + middle_y;
      const double left = std::floor(from_x);
      const double top = std::floor(from_y);
      const auto right_part = static_cast<float>(from_x - left);
      const auto lower_part = static_cast<float>(from_y - top);
      const auto i = static_cast<std::ptrdiff_t>(top);
      const auto j = static_cast<std::ptrdiff_t>(left);
      const float upper = pixel(i, j) * (1.0F - right_part) + pixel(i, j + 1) * right_part;
      const float lower = pixel(i + 1, j) * (1.0F - right_part) + pixel(i + 1, j + 1) * right_part;
      const float value = upper * (1.0F - lower_part) + lower * lower_part;
      placed[row * width + column] = static_cast<std::uint8_t>(value + 0.5F);
    }
}

}  // namespace loci::learning
