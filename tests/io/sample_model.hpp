// A small model with every part filled, for round trips and damage.
#pragma once

#include <cmath>
#include <limits>

#include "io/model_file.hpp"

inline loci::io::ModelFile sample_model() {
  using namespace loci;
  io::ModelFile model;
  model.network = {.sizes = {6, 5, 4, 3},
                   .dims = 4,
                   .mask_steepness = 0.1 + 0.2,
                   .weight_scale = {1.0 / 3, 0.1, 1},
                   .balanced = true,
                   .softening = 1e-9,
                   .cutoff = 7.0 / 3,
                   .pruned = 0.1 + 0.2,
                   .lif = {{.beta = 0.9, .threshold = 0.7, .reset = sim::Reset::zero, .reset_delay = false},
                           {.beta = 0.1 + 0.2, .threshold = 2, .reset = sim::Reset::none},
                           {}},
                   .quantisation = {.weight_bits = 5,
                                    .weight_scale = {1.0 / 3, 7, 0.1 + 0.2},
                                    .position_bits = 11,
                                    .position_step = 0.0078125,
                                    .mask_bits = 3}};
  const std::size_t n = sim::ParameterLayout(model.network).size();
  for (std::size_t i = 0; i < n; ++i) model.parameters.push_back(std::sin(static_cast<float>(i)) / 3);
  model.parameters[0] = -0.0F;
  model.parameters[1] = std::numeric_limits<float>::denorm_min();
  model.seed = 0xFEDCBA9876543210;
  model.configuration = "seed = 1\n[train]\nepochs = 3  # größer\n";
  model.attributes = {{"dataset", "mnist"}, {"best accuracy", "0.9629"}, {"empty", ""}};
  model.history = {{"epoch", "loss"}, {{1, 1.0 / 3}, {2, NAN}, {3, -INFINITY}}};
  model.snapshot = io::TrainingSnapshot{.arrays = {{"adam_m", {1.0F / 3, -0.0F}}, {"none", {}}},
                                        .integers = {{"epoch", 3}, {"step", std::uint64_t{1} << 63}},
                                        .reals = {{"best", 0.1 + 0.2}}};
  return model;
}
