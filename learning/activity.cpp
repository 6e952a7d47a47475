#include "learning/activity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <stdexcept>

#include "learning/batch.hpp"
#include "learning/evaluator.hpp"

namespace loci::learning {
namespace {

// Images without labels: a layer in the middle has no classes.
class Unlabelled final : public Batch {
 public:
  explicit Unlabelled(const Batch& batch) : batch_(batch) {}
  std::size_t size() const override { return batch_.size(); }
  std::uint8_t target(std::size_t /*sample*/) const override { return 0; }
  bool constant_input() const override { return batch_.constant_input(); }
  void currents(std::size_t sample, std::span<float> values) const override {
    batch_.currents(sample, values);
  }
  void spikes(std::size_t sample, std::size_t n_steps, sim::SpikeTrains& trains) const override {
    batch_.spikes(sample, n_steps, trains);
  }

 private:
  const Batch& batch_;
};

std::vector<double> mean_image(const sim::LabelledImages& images, const sim::Encoder& encoder,
                               std::size_t n_steps) {
  const bool once = encoder.encoding == sim::Encoding::latency;
  std::vector<std::uint64_t> sums(images.n_pixels());
  for (std::size_t sample = 0; sample < images.size(); ++sample) {
    const auto image = images.image(sample);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += once ? (image[i] > 0 ? 1U : 0U) : image[i];
  }
  const double unit = (once ? static_cast<double>(n_steps) : 255.0) * static_cast<double>(images.size());
  std::vector<double> means;
  means.reserve(sums.size());
  for (const std::uint64_t sum : sums) means.push_back(static_cast<double>(sum) / unit);
  return means;
}

// The layers up to `last` as a network of its own, with weights as they act.
sim::NetworkDescription front_of(const sim::NetworkDescription& network, std::size_t last) {
  sim::NetworkDescription front{
      .sizes = {network.sizes.begin(), network.sizes.begin() + static_cast<std::ptrdiff_t>(last) + 1},
      .wiring = sim::Wiring::dense,
      .neuron = network.neuron,
      .lif = network.lif};
  if (front.lif.size() > 1) front.lif.resize(last);
  return front;
}

sim::Parameters acting_parameters(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                  const sim::NetworkDescription& front) {
  sim::Parameters acting(front);
  for (std::size_t l = 0; l < front.n_connections(); ++l) {
    std::ranges::copy(sim::connection_weights(network, parameters, l), acting.group("weight", l).begin());
    std::ranges::copy(sim::connection_biases(network, parameters, l), acting.group("bias", l + 1).begin());
  }
  return acting;
}

// Outputs of the last layer of `front`, chunk by chunk: what it sends, (n_samples, n_l), rectified where
// rates are and in spikes per image otherwise.
void for_each_output(const sim::NetworkDescription& front, const sim::Parameters& parameters,
                     std::size_t n_steps, const sim::LabelledImages& images, const sim::Encoder& encoder,
                     const Workers& workers, const std::function<void(std::span<const float>)>& visit) {
  const Objective objective{.loss = front.spiking() ? Loss::ce_count : Loss::cross_entropy,
                            .n_steps = n_steps};
  BatchEvaluator evaluator(front, objective, workers, {.keep_weights = true});
  std::vector<std::uint32_t> samples(images.size());
  std::iota(samples.begin(), samples.end(), 0U);
  constexpr std::size_t chunk = 1000;
  for (std::size_t begin = 0; begin < samples.size(); begin += chunk) {
    const std::size_t size = std::min(chunk, samples.size() - begin);
    const ImageBatch batch(images, std::span(samples).subspan(begin, size), encoder, sim::evaluation_epoch);
    evaluator.forward(parameters, Unlabelled(batch));
    visit(evaluator.logits());
  }
}

double rectified(float output) {
  return std::max(static_cast<double>(output), 0.0);
}

std::vector<double> mean_outputs(const sim::NetworkDescription& front, const sim::Parameters& parameters,
                                 std::size_t n_steps, const sim::LabelledImages& images,
                                 const sim::Encoder& encoder, const Workers& workers) {
  std::vector<double> means(front.sizes.back());
  for_each_output(front, parameters, n_steps, images, encoder, workers, [&](std::span<const float> outputs) {
    for (std::size_t at = 0; at < outputs.size(); ++at) means[at % means.size()] += rectified(outputs[at]);
  });
  const double unit = static_cast<double>(images.size()) * static_cast<double>(front.spiking() ? n_steps : 1);
  for (double& mean : means) mean /= unit;
  return means;
}

}  // namespace

void softmax(std::span<float> outputs) {
  const double largest = *std::ranges::max_element(outputs);
  double sum = 0.0;
  for (const float output : outputs) sum += std::exp(output - largest);
  for (float& output : outputs) output = static_cast<float>(std::exp(output - largest) / sum);
}

MeanInputs mean_inputs(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                       const Objective& objective, const sim::LabelledImages& images,
                       const sim::Encoder& encoder, const Workers& workers) {
  if (images.size() == 0) throw std::invalid_argument("a mean over no images");
  MeanInputs inputs{mean_image(images, encoder, objective.n_steps)};
  for (std::size_t l = 1; l < network.n_connections(); ++l) {
    const auto front = front_of(network, l);
    inputs.push_back(mean_outputs(front, acting_parameters(network, parameters, front), objective.n_steps,
                                  images, encoder, workers));
  }
  return inputs;
}

std::vector<float> layer_activity(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                  const Objective& objective, std::size_t layer,
                                  const sim::LabelledImages& images, const sim::Encoder& encoder,
                                  const Workers& workers) {
  if (layer == 0 || layer >= network.n_layers()) throw std::invalid_argument("no layer after the input");
  const auto front = front_of(network, layer);
  const bool decides = layer + 1 == network.n_layers() && !network.spiking();
  std::vector<float> activity;
  for_each_output(front, acting_parameters(network, parameters, front), objective.n_steps, images, encoder,
                  workers, [&](std::span<const float> outputs) {
                    for (const float output : outputs)
                      activity.push_back(decides ? output : static_cast<float>(rectified(output)));
                  });
  const std::size_t n = network.sizes[layer];
  for (std::size_t at = 0; decides && at < activity.size(); at += n)
    softmax(std::span(activity).subspan(at, n));
  return activity;
}

}  // namespace loci::learning
