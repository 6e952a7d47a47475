#include "sim/samples.hpp"

#include <catch2/catch.hpp>

#include "sim/error.hpp"

using namespace loci;
using Catch::Contains;

namespace {

sim::LabelledImages images_of(std::size_t size, std::vector<std::uint8_t> pixels) {
  const std::size_t n = pixels.size() / (size * size);
  return {.name = "made",
          .height = size,
          .width = size,
          .n_classes = 3,
          .pixels = std::move(pixels),
          .labels = std::vector<std::uint8_t>(n, 2)};
}

}  // namespace

TEST_CASE("images are averaged down over whole pixels") {
  const auto small = sim::averaged_down(images_of(4, {0, 1, 9, 9,      //
                                                      2, 3, 9, 9,      //
                                                      255, 255, 0, 0,  //
                                                      255, 255, 0, 2}),
                                        2);
  CHECK(small.height == 2);
  CHECK(small.width == 2);
  // 6 / 4 and 2 / 4: halves go up.
  CHECK(small.pixels == std::vector<std::uint8_t>{2, 9, 255, 1});
  CHECK(small.labels == std::vector<std::uint8_t>{2});
  CHECK(small.n_classes == 3);
  CHECK(small.name == "made");
}

TEST_CASE("parts of pixels count by their area") {
  // A new pixel covers 1.5 x 1.5 old ones: the corner whole, its neighbours half, the middle a quarter.
  const auto small = sim::averaged_down(images_of(3, {90, 0,  0, 0, 0,  0, 0, 0, 0,  //
                                                      0,  90, 0, 0, 0,  0, 0, 0, 0,  //
                                                      0,  0,  0, 0, 90, 0, 0, 0, 0}),
                                        2);
  CHECK(small.pixels == std::vector<std::uint8_t>{40, 0, 0, 0, 20, 20, 0, 0, 10, 10, 10, 10});
}

TEST_CASE("averaging down keeps even images even and full-size images as they are") {
  for (const std::size_t size : {1U, 2U, 5U, 7U}) {
    const auto small = sim::averaged_down(images_of(7, std::vector<std::uint8_t>(49, 201)), size);
    CHECK(small.pixels == std::vector<std::uint8_t>(size * size, 201));
  }
  const auto whole = images_of(2, {1, 2, 3, 4});
  CHECK(sim::averaged_down(whole, 2).pixels == whole.pixels);
}

TEST_CASE("images are not averaged up, nor down to nothing") {
  CHECK_THROWS_WITH(sim::averaged_down(images_of(2, {1, 2, 3, 4}), 3),
                    Contains("data.image_size") && Contains("2 x 2"));
  CHECK_THROWS_WITH(sim::averaged_down(images_of(2, {1, 2, 3, 4}), 0), Contains("data.image_size"));
}

TEST_CASE("the mean image of a class is that of its images, halves up, and black without any") {
  auto images = images_of(1, {10, 11, 0, 255});
  images.labels = {0, 0, 2, 2};
  const auto means = sim::class_means(images);
  CHECK(means.size() == 3);
  CHECK(means.labels == std::vector<std::uint8_t>{0, 1, 2});
  CHECK(means.pixels == std::vector<std::uint8_t>{11, 0, 128});  // 10.5, none, 127.5
  CHECK(means.n_pixels() == 1);
}
