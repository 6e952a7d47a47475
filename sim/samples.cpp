#include "sim/samples.hpp"

#include <algorithm>

#include "sim/error.hpp"

namespace loci::sim {
namespace {

// How much of old pixel `from` of n lies in new pixel `to` of m, in units of 1/m of an old one: n in all.
std::uint64_t overlap(std::size_t from, std::size_t n, std::size_t to, std::size_t m) {
  const std::size_t begin = std::max(from * m, to * n);
  const std::size_t end = std::min((from + 1) * m, (to + 1) * n);
  return end > begin ? end - begin : 0;
}

}  // namespace

LabelledImages averaged_down(const LabelledImages& images, std::size_t size) {
  if (size == 0 || size > std::min(images.height, images.width))
    throw InputError("data.image_size",
                     "images of " + std::to_string(images.height) + " x " + std::to_string(images.width) +
                         " pixels cannot be averaged down to " + std::to_string(size) + " a side",
                     "choose a size from 1 to that of the images");
  LabelledImages small{.name = images.name,
                       .height = size,
                       .width = size,
                       .n_classes = images.n_classes,
                       .pixels = std::vector<std::uint8_t>(images.size() * size * size),
                       .labels = images.labels};
  const std::uint64_t area = std::uint64_t{images.height} * images.width;
  // Separately by rows and columns.
  std::vector<std::uint64_t> rows(size * images.width);
  for (std::size_t sample = 0; sample < images.size(); ++sample) {
    const auto image = images.image(sample);
    std::fill(rows.begin(), rows.end(), 0);
    for (std::size_t to = 0; to < size; ++to)
      for (std::size_t from = to * images.height / size; from < images.height; ++from) {
        const std::uint64_t share = overlap(from, images.height, to, size);
        if (share == 0) break;
        for (std::size_t x = 0; x < images.width; ++x)
          rows[to * images.width + x] += share * image[from * images.width + x];
      }
    for (std::size_t y = 0; y < size; ++y)
      for (std::size_t to = 0; to < size; ++to) {
        std::uint64_t sum = 0;
        for (std::size_t from = to * images.width / size; from < images.width; ++from) {
          const std::uint64_t share = overlap(from, images.width, to, size);
          if (share == 0) break;
          sum += share * rows[y * images.width + from];
        }
        small.pixels[(sample * size + y) * size + to] =
            static_cast<std::uint8_t>((2 * sum + area) / (2 * area));
      }
  }
  return small;
}

LabelledImages class_means(const LabelledImages& images) {
  LabelledImages means{.name = images.name,
                       .height = images.height,
                       .width = images.width,
                       .n_classes = images.n_classes,
                       .pixels = std::vector<std::uint8_t>(images.n_classes * images.n_pixels()),
                       .labels = {}};
  std::vector<std::uint64_t> sums(means.pixels.size());
  std::vector<std::uint64_t> counts(images.n_classes);
  for (std::size_t sample = 0; sample < images.size(); ++sample) {
    const auto image = images.image(sample);
    const std::size_t label = images.labels[sample];
    ++counts[label];
    for (std::size_t i = 0; i < image.size(); ++i) sums[label * images.n_pixels() + i] += image[i];
  }
  for (std::size_t label = 0; label < images.n_classes; ++label) {
    means.labels.push_back(static_cast<std::uint8_t>(label));
    const std::uint64_t n = std::max<std::uint64_t>(counts[label], 1);
    for (std::size_t i = label * images.n_pixels(); i < (label + 1) * images.n_pixels(); ++i)
      means.pixels[i] = static_cast<std::uint8_t>((2 * sums[i] + n) / (2 * n));
  }
  return means;
}

}  // namespace loci::sim
