// What a trained network does with images: activations of every neuron, spikes, membranes, and how often it
// is right.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "experiments/report/views.hpp"
#include "io/raster_file.hpp"
#include "learning/evaluator.hpp"
#include "learning/objective.hpp"
#include "learning/workers.hpp"
#include "sim/encoder.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace loci::experiments {

struct TrainedNetwork {
  const sim::NetworkDescription& network;
  const sim::Parameters& parameters;
  sim::Encoder encoder;  // as it was trained
  learning::Objective objective;
  double trajectory_mib = 32.0;
};

struct ActivityRequest {
  const TrainedNetwork& model;
  const sim::LabelledImages& means;  // of the classes, or none
  const sim::LabelledImages& test;   // the first n_images of them are run
  std::size_t n_images = 10;
  const std::vector<std::uint32_t>& shown;  // neurons whose activations are kept
};

struct ModelActivity {
  InputsView inputs;      // the means, then the test images
  io::RasterFile raster;  // of the test images; spiking networks only
  std::vector<TracesView> membranes;
};

// Activations are spikes a step, or the outputs of rate networks (at the last layer logits). Membranes are
// those of the first test image: of all neurons of the last layer up to ten, and of the five of each layer
// between that fire most.
ModelActivity model_activity(const ActivityRequest& request);

// Label and prediction on all images, counted.
ConfusionView confusion(const TrainedNetwork& model, const sim::LabelledImages& images,
                        const learning::Workers& workers);

// Accuracy on the first n_images when a share of each connection's edges is removed, the weakest first; of
// the shares of pruned_shares(). progress is told how many of how many are done.
PruningView pruning(const TrainedNetwork& model, const sim::LabelledImages& images, std::size_t n_images,
                    const learning::Workers& workers,
                    const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace loci::experiments
