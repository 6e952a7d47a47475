// What a layered simulation must give, computed layer by layer from the description alone: no graph, no
// queue, no shared code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/encoder.hpp"
#include "sim/parameters.hpp"
#include "sim/raster.hpp"
#include "sim/spatial_graph.hpp"

struct Case {
  std::string name;
  loci::sim::NetworkDescription network;
  loci::sim::GraphOptions options{};
  loci::sim::Encoder encoder{};
  std::size_t n_steps = 25;
  double spread = 1.5;
};

// Random parameters with biases and learned gaps of both signs, and a random image with dark pixels.
loci::sim::Parameters random_parameters(const Case& c);
std::vector<std::uint8_t> random_image(std::size_t n_pixels, std::uint32_t sample);

struct ReferenceResult {
  loci::sim::Raster raster;
  std::vector<std::uint32_t> output_counts;
};
ReferenceResult reference_simulation(const Case& c, const loci::sim::Parameters& parameters,
                                     const std::vector<std::uint8_t>& image, std::uint32_t sample);
