// Networks onto ReckOn and back; see reckon.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "backends/reckon.hpp"
#include "backends/target_check.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

constexpr const char* target_name = "reckon";
constexpr Range shifts{0, 7};

bool is_readout(const IntegerLayer& layer) {
  return layer.model == reckon_readout_model();
}

// Layers after the first share the recurrent matrix, and so its shift. A larger one can be had with larger
// weights; none if they would be beyond 8 bits.
std::optional<std::vector<std::int16_t>> weights_at(const IntegerConnection& incoming, int exponent) {
  std::vector<std::int16_t> weight = incoming.weight;
  const Range range = signed_range(8);
  for (std::int16_t& value : weight) {
    const std::int64_t shifted = std::int64_t{value} << (incoming.exponent - exponent);
    if (!range.contains(shifted)) return std::nullopt;
    value = static_cast<std::int16_t>(shifted);
  }
  return weight;
}

// What the generic check does not know: the readout's own numbers, ids from even ones on, the shared shift.
std::vector<Misfit> readout_misfits(const IntegerNetwork& network) {
  TargetDescription readout = reckon_target();
  readout.model = reckon_readout_model();
  readout.limits = {.outputs = reckon_outputs};
  readout.numbers.threshold = {reckon_readout_threshold, reckon_readout_threshold};
  readout.numbers.threshold_of = Granularity::layer;
  readout.numbers.leak = {0, 128};
  readout.numbers.leak_of = Granularity::layer;
  return misfits({.layers = {network.layers.back()}, .order = network.order}, readout);
}

std::vector<Misfit> reckon_misfits(const IntegerNetwork& network) {
  if (network.layers.empty()) return {{"a network without layers", "train one"}};
  const bool readout = is_readout(network.layers.back());
  IntegerNetwork spiking = network;
  if (readout) spiking.layers.pop_back();
  if (spiking.layers.empty())
    return {{"a readout alone has no neurons to read", "train with a hidden layer"}};
  const TargetDescription target = reckon_target(spiking.layers.front().model.reset == ResetTo::zero);
  std::vector<Misfit> found = misfits(spiking, target);
  for (std::size_t l = 0; l < spiking.layers.size(); ++l)
    for (const std::int32_t alpha : spiking.layers[l].parameters.leak)
      if (alpha < target.numbers.leak.lowest) {
        found.push_back(
            {fmt::format("layer {}'s beta of {:.4f} is below 0.875, the least that ReckOn's alpha can be",
                         l + 1, alpha / 32768.0),
             "train with --beta of 0.875 or more"});
        break;
      }
  const std::size_t needed = reckon_ids(spiking).back().end();
  if (needed > reckon_neurons && found.empty())
    found.push_back(
        {fmt::format("neurons: the network needs {} with each layer from an even id, the target has {}",
                     needed, reckon_neurons),
         "use fewer hidden neurons"});
  if (readout) std::ranges::move(readout_misfits(network), std::back_inserter(found));
  return found;
}

// The shift of all layers after the first one.
int recurrent_shift(const IntegerNetwork& network, std::size_t n_spiking) {
  int shift = static_cast<int>(shifts.highest);
  for (std::size_t l = 1; l < n_spiking; ++l) shift = std::min(shift, network.layers[l].incoming.exponent);
  return n_spiking == 1 ? 0 : shift;
}

void place(std::span<const std::int16_t> weight, const LayerIds& from, const LayerIds& to, std::size_t row,
           std::vector<std::int8_t>& memory) {
  for (std::size_t source = 0; source < from.size; ++source)
    for (std::size_t target = 0; target < to.size; ++target)
      memory[(from.begin + source) * row + to.begin + target] =
          static_cast<std::int8_t>(weight[source * to.size + target]);
}

IntegerConnection block(const std::vector<std::int8_t>& memory, std::size_t row, const LayerIds& from,
                        const LayerIds& to, int exponent) {
  IntegerConnection connection{.n_sources = from.size, .n_targets = to.size, .weight = {}, .delay = {}};
  connection.exponent = exponent;
  for (std::size_t source = from.begin; source < from.end(); ++source)
    for (std::size_t target = to.begin; target < to.end(); ++target)
      connection.weight.push_back(memory[source * row + target]);
  return connection;
}

}  // namespace

TargetDescription reckon_target(bool reset_to_zero) {
  TargetDescription target{.name = target_name,
                           .title = "ReckOn, an open chip of 256 recurrent neurons and 8-bit synapses",
                           .model = reckon_model(reset_to_zero),
                           .order = SpikeOrder::in_turn};
  target.limits.neurons = reckon_neurons;
  target.limits.inputs = reckon_neurons;
  target.limits.chip = ChipSize{.sources = reckon_neurons, .neurons = reckon_neurons, .together = 2};
  target.numbers = {.weight = signed_range(8),
                    .threshold = {1, 0x7FFF},
                    .threshold_of = Granularity::pair,
                    .leak = {0x7000, 0x8FFF},
                    .leak_of = Granularity::pair,
                    .weight_shift = shifts,
                    .one_later_shift = true};
  return target;
}

std::vector<LayerIds> reckon_ids(const IntegerNetwork& network) {
  std::vector<LayerIds> layers{{0, network.n_inputs()}};
  std::size_t next = 0;
  for (const IntegerLayer& layer : network.layers) {
    if (is_readout(layer)) {
      layers.push_back({0, layer.size()});
      continue;
    }
    layers.push_back({next, layer.size()});
    next += (layer.size() + 1) / 2 * 2;
  }
  return layers;
}

ReckonImage reckon_image(const IntegerNetwork& network) {
  refuse(reckon_misfits(network), target_name);
  const std::vector<LayerIds> layers = reckon_ids(network);
  const bool readout = is_readout(network.layers.back());
  const std::size_t n_spiking = network.layers.size() - (readout ? 1 : 0);
  ReckonImage image;
  image.n_inputs = static_cast<std::uint16_t>(network.n_inputs());
  image.n_recurrent = static_cast<std::uint16_t>(layers[n_spiking].end());
  image.reset_to_zero = network.layers.front().model.reset == ResetTo::zero;
  image.input_shift = static_cast<std::uint8_t>(network.layers.front().incoming.exponent);
  image.recurrent_shift = static_cast<std::uint8_t>(recurrent_shift(network, n_spiking));
  for (std::size_t l = 0; l < n_spiking; ++l) {
    const IntegerLayer& layer = network.layers[l];
    for (std::size_t n = 0; n < layer.size(); ++n) {
      ReckonPair& pair = image.pairs[(layers[l + 1].begin + n) / 2];
      pair.threshold = static_cast<std::int16_t>(layer.parameters.threshold[n]);
      pair.alpha = static_cast<std::uint16_t>(layer.parameters.leak[n]);
    }
    const auto weight = weights_at(layer.incoming, l == 0 ? image.input_shift : image.recurrent_shift);
    if (!weight)
      throw InputError(
          target_name,
          fmt::format("layer {}'s weights count 2^{} times, and layers after the first share one shift, "
                      "which is {}, at which they need more than 8 bits",
                      l + 1, layer.incoming.exponent, image.recurrent_shift),
          "use the same scale of weights for all layers after the first");
    place(*weight, layers[l], layers[l + 1], reckon_neurons, l == 0 ? image.input : image.recurrent);
  }
  if (readout) {
    const IntegerLayer& layer = network.layers.back();
    image.n_outputs = static_cast<std::uint16_t>(layer.size());
    image.kappa = static_cast<std::uint8_t>(layer.parameters.leak.front());
    image.output_shift = static_cast<std::uint8_t>(layer.incoming.exponent);
    place(layer.incoming.weight, layers[n_spiking], layers.back(), reckon_outputs, image.output);
  }
  return image;
}

IntegerNetwork network_of(const ReckonImage& image, std::span<const LayerIds> layers, bool readout) {
  IntegerNetwork network{.layers = {}, .order = SpikeOrder::in_turn};
  const std::size_t n_spiking = layers.size() - (readout ? 2 : 1);
  for (std::size_t l = 0; l < n_spiking; ++l) {
    IntegerLayer& layer = network.layers.emplace_back();
    layer.model = reckon_model(image.reset_to_zero);
    layer.incoming =
        l == 0 ? block(image.input, reckon_neurons, layers[l], layers[l + 1], image.input_shift)
               : block(image.recurrent, reckon_neurons, layers[l], layers[l + 1], image.recurrent_shift);
    for (std::size_t n = layers[l + 1].begin; n < layers[l + 1].end(); ++n) {
      layer.parameters.leak.push_back(image.pairs[n / 2].alpha);
      layer.parameters.threshold.push_back(image.pairs[n / 2].threshold);
    }
  }
  if (readout) {
    if (layers.back().end() > reckon_outputs)
      throw InputError("ReckOn image", "has a readout of more than 16 outputs", "export the network again");
    IntegerLayer& layer = network.layers.emplace_back();
    layer.model = reckon_readout_model();
    layer.incoming =
        block(image.output, reckon_outputs, layers[n_spiking], layers.back(), image.output_shift);
    layer.parameters.leak.assign(layers.back().size, image.kappa);
    layer.parameters.threshold.assign(layers.back().size, reckon_readout_threshold);
  }
  if (reckon_image(network) != image)
    throw InputError("ReckOn image", "holds more than layers that follow one another",
                     "export the network again");
  return network;
}

std::vector<ExportedFile> export_reckon(const IntegerNetwork& network, const RtlSamples& samples,
                                        const ExportFacts& facts) {
  validate(samples, network.n_inputs());
  const ReckonImage image = reckon_image(network);
  const std::vector<LayerIds> layers = reckon_ids(network);
  const bool readout = is_readout(network.layers.back());
  std::vector<ExportedFile> files = write_reckon_image(image, facts);
  files.push_back({sidecar_name, sidecar_text({.target = target_name,
                                               .layers = layers,
                                               .readout = readout,
                                               .n_steps = samples.n_steps,
                                               .n_samples = samples.trains.size(),
                                               .facts = facts})});
  Reckon chip(image);
  for (std::size_t sample = 0; sample < samples.trains.size(); ++sample) {
    const ReckonRun run = run_reckon(chip, layers, readout, samples.trains[sample], samples.n_steps);
    files.push_back({sample_file(sample, "events.txt"), fmt::format("{}\n", fmt::join(run.events, "\n"))});
    files.push_back({sample_file(sample, "expected.log"), reckon_log(chip, run.events)});
  }
  return files;
}

ReckonExport import_reckon(std::span<const ExportedFile> files) {
  ReckonExport read{
      .sidecar = read_sidecar(files, target_name), .image = read_reckon_image(files), .network = {}};
  read.network = network_of(read.image, read.sidecar.layers, read.sidecar.readout);
  if (reckon_ids(read.network) != read.sidecar.layers)
    throw InputError(sidecar_name, "its layers are not where the memory image has them",
                     "export the network again");
  return read;
}

}  // namespace loci::backends
