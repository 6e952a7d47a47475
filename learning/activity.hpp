// What the neurons of a trained network send: on average over many images, or one by one for a few.
#pragma once

#include <cstddef>
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

// What layer `layer`, from 1 on, sends for each image, (n_images, n_l) row-major: rectified outputs (of the
// last layer, too), or spikes over all steps.
std::vector<float> layer_activity(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                  const Objective& objective, std::size_t layer,
                                  const sim::LabelledImages& images, const sim::Encoder& encoder,
                                  const Workers& workers);

}  // namespace loci::learning
