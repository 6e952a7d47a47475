#include "backends/odin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "backends/crossbar_network.hpp"
#include "backends/target_check.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

IntegerModel odin_model() {
  return {.membrane = unsigned_range(8),
          .leak = Leak::linear,
          .comparison = Comparison::greater_equal,
          .reset = ResetTo::zero,
          .reset_time = ResetTime::at_once};
}

IntegerParameters parameters_of(const OdinImage& image) {
  IntegerParameters parameters;
  for (const OdinNeuron& neuron : image.neurons) {
    parameters.leak.push_back(neuron.leaks ? neuron.leak : 0);
    parameters.threshold.push_back(neuron.threshold);
  }
  return parameters;
}

std::vector<std::int32_t> membrane_of(const OdinImage& image) {
  std::vector<std::int32_t> membrane;
  for (const OdinNeuron& neuron : image.neurons) membrane.push_back(neuron.membrane);
  return membrane;
}

// (256, 256), signed.
template <typename Number>
std::vector<Number> weights_of(const OdinImage& image, bool unmapped_too) {
  std::vector<Number> weight;
  weight.reserve(image.synapses.size());
  for (std::size_t i = 0; i < image.synapses.size(); ++i) {
    const OdinSynapse& synapse = image.synapses[i];
    const int magnitude = synapse.mapped || unmapped_too ? synapse.weight : 0;
    weight.push_back(static_cast<Number>(image.inhibitory[i / crossbar_size] != 0 ? -magnitude : magnitude));
  }
  return weight;
}

Crossbar crossbar_of(const OdinImage& image) {
  const auto emulated = [](const OdinNeuron& neuron) { return neuron.lif && !neuron.learns; };
  if (!std::ranges::all_of(image.neurons, emulated))
    throw InputError("ODIN image", "has neurons that learn or are Izhikevich's",
                     "use its leaky neurons without SDSP");
  Crossbar crossbar{.closed_loop = !image.open_loop,
                    .weight = weights_of<std::int32_t>(image, image.propagate_unmapped)};
  for (const OdinNeuron& neuron : image.neurons) crossbar.disabled.push_back(neuron.disabled ? 1 : 0);
  return crossbar;
}

}  // namespace

TargetDescription odin_target() {
  TargetDescription target{
      .name = "odin",
      .title = "ODIN, an open chip of 256 neurons and 3-bit synapses with the source's sign",
      .model = odin_model(),
      .order = SpikeOrder::one_by_one};
  target.limits.ids = crossbar_size;
  target.limits.chip = ChipSize{.sources = crossbar_size, .neurons = crossbar_size};
  target.numbers = {.weight = {-7, 7},
                    .sign_by_source = true,
                    .threshold = {1, 255},
                    .threshold_of = Granularity::neuron,
                    .leak = {0, 127},
                    .leak_of = Granularity::neuron};
  return target;
}

Odin::Odin(const OdinImage& image)
    : CrossbarChip(odin_model(), parameters_of(image), membrane_of(image), crossbar_of(image)),
      unmapped_too_(weights_of<std::int32_t>(image, true)) {}

// 17 bits: {1, source, target} one synapse, mapped or not; {0, neuron, FF} one leaks; {0, -, 7F} all leak;
// {0, source, 07} spike; {0, neuron, {weight of 3 bits, inhibitory, leak, 001}} a weight or a leak for one.
void Odin::on_event(std::uint32_t event, std::vector<std::uint32_t>& spikes) {
  const std::uint32_t high = event >> 8 & 0xFF;
  const std::uint32_t low = event & 0xFF;
  const bool virtual_leak = (low & 0b1000) != 0;
  if (event >> 16 == 1) return synapse(low, unmapped_too_[high * crossbar_size + low], spikes);
  if (event >> 16 == 0 && low == 0x7F) return leak_all(spikes);
  if (event >> 16 == 0 && low == 0xFF) return leak_one(high, spikes);
  if (event >> 16 == 0 && low == 0x07) return spike(high, spikes);
  if (event >> 16 != 0 || (low & 0b111) != 0b001)
    throw InputError(fmt::format("ODIN event {:x}", event), "is no leak, no spike, no synapse and no weight",
                     "send events of these kinds, and none of learning");
  if (virtual_leak) return leak_one(high, spikes);
  const auto weight = static_cast<std::int32_t>(low >> 5);
  synapse(high, (low & 0b10000) != 0 ? -weight : weight, spikes);
}

OdinImage odin_image(const IntegerNetwork& network, bool closed_loop) {
  TargetDescription target = odin_target();
  target.limits = crossbar_limits(network, closed_loop);
  require_fits(network, target);
  const std::vector<LayerIds> layers = crossbar_ids(network);
  OdinImage image;
  image.open_loop = !closed_loop;
  const std::vector<std::int16_t> weight = crossbar_weights(network, layers);
  for (std::size_t i = 0; i < weight.size(); ++i) {
    if (weight[i] == 0) continue;
    image.synapses[i] = {.weight = static_cast<std::uint8_t>(std::abs(weight[i])), .mapped = true};
    if (weight[i] < 0) image.inhibitory[i / crossbar_size] = 1;
  }
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerParameters& parameters = network.layers[l].parameters;
    for (std::size_t n = 0; n < layers[l + 1].size; ++n)
      image.neurons[layers[l + 1].begin + n] = {
          .leak = static_cast<std::uint8_t>(parameters.leak[n]),
          .threshold = static_cast<std::uint8_t>(parameters.threshold[n]),
          .disabled = false};
  }
  return image;
}

IntegerNetwork network_of(const OdinImage& image, std::span<const LayerIds> layers) {
  const auto weight = weights_of<std::int16_t>(image, image.propagate_unmapped);
  IntegerNetwork network = crossbar_network(odin_model(), parameters_of(image), weight, layers);
  if (odin_image(network, !image.open_loop) != image)
    throw InputError("ODIN image", "holds more than layers that follow one another from membranes of 0",
                     "export the network again");
  return network;
}

std::vector<ExportedFile> export_odin(const IntegerNetwork& network, const RtlSamples& samples,
                                      const ExportFacts& facts, bool closed_loop) {
  const OdinImage image = odin_image(network, closed_loop);
  std::vector<ExportedFile> files = write_odin_image(image, facts);
  Odin chip(image);
  append_crossbar_samples(chip, "odin", crossbar_ids(network), samples, facts, closed_loop, files);
  return files;
}

OdinExport import_odin(std::span<const ExportedFile> files) {
  OdinExport read{.sidecar = read_sidecar(files, "odin"), .image = read_odin_image(files), .network = {}};
  read.network = network_of(read.image, read.sidecar.layers);
  require_same_ids(read.sidecar, crossbar_ids(read.network));
  return read;
}

}  // namespace loci::backends
