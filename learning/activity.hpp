// What the neurons of a trained network send: on average over many images, or one by one for a few.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learning/objective.hpp"
#include "learning/workers.hpp"
#include "sim/encoder.hpp"
#include "sim/parameters.hpp"
#include "sim/samples.hpp"

namespace loci::learning {

// What each connection's presynaptic neurons send on average over images and steps: (n_connections) times
// (n_l): currents or spikes per step of the input, rectified outputs or spikes per step of hidden neurons.
using MeanInputs = std::vector<std::vector<double>>;
MeanInputs mean_inputs(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                       const Objective& objective, const sim::LabelledImages& images,
                       const sim::Encoder& encoder, const Workers& workers);

// What a rate network's last layer says of an image, outputs (n_classes) turned in place into class
// probabilities: exp(a_j) / sum_k exp(a_k), as cross-entropy reads them.
void softmax(std::span<float> outputs);

// What layer `layer`, from 1 on, sends for each image, (n_images, n_l) row-major: rectified outputs, of a
// rate network's last layer class probabilities, or spikes over all steps.
std::vector<float> layer_activity(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                  const Objective& objective, std::size_t layer,
                                  const sim::LabelledImages& images, const sim::Encoder& encoder,
                                  const Workers& workers);

}  // namespace loci::learning
