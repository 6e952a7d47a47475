// What the figures show of a trained network besides its accuracy, as JSON to keep with its run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "learning/objective.hpp"
#include "learning/workers.hpp"
#include "sim/encoder.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace loci::experiments {

struct TrainedNetwork {
  const sim::NetworkDescription& network;
  const sim::Parameters& parameters;
  const learning::Objective& objective;
  sim::Encoder encoder;
  const sim::LabelledImages& train;
  const sim::LabelledImages& test;
};

// pruning:  {"share": [...], "curves": {"smallest weights, by connection": [...], ...}}, test accuracy at
// each
//           share; soft_pruning: the same by soft threshold.
// layers:   of each layer of a relaxed network {"quantiles": [7], "edge": [...], "count": [...]} of the
//           learned layer coordinate: at 0, 5, 25, 50, 75, 95 and 100 %, and a histogram. Others: an empty
//           list.
// activity: {"positions": [per layer (n_l, coordinates)], "activity": [per layer after the input (10, n_l)]}
//           for the mean training image of each class.
// Throws std::invalid_argument for another name.
nlohmann::json measure(const std::string& name, const TrainedNetwork& trained,
                       const learning::Workers& workers);

}  // namespace loci::experiments
