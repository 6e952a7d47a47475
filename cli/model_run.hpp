// loci simulate MODEL.h5: a trained network as a spatial graph, image by image.
#pragma once

#include <cstdint>
#include <string>

#include "cli/console.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::cli {

struct ModelRunOptions {
  std::string model;
  std::string data_dir;
  std::string out = "spikes.h5";
  std::string format = "sonata";
  std::uint64_t samples = 100;
  std::uint64_t first = 0;
  std::uint64_t steps = 0;
  std::string engine = "event";
  bool compare = false;
  bool force = false;
  sim::GraphOptions graph;
  Output output;
};

int simulate_model(const ModelRunOptions& options);

}  // namespace loci::cli
