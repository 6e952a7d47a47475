// A 3-D network with two wide hidden layers, 64-n-n-10, of any n: what shows how time and memory grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learning/objective.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace loci::bench {

struct WideOptions {
  std::uint64_t n = 2000;
  std::string mode = "tiled";  // every pair an edge, edges within a cutoff (culled), stored weights (dense)
  std::string neuron = "mlp";  // or snn
  std::uint64_t steps = 5;     // of the spiking network
  std::uint64_t batch = 16;
  double edges = 500.0;  // culled: mean per neuron between the wide layers
  double gap = 0.1;      // small beside the cutoff, which is then almost a distance in the plane
  std::uint64_t seed = 1;
};

struct WideNetwork {
  sim::NetworkDescription network;
  sim::Initialisation initialisation;
  learning::Objective objective;
  sim::Parameters parameters;
  sim::LabelledImages images;  // random, as many as the batch
};

// Neurons are as dense as 2,048 with a spread of 3: more of them take more room, and the cutoff that leaves
// each as many edges stays the same. It is found from pairs drawn at random. Biases are positive, so that
// neurons are active that get nothing from 64 inputs.
WideNetwork make_wide_network(const WideOptions& options);

// Moves the cutoff into the widest interval of distances around it that holds no pair: rounding then decides
// no edge. Looks at all pairs.
void keep_off_the_cutoff(WideNetwork& wide);

// Pairs of neurons in each connection that have an edge, and those that the evaluator makes weights of: all
// of any two panels near each other.
struct PairCount {
  std::size_t edges = 0;
  std::size_t made = 0;
};
std::vector<PairCount> count_pairs(const WideNetwork& wide);

}  // namespace loci::bench
