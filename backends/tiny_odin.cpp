#include "backends/tiny_odin.hpp"

#include <fmt/format.h>

#include "backends/crossbar_network.hpp"
#include "backends/target_check.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

IntegerModel tiny_odin_model() {
  return {.membrane = signed_range(12),
          .leak = Leak::linear,
          .comparison = Comparison::greater_equal,
          .negative_never_fires = true,
          .reset = ResetTo::zero,
          .reset_time = ResetTime::at_once};
}

IntegerParameters parameters_of(const TinyOdinImage& image) {
  IntegerParameters parameters;
  for (const TinyOdinNeuron& neuron : image.neurons) {
    parameters.leak.push_back(neuron.leak);
    parameters.threshold.push_back(neuron.threshold);
  }
  return parameters;
}

std::vector<std::int32_t> membrane_of(const TinyOdinImage& image) {
  std::vector<std::int32_t> membrane;
  for (const TinyOdinNeuron& neuron : image.neurons) membrane.push_back(neuron.membrane);
  return membrane;
}

Crossbar crossbar_of(const TinyOdinImage& image) {
  Crossbar crossbar{.n_worked_on = std::size_t{image.last_neuron} + 1, .closed_loop = !image.open_loop};
  crossbar.weight.assign(image.weight.begin(), image.weight.end());
  for (const TinyOdinNeuron& neuron : image.neurons) crossbar.disabled.push_back(neuron.disabled ? 1 : 0);
  return crossbar;
}

}  // namespace

TargetDescription tiny_odin_target() {
  TargetDescription target{.name = "tinyodin",
                           .title = "tinyODIN, an open chip of 256 neurons and 4-bit synapses",
                           .model = tiny_odin_model(),
                           .order = SpikeOrder::one_by_one};
  target.limits.ids = crossbar_size;
  target.limits.chip = ChipSize{.sources = crossbar_size, .neurons = crossbar_size};
  target.numbers = {.weight = signed_range(4),
                    .threshold = {1, 0x7FF},
                    .threshold_of = Granularity::neuron,
                    .leak = {0, 127},
                    .leak_of = Granularity::neuron};
  return target;
}

TinyOdin::TinyOdin(const TinyOdinImage& image)
    : CrossbarChip(tiny_odin_model(), parameters_of(image), membrane_of(image), crossbar_of(image)) {}

// 10 bits: {0, 1, neuron} leak, where 255 stands for all; {0, 0, source} spike; {1, 0, weight, neuron} adds a
// weight to one of the neurons 0 to 15.
void TinyOdin::on_event(std::uint32_t event, std::vector<std::uint32_t>& spikes) {
  const std::uint32_t kind = event >> 8;
  const std::uint32_t low = event & 0xFF;
  if (kind == 0) return spike(low, spikes);
  if (kind == 1) return low == 0xFF ? leak_all(spikes) : leak_one(low, spikes);
  const MemoryWord word{{event}};
  if (kind != 2 || word.bits(4, 4) == 0)
    throw InputError(fmt::format("tinyODIN event {:x}", event), "is no leak, no spike and no weight but 0",
                     "send events of the chip's kinds");
  synapse(word.bits(0, 4), word.signed_bits(4, 4), spikes);
}

TinyOdinImage tiny_odin_image(const IntegerNetwork& network, bool closed_loop) {
  TargetDescription target = tiny_odin_target();
  target.limits = crossbar_limits(network, closed_loop);
  require_fits(network, target);
  const std::vector<LayerIds> layers = crossbar_ids(network);
  TinyOdinImage image;
  image.open_loop = !closed_loop;
  image.last_neuron = static_cast<std::uint8_t>(layers.back().end() - 1);
  const std::vector<std::int16_t> weight = crossbar_weights(network, layers);
  image.weight.assign(weight.begin(), weight.end());
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerParameters& parameters = network.layers[l].parameters;
    for (std::size_t n = 0; n < layers[l + 1].size; ++n)
      image.neurons[layers[l + 1].begin + n] = {
          .threshold = static_cast<std::uint16_t>(parameters.threshold[n]),
          .leak = static_cast<std::uint8_t>(parameters.leak[n]),
          .disabled = false};
  }
  return image;
}

IntegerNetwork network_of(const TinyOdinImage& image, std::span<const LayerIds> layers) {
  const IntegerParameters parameters = parameters_of(image);
  const std::vector<std::int16_t> weight(image.weight.begin(), image.weight.end());
  IntegerNetwork network = crossbar_network(tiny_odin_model(), parameters, weight, layers);
  TinyOdinImage again = tiny_odin_image(network, !image.open_loop);
  again.spikes_from_controller = image.spikes_from_controller;
  if (again != image)
    throw InputError("tinyODIN image", "holds more than layers that follow one another from membranes of 0",
                     "export the network again");
  return network;
}

std::vector<ExportedFile> export_tiny_odin(const IntegerNetwork& network, const RtlSamples& samples,
                                           const ExportFacts& facts, bool closed_loop) {
  const TinyOdinImage image = tiny_odin_image(network, closed_loop);
  std::vector<ExportedFile> files = write_tiny_odin_image(image, facts);
  TinyOdin chip(image);
  append_crossbar_samples(chip, "tinyodin", crossbar_ids(network), samples, facts, closed_loop, files);
  return files;
}

TinyOdinExport import_tiny_odin(std::span<const ExportedFile> files) {
  TinyOdinExport read{
      .sidecar = read_sidecar(files, "tinyodin"), .image = read_tiny_odin_image(files), .network = {}};
  read.network = network_of(read.image, read.sidecar.layers);
  require_same_ids(read.sidecar, crossbar_ids(read.network));
  return read;
}

}  // namespace loci::backends
