// Where augmented images lie, against places worked out by hand.
#include "learning/augmentation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "learning/batch.hpp"

using namespace loci;
using namespace loci::learning;

namespace {

using Image = std::vector<std::uint8_t>;

// Three rows of four.
const Image image{10, 20,  30,  40,  //
                  50, 60,  70,  80,  //
                  90, 100, 110, 120};

Image placed(const Placement& placement) {
  Image result;
  place_image(image, 4, placement, result);
  return result;
}

}  // namespace

TEST_CASE("an image stays as it is, moves by whole pixels with black behind it, and by halves in between") {
  CHECK(placed({}) == image);
  CHECK(placed({.shift = {1, 0}}) == Image{0, 10, 20, 30, 0, 50, 60, 70, 0, 90, 100, 110});
  CHECK(placed({.shift = {0, -2}}) == Image{90, 100, 110, 120, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(placed({.shift = {-0.5, 0}}) == Image{15, 25, 35, 20, 55, 65, 75, 40, 95, 105, 115, 60});
}

TEST_CASE("an image turns about its centre and shrinks towards it") {
  // Half a turn: the pixels in reverse.
  Image reversed = image;
  std::ranges::reverse(reversed);
  CHECK(placed({.matrix = {{-1, 0}, {0, -1}}}) == reversed);
  // Twice as far from the centre in the old image: columns -1.5, 0.5, 2.5 and 4.5 of rows -1, 1 and 3.
  const Image half = placed({.matrix = {{2, 0}, {0, 2}}});
  CHECK(half == Image{0, 0, 0, 0, 0, 55, 75, 0, 0, 0, 0, 0});
}

TEST_CASE("random placements keep within their limits and use them, and follow from seed, epoch and sample") {
  const Augmentation augmentation{.shift = 2.0, .rotation = 10.0, .zoom = 0.1, .seed = 5};
  double farthest = 0.0;
  double steepest = 0.0;
  double largest = 0.0;
  double smallest = 1.0;
  for (std::uint32_t sample = 0; sample < 2000; ++sample) {
    const auto [matrix, shift] = random_placement(augmentation, 3, sample);
    farthest = std::max({farthest, std::abs(shift[0]), std::abs(shift[1])});
    steepest = std::max(steepest, std::abs(std::atan2(matrix[0][1], matrix[0][0])));
    const double zoom = 1.0 / std::hypot(matrix[0][0], matrix[0][1]);
    largest = std::max(largest, zoom);
    smallest = std::min(smallest, zoom);
    CHECK(matrix[1][1] == matrix[0][0]);
    CHECK(matrix[1][0] == -matrix[0][1]);
  }
  const double ten_degrees = std::acos(-1.0) / 18.0;
  CHECK((farthest <= 2.0 && farthest > 1.99));
  CHECK((steepest <= ten_degrees + 1e-12 && steepest > 0.99 * ten_degrees));
  CHECK((largest <= 1.1 + 1e-12 && largest > 1.098));
  CHECK((smallest >= 1.0 / 1.1 - 1e-12 && smallest < 0.911));
  const auto shift_of = [&](std::uint64_t seed, std::uint32_t epoch, std::uint32_t sample) {
    Augmentation other = augmentation;
    other.seed = seed;
    return random_placement(other, epoch, sample).shift[0];
  };
  CHECK(shift_of(5, 3, 0) == shift_of(5, 3, 0));
  CHECK(shift_of(5, 3, 0) != shift_of(5, 3, 1));
  CHECK(shift_of(5, 3, 0) != shift_of(5, 4, 0));
  CHECK(shift_of(5, 3, 0) != shift_of(6, 3, 0));
}

TEST_CASE("a batch gives augmented images as currents and as spikes, and others in every epoch") {
  const sim::LabelledImages images{
      .name = "few", .height = 3, .width = 4, .n_classes = 2, .pixels = image, .labels = {1}};
  const std::vector<std::uint32_t> samples{0};
  const Augmentation augmentation{.shift = 2.0, .seed = 1};
  const auto currents = [&](std::uint32_t epoch, const Augmentation& used) {
    std::vector<float> values(12);
    ImageBatch(images, samples, {}, epoch, used).currents(0, values);
    return values;
  };
  Image expected;
  place_image(image, 4, random_placement(augmentation, 7, 0), expected);
  const auto given = currents(7, augmentation);
  for (std::size_t i = 0; i < 12; ++i) CHECK(given[i] == static_cast<float>(expected[i]) / 255.0F);
  CHECK(given != currents(8, augmentation));
  CHECK(given != currents(7, {}));
  const sim::Encoder latency{.encoding = sim::Encoding::latency};
  sim::SpikeTrains trains;
  sim::SpikeTrains from_expected;
  ImageBatch(images, samples, latency, 7, augmentation).spikes(0, 9, trains);
  sim::encode(latency, expected, 9, 7, 0, from_expected);
  CHECK(trains.neuron == from_expected.neuron);
  CHECK(!trains.neuron.empty());
}
