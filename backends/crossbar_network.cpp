#include "backends/crossbar_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/error.hpp"

namespace loci::backends {

std::vector<LayerIds> crossbar_ids(const IntegerNetwork& network) {
  std::vector<LayerIds> layers{{0, network.n_inputs()}};
  for (const IntegerLayer& layer : network.layers) layers.push_back({layers.back().end(), layer.size()});
  if (network.layers.size() == 1 && layers.back().end() > crossbar_size) layers.back().begin = 0;
  return layers;
}

TargetLimits crossbar_limits(const IntegerNetwork& network, bool closed_loop) {
  if (network.layers.size() == 1 && !closed_loop) return {.neurons = crossbar_size, .inputs = crossbar_size};
  return {.ids = crossbar_size};
}

std::vector<std::int16_t> crossbar_weights(const IntegerNetwork& network, std::span<const LayerIds> layers) {
  std::vector<std::int16_t> weight(crossbar_size * crossbar_size);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerConnection& incoming = network.layers[l].incoming;
    for (std::size_t source = 0; source < incoming.n_sources; ++source)
      std::copy_n(incoming.weight.begin() + static_cast<std::ptrdiff_t>(source * incoming.n_targets),
                  incoming.n_targets,
                  weight.begin() + static_cast<std::ptrdiff_t>((layers[l].begin + source) * crossbar_size +
                                                               layers[l + 1].begin));
  }
  return weight;
}

IntegerNetwork crossbar_network(const IntegerModel& model, const IntegerParameters& parameters,
                                std::span<const std::int16_t> weight, std::span<const LayerIds> layers) {
  IntegerNetwork network{.layers = {}, .order = SpikeOrder::one_by_one};
  for (std::size_t l = 1; l < layers.size(); ++l) {
    const LayerIds& from = layers[l - 1];
    const LayerIds& to = layers[l];
    IntegerLayer& layer = network.layers.emplace_back();
    layer.model = model;
    layer.incoming.n_sources = from.size;
    layer.incoming.n_targets = to.size;
    for (std::size_t source = from.begin; source < from.end(); ++source)
      std::ranges::copy(weight.subspan(source * crossbar_size + to.begin, to.size),
                        std::back_inserter(layer.incoming.weight));
    for (std::size_t n = to.begin; n < to.end(); ++n) {
      layer.parameters.leak.push_back(parameters.leak[n]);
      layer.parameters.threshold.push_back(parameters.threshold[n]);
    }
  }
  return network;
}

void append_crossbar_samples(CrossbarChip& chip, const std::string& target, std::span<const LayerIds> layers,
                             const RtlSamples& samples, const ExportFacts& facts, bool closed_loop,
                             std::vector<ExportedFile>& files) {
  validate(samples, layers.front().size);
  files.push_back({sidecar_name, sidecar_text({.target = target,
                                               .layers = {layers.begin(), layers.end()},
                                               .closed_loop = closed_loop,
                                               .n_steps = samples.n_steps,
                                               .n_samples = samples.trains.size(),
                                               .facts = facts})});
  for (std::size_t sample = 0; sample < samples.trains.size(); ++sample) {
    const CrossbarRun run = run_crossbar(chip, layers, samples.trains[sample], samples.n_steps, closed_loop);
    if (chip.longest_queue() > crossbar_queue)
      throw InputError(
          target,
          fmt::format("in sample {} {} spikes wait at once in the closed loop, and the queue holds {}",
                      sample, chip.longest_queue(), crossbar_queue),
          "export for the open loop");
    std::string events;
    for (const std::uint32_t event : run.events) fmt::format_to(std::back_inserter(events), "{:x}\n", event);
    chip.clear();
    files.push_back({sample_file(sample, "events.txt"), std::move(events)});
    files.push_back({sample_file(sample, "expected.log"), crossbar_log(chip, run.events)});
  }
}

void require_same_ids(const RtlSidecar& sidecar, std::span<const LayerIds> layers) {
  if (!std::ranges::equal(sidecar.layers, layers))
    throw InputError(sidecar_name, "its layers are not where the memory image has them",
                     "export the network again");
}

}  // namespace loci::backends
