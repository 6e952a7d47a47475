#include "backends/rtl_chips.hpp"

#include "backends/crossbar_network.hpp"
#include "backends/odin.hpp"
#include "backends/reckon.hpp"
#include "backends/tiny_odin.hpp"

namespace loci::backends {
namespace {

std::vector<std::vector<std::uint32_t>> run_open_loop(CrossbarChip& chip, const IntegerNetwork& part,
                                                      const sim::SpikeTrains& inputs, sim::Step n_steps) {
  const std::vector<LayerIds> layers = crossbar_ids(part);
  return layer_spikes(run_crossbar(chip, layers, inputs, n_steps, false), layers, n_steps, false).front();
}

}  // namespace

ChipFiles tiny_odin_chips(const ExportFacts& facts) {
  return {.target = "tinyodin",
          .facts = facts,
          .write = [facts](const IntegerNetwork& part,
                           const RtlSamples& samples) { return export_tiny_odin(part, samples, facts); },
          .run =
              [](const IntegerNetwork& part, const sim::SpikeTrains& inputs, sim::Step n_steps) {
                TinyOdin chip(tiny_odin_image(part));
                return run_open_loop(chip, part, inputs, n_steps);
              },
          .read = [](std::span<const ExportedFile> files) { return import_tiny_odin(files).network; }};
}

ChipFiles odin_chips(const ExportFacts& facts) {
  return {.target = "odin",
          .facts = facts,
          .write = [facts](const IntegerNetwork& part,
                           const RtlSamples& samples) { return export_odin(part, samples, facts); },
          .run =
              [](const IntegerNetwork& part, const sim::SpikeTrains& inputs, sim::Step n_steps) {
                Odin chip(odin_image(part));
                return run_open_loop(chip, part, inputs, n_steps);
              },
          .read = [](std::span<const ExportedFile> files) { return import_odin(files).network; }};
}

ChipFiles reckon_chips(const ExportFacts& facts) {
  return {.target = "reckon",
          .facts = facts,
          .write = [facts](const IntegerNetwork& part,
                           const RtlSamples& samples) { return export_reckon(part, samples, facts); },
          .run =
              [](const IntegerNetwork& part, const sim::SpikeTrains& inputs, sim::Step n_steps) {
                Reckon chip(reckon_image(part));
                return run_reckon(chip, reckon_ids(part), false, inputs, n_steps).spikes.front();
              },
          .read = [](std::span<const ExportedFile> files) { return import_reckon(files).network; }};
}

}  // namespace loci::backends
