#include "experiments/report/model_activity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "experiments/report/model_view.hpp"
#include "learning/activity.hpp"
#include "learning/confusion.hpp"
#include "learning/trainer.hpp"
#include "sim/membranes.hpp"
#include "sim/simulate.hpp"

namespace loci::experiments {
namespace {

using sim::LabelledImages;
using sim::NetworkDescription;
using sim::Vertex;

constexpr double step_ms = 1.0;
constexpr std::size_t most_output_traces = 10;
constexpr std::size_t most_hidden_traces = 5;

// Outputs of all neurons of a rate network, input first; of the last layer class probabilities.
class RateNetwork {
 public:
  explicit RateNetwork(const TrainedNetwork& model) : network_(model.network) {
    for (std::size_t l = 0; l < network_.n_connections(); ++l) {
      weights_.push_back(sim::connection_weights(network_, model.parameters, l));
      biases_.push_back(sim::connection_biases(network_, model.parameters, l));
    }
  }

  std::vector<float> outputs(std::span<const std::uint8_t> pixels) const {
    std::vector<float> all;
    for (const std::uint8_t pixel : pixels) all.push_back(static_cast<float>(pixel) / 255.0F);
    std::size_t first = 0;
    for (std::size_t l = 0; l < network_.n_connections(); ++l) {
      std::vector<float> layer = biases_[l];
      for (std::size_t i = 0; i < network_.sizes[l]; ++i)
        for (std::size_t j = 0; j < layer.size(); ++j)
          layer[j] += all[first + i] * weights_[l][i * layer.size() + j];
      if (l + 1 < network_.n_connections()) {
        for (float& output : layer) output = std::max(output, 0.0F);
      } else {
        learning::softmax(layer);
      }
      first += network_.sizes[l];
      all.insert(all.end(), layer.begin(), layer.end());
    }
    return all;
  }

 private:
  const NetworkDescription& network_;
  std::vector<std::vector<float>> weights_;
  std::vector<std::vector<float>> biases_;
};

std::vector<float> chosen(const std::vector<float>& all, const std::vector<std::uint32_t>& neurons) {
  std::vector<float> values;
  values.reserve(neurons.size());
  for (const std::uint32_t neuron : neurons) values.push_back(all[neuron]);
  return values;
}

InputView input_view(const LabelledImages& images, std::size_t image, const std::string& name) {
  const auto pixels = images.image(image);
  return {.name = name, .label = images.labels[image], .pixels = {pixels.begin(), pixels.end()}};
}

struct NamedImage {
  const LabelledImages& images;
  std::size_t image;
  std::string name;
  bool is_test;
};

std::vector<NamedImage> images_of(const ActivityRequest& request) {
  std::vector<NamedImage> all;
  for (std::size_t c = 0; c < request.means.size(); ++c)
    all.push_back({request.means, c, fmt::format("mean of {}", c), false});
  for (std::size_t i = 0; i < std::min(request.n_images, request.test.size()); ++i)
    all.push_back({request.test, i, fmt::format("test image {}", i), true});
  return all;
}

void run_rates(const ActivityRequest& request, ModelActivity& activity) {
  const RateNetwork network(request.model);
  const std::size_t n_outputs = request.model.network.sizes.back();
  activity.inputs.unit = "output (last layer: probability)";
  for (const NamedImage& each : images_of(request)) {
    InputView view = input_view(each.images, each.image, each.name);
    const auto outputs = network.outputs(each.images.image(each.image));
    const auto first = outputs.end() - static_cast<std::ptrdiff_t>(n_outputs);
    view.predicted = std::max_element(first, outputs.end()) - first;
    view.activation = chosen(outputs, request.shown);
    activity.inputs.inputs.push_back(std::move(view));
  }
}

// One spiking network, image after image: a recording of the test images, and the first one's membranes.
class Spikes {
 public:
  explicit Spikes(const ActivityRequest& request)
      : request_(request),
        network_(request.model.network),
        graph_(sim::build_spatial_graph(network_, request.model.parameters, {.step_ms = step_ms})),
        simulation_(network_, request.model.parameters, graph_, sim::Engine::clock, n_steps(), step_ms) {}

  void run(ModelActivity& activity) {
    activity.inputs.unit = "spikes a step";
    for (const NeuronGroup& group : layer_groups(network_))
      activity.raster.populations.push_back({.name = group.name, .n_neurons = group.n_neurons});
    for (const NamedImage& each : images_of(request_)) {
      sim::Raster spikes;
      sim::RasterRecorder recorder(spikes);
      const auto pixels = each.images.image(each.image);
      const auto result =
          simulation_.run(pixels, request_.model.encoder, static_cast<std::uint32_t>(each.image), recorder);
      InputView view = input_view(each.images, each.image, each.name);
      view.predicted = static_cast<std::int64_t>(result.predicted);
      view.activation = chosen(spikes_a_step(spikes, pixels), request_.shown);
      if (each.is_test) {
        if (activity.raster.samples.empty()) add_membranes(spikes, view, pixels, activity);
        append(spikes, view, each.image, activity.raster);
      }
      activity.inputs.inputs.push_back(std::move(view));
    }
  }

 private:
  std::size_t n_steps() const { return request_.model.objective.n_steps; }
  bool constant() const { return request_.model.encoder.encoding == sim::Encoding::constant; }

  // A pixel that is a constant current counts as that current.
  std::vector<float> spikes_a_step(const sim::Raster& spikes, std::span<const std::uint8_t> pixels) const {
    std::vector<float> rate(graph_.n_neurons(), 0.0F);
    for (const sim::NeuronId neuron : spikes.neuron) rate[index_of(neuron)] += 1.0F;
    for (float& each : rate) each /= static_cast<float>(n_steps());
    if (constant())
      for (std::size_t i = 0; i < pixels.size(); ++i) rate[i] = static_cast<float>(pixels[i]) / 255.0F;
    return rate;
  }

  void append(const sim::Raster& spikes, const InputView& view, std::size_t image,
              io::RasterFile& raster) const {
    const double begin_ms = raster.duration_ms;
    for (std::size_t s = 0; s < spikes.size(); ++s) {
      const std::size_t layer = graph_.layer_of(index_of(spikes.neuron[s]));
      raster.populations[layer].ids.push_back(index_of(spikes.neuron[s]) - graph_.layer_begin(layer));
      raster.populations[layer].times_ms.push_back(begin_ms + spikes.time_ms[s]);
    }
    raster.duration_ms += simulation_.sample_duration_ms();
    raster.samples.push_back({.index = image,
                              .begin_ms = begin_ms,
                              .end_ms = raster.duration_ms,
                              .label = view.label,
                              .predicted = view.predicted});
  }

  // The most active neurons of a layer, of equal ones the first, rising.
  std::vector<Vertex> traced(std::size_t layer, const sim::Raster& spikes) const {
    std::vector<std::size_t> counts(graph_.n_neurons());
    for (const sim::NeuronId neuron : spikes.neuron) ++counts[index_of(neuron)];
    std::vector<Vertex> neurons(graph_.layer_begin(layer + 1) - graph_.layer_begin(layer));
    std::iota(neurons.begin(), neurons.end(), graph_.layer_begin(layer));
    const bool last = layer + 1 == graph_.n_layers();
    const std::size_t most = last ? most_output_traces : most_hidden_traces;
    if (!last)
      std::ranges::stable_sort(neurons, std::greater<>(), [&](Vertex neuron) { return counts[neuron]; });
    neurons.resize(std::min(neurons.size(), most));
    std::ranges::sort(neurons);
    return neurons;
  }

  void add_membranes(const sim::Raster& spikes, const InputView& view, std::span<const std::uint8_t> pixels,
                     ModelActivity& activity) const {
    const auto groups = layer_groups(network_);
    for (std::size_t layer = graph_.n_layers() - 1; layer > 0; --layer) {
      const auto neurons = traced(layer, spikes);
      const auto membranes = membranes_of(network_, request_.model.parameters, graph_,
                                          {.spikes = spikes,
                                           .pixels = constant() ? pixels : std::span<const std::uint8_t>(),
                                           .n_steps = n_steps(),
                                           .step_ms = step_ms},
                                          neurons);
      TracesView traces{.title = fmt::format("{}, {} (label {})", groups[layer].name, view.name, view.label),
                        .quantity = "membrane potential U",
                        .start_ms = step_ms,
                        .interval_ms = step_ms,
                        .threshold = network_.lif_of(layer).threshold};
      for (std::size_t k = 0; k < neurons.size(); ++k) {
        TraceView trace{.name = fmt::format("neuron {}", neurons[k] - graph_.layer_begin(layer))};
        for (std::size_t t = 0; t < membranes.size(); t += neurons.size())
          trace.values.push_back(static_cast<float>(membranes[t + k]));
        traces.traces.push_back(std::move(trace));
      }
      if (neurons.size() < groups[layer].n_neurons)
        traces.note = layer + 1 == graph_.n_layers() ? fmt::format("the first {} neurons", neurons.size())
                                                     : fmt::format("the {} that fire most", neurons.size());
      activity.membranes.push_back(std::move(traces));
    }
  }

  const ActivityRequest& request_;
  const NetworkDescription& network_;
  sim::SpatialGraph graph_;
  sim::LayeredSimulation simulation_;
};

learning::Accuracy evaluated(const TrainedNetwork& model, const NetworkDescription& network,
                             const LabelledImages& images, std::size_t n_images,
                             const learning::Workers& workers) {
  learning::BatchEvaluator evaluator(network, model.objective, workers,
                                     {.trajectory_mib = model.trajectory_mib, .keep_weights = true});
  std::vector<std::uint32_t> samples(n_images);
  std::iota(samples.begin(), samples.end(), 0U);
  return learning::evaluate(evaluator, model.parameters, images, samples, model.encoder);
}

}  // namespace

ModelActivity model_activity(const ActivityRequest& request) {
  ModelActivity activity{.inputs = {.height = request.test.height, .width = request.test.width}};
  if (request.model.network.spiking())
    Spikes(request).run(activity);
  else
    run_rates(request, activity);
  return activity;
}

ConfusionView confusion(const TrainedNetwork& model, const LabelledImages& images,
                        const learning::Workers& workers) {
  const auto result = evaluated(model, model.network, images, images.size(), workers);
  const std::size_t n_classes = model.network.sizes.back();
  const auto rows = learning::confusion_matrix(images.labels, result.predictions, n_classes);
  ConfusionView view{.data = images.name, .n_classes = n_classes};
  for (const auto& row : rows) view.counts.insert(view.counts.end(), row.begin(), row.end());
  return view;
}

PruningView pruning(const TrainedNetwork& model, const LabelledImages& images, std::size_t n_images,
                    const learning::Workers& workers,
                    const std::function<void(std::size_t, std::size_t)>& progress) {
  PruningView view{.n_images = std::min(n_images, images.size()), .pruned = pruned_shares(model.network)};
  for (const double share : view.pruned) {
    NetworkDescription pruned = model.network;
    pruned.pruned = share;
    view.accuracy.push_back(evaluated(model, pruned, images, view.n_images, workers).accuracy);
    if (progress) progress(view.accuracy.size(), view.pruned.size());
  }
  return view;
}

}  // namespace loci::experiments
