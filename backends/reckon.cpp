#include "backends/reckon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>

#include "backends/hex_text.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

IntegerParameters neuron_parameters(const ReckonImage& image) {
  IntegerParameters parameters;
  for (std::size_t n = 0; n < image.n_recurrent; ++n) {
    parameters.leak.push_back(image.pairs[n / 2].alpha);
    parameters.threshold.push_back(image.pairs[n / 2].threshold);
  }
  return parameters;
}

IntegerParameters readout_parameters(const ReckonImage& image) {
  return {.leak = std::vector<std::int32_t>(image.n_outputs, image.kappa),
          .threshold = std::vector<std::int32_t>(image.n_outputs, reckon_readout_threshold),
          .bias = {}};
}

}  // namespace

IntegerModel reckon_model(bool reset_to_zero) {
  return {.membrane = signed_range(16),
          .leak = Leak::multiplicative,
          .leak_bits = 15,
          .leak_rounding = Rounding::floor,
          .comparison = Comparison::greater_equal,
          .reset = reset_to_zero ? ResetTo::zero : ResetTo::subtract,
          .reset_time = ResetTime::next_update};
}

IntegerModel reckon_readout_model() {
  IntegerModel model = reckon_model();
  model.leak_bits = 7;
  return model;
}

Reckon::Reckon(const ReckonImage& image)
    : image_(image),
      neurons_(reckon_model(image.reset_to_zero), neuron_parameters(image)),
      readout_(reckon_readout_model(), readout_parameters(image)),
      membrane_(image.n_recurrent),
      output_(image.n_outputs) {}

void Reckon::begin_sample() {
  neurons_.clear();
  readout_.clear();
  begun_ = false;
  stepped_ = false;
  spikes_.clear();
}

void Reckon::step() {
  spikes_.clear();
  neurons_.fire(spikes_);
  neurons_.leak();
  readout_.leak();
  membrane_.assign(neurons_.membrane().begin(), neurons_.membrane().end());
  output_.assign(readout_.membrane().begin(), readout_.membrane().end());
}

void Reckon::tick(std::span<const std::uint32_t> inputs) {
  stepped_ = begun_;
  if (begun_) step();
  begun_ = true;
  std::vector<std::uint8_t> arrives(reckon_neurons);
  constexpr std::uint8_t as_input = 1;
  constexpr std::uint8_t as_spike = 2;
  for (const std::uint32_t input : inputs) arrives.at(input) |= as_input;
  for (const std::uint32_t neuron : spikes_) arrives[neuron] |= as_spike;
  for (std::size_t source = 0; source < std::max(image_.n_inputs, image_.n_recurrent); ++source) {
    if (arrives[source] == 0) continue;
    const std::int32_t input_unit = (arrives[source] & as_input) != 0 ? 1 << image_.input_shift : 0;
    const bool spiked = (arrives[source] & as_spike) != 0;
    const std::int32_t spike_unit = spiked ? 1 << image_.recurrent_shift : 0;
    // Two weights of 8 bits, shifted by 7 at most, need no saturation of their own in 16 bits.
    weights_.resize(image_.n_recurrent);
    for (std::size_t n = 0; n < weights_.size(); ++n)
      weights_[n] = image_.input[source * reckon_neurons + n] * input_unit +
                    image_.recurrent[source * reckon_neurons + n] * spike_unit;
    neurons_.add(std::span<const std::int32_t>(weights_));
    if (!spiked) continue;
    weights_.resize(image_.n_outputs);
    for (std::size_t n = 0; n < weights_.size(); ++n)
      weights_[n] = image_.output[source * reckon_outputs + n] * (1 << image_.output_shift);
    readout_.add(std::span<const std::int32_t>(weights_));
  }
}

std::string reckon_log(Reckon& chip, std::span<const std::int32_t> events) {
  std::string log;
  std::vector<std::uint32_t> inputs;
  chip.begin_sample();
  for (const std::int32_t event : events) {
    if (event >= 0) {
      inputs.push_back(static_cast<std::uint32_t>(event));
      continue;
    }
    chip.tick(inputs);
    inputs.clear();
    if (!chip.stepped()) continue;
    fmt::format_to(std::back_inserter(log), "T {}{}| {} | {}\n", fmt::join(chip.spikes(), " "),
                   chip.spikes().empty() ? "" : " ", fmt::join(chip.stepped_membrane(), " "),
                   fmt::join(chip.stepped_output(), " "));
  }
  return log;
}

std::vector<std::int32_t> read_reckon_events(const std::string& file, std::string_view text) {
  std::vector<std::int32_t> events;
  for (const TextLine& line : lines_of(text)) {
    std::int32_t event = 0;
    const char* end = line.text.data() + line.text.size();
    const auto [last, error] = std::from_chars(line.text.data(), end, event);
    if (error != std::errc{} || last != end || event < -1 ||
        event >= static_cast<std::int32_t>(reckon_neurons))
      throw InputError(
          fmt::format("{} line {}", file, line.number),
          fmt::format("'{}' is no input below 256 and no -1 for a tick", line.text.substr(0, 40)),
          "write the file again");
    events.push_back(event);
  }
  return events;
}

ReckonRun run_reckon(Reckon& chip, std::span<const LayerIds> layers, bool readout,
                     const sim::SpikeTrains& inputs, sim::Step n_steps) {
  const std::size_t n_spiking = layers.size() - (readout ? 2 : 1);
  const std::size_t n_layers = layers.size() - 1;
  ReckonRun run;
  run.spikes.assign(n_spiking, std::vector<std::vector<std::uint32_t>>(n_steps));
  chip.begin_sample();
  for (std::size_t tick = 0; tick < n_steps + n_layers; ++tick) {
    const auto arriving = tick < n_steps ? inputs.at(tick) : std::span<const std::uint32_t>{};
    run.events.insert(run.events.end(), arriving.begin(), arriving.end());
    run.events.push_back(-1);
    chip.tick(arriving);
    for (std::size_t l = 0; l < n_spiking; ++l) {
      const std::size_t step = tick - l - 1;  // which fired with this tick
      if (tick < l + 1 || step >= n_steps) continue;
      for (const std::uint32_t id : chip.spikes())
        if (layers[l + 1].begin <= id && id < layers[l + 1].end())
          run.spikes[l][step].push_back(static_cast<std::uint32_t>(id - layers[l + 1].begin));
    }
    if (readout && n_layers - 1 <= tick && tick < n_steps + n_layers - 1)
      run.outputs.emplace_back(chip.output().begin(), chip.output().end());
  }
  return run;
}

}  // namespace loci::backends
