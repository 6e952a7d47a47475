// Pruning after training: the same parameters with fewer edges, and biases that stand in for what the removed
// edges carried on average.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learning/activity.hpp"
#include "learning/objective.hpp"
#include "learning/workers.hpp"
#include "sim/encoder.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace loci::learning {

enum class PruningScope {
  layer,   // the same share of each connection
  global,  // one threshold for all connections
};

struct Pruning {
  double share = 0.0;  // of the edges there are, below 1
  sim::PrunedBy by = sim::PrunedBy::weight;
  PruningScope scope = PruningScope::layer;
};

// The network with floor(share x edges) of its edges removed, of each connection or of all together; ties at
// the threshold stay, and so does one edge of each connection. Throws InputError for a network that is pruned
// already, whose edges would come back otherwise, and for a share or an order that makes no sense.
sim::NetworkDescription pruned_network(const sim::NetworkDescription& network,
                                       const sim::Parameters& parameters, const Pruning& pruning);

// The parameters with biases b_j + sum_i x_i (W_ij - W'_ij), W the acting weights `before` and W' those
// `after`, x the mean inputs of the network before: mean currents of a layer stay where the layer before it
// still sends what it sent.
sim::Parameters folded_biases(const sim::NetworkDescription& before, const sim::NetworkDescription& after,
                              const sim::Parameters& parameters, const MeanInputs& inputs);

// 0, 5, ... 95 %: what accuracy against pruning is shown at.
std::vector<double> usual_shares();

// Test accuracy of a trained network at each share; with `inputs`, contributions are folded into biases.
std::vector<double> pruned_accuracies(const sim::NetworkDescription& network,
                                      const sim::Parameters& parameters, const Objective& objective,
                                      Pruning pruning, std::span<const double> shares,
                                      const std::optional<MeanInputs>& inputs,
                                      const sim::LabelledImages& images, const sim::Encoder& encoder,
                                      const Workers& workers);

std::string_view name_of(PruningScope value);
PruningScope parse_pruning_scope(std::string_view text, const std::string& where);

}  // namespace loci::learning
