#include "backends/c_samples.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string>

#include "backends/integer_replay.hpp"
#include "backends/native.hpp"
#include "backends/text_template.hpp"

namespace loci::backends {
namespace {

std::string text_of(const sim::SpikeTrains& train, sim::Step n_steps) {
  std::string text;
  for (sim::Step step = 0; step < n_steps; ++step) {
    const auto spikes = train.at(step);
    fmt::format_to(std::back_inserter(text), "{}{}{}\n", spikes.size(), spikes.empty() ? "" : " ",
                   fmt::join(spikes, " "));
  }
  return text;
}

std::string printed(const sim::SpikeTrains& output, std::size_t n_outputs) {
  std::vector<std::size_t> counts(n_outputs);
  for (const std::uint32_t neuron : output.neuron) ++counts[neuron];
  return fmt::format("= {} {}\n", most_active(output, n_outputs), fmt::join(counts, " "));
}

}  // namespace

std::vector<ExportedFile> c_samples(const IntegerNetwork& network, const CSamples& samples,
                                    const CSourceOptions& options) {
  if (samples.trains.empty() && samples.images.empty()) return {};
  const std::size_t n_outputs = network.layers.back().size();
  IntegerReplay replay(network);
  LayerTrains spikes;
  std::string given;
  std::string expected;
  for (const sim::SpikeTrains& train : samples.trains) {
    replay.run({.spikes = &train}, samples.n_steps, spikes);
    given += text_of(train, samples.n_steps);
    expected += printed(spikes.back(), n_outputs);
  }
  for (const auto image : samples.images) {
    const auto currents =
        PixelSums(network.layers.front().incoming, options.pixel_shift.value_or(0)).of(image);
    replay.run({.spikes = nullptr, .sums = currents}, samples.n_steps, spikes);
    fmt::format_to(std::back_inserter(given), "{}\n", fmt::join(image, " "));
    expected += printed(spikes.back(), n_outputs);
  }
  const std::string name = identifier(options.name);
  return {{name + "_samples.txt", given}, {name + "_expected.txt", expected}};
}

}  // namespace loci::backends
