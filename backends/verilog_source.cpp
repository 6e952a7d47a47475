#include "backends/verilog_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "backends/emulator.hpp"
#include "backends/hex_words.hpp"
#include "backends/native.hpp"
#include "backends/text_template.hpp"

namespace loci::backends {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

int signed_width(std::int64_t largest) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(largest))) + 1;
}

bool uniform(std::span<const std::int32_t> values) {
  return std::ranges::all_of(values, [&](auto value) { return value == values.front(); });
}

// What a layer's memories look like.
struct LayerShape {
  std::size_t n_words = 0;
  int weight_bits = 0;
  int state_bits = 0;
  bool uniform = false;  // leaks and thresholds
  bool biased = false;
};

std::int64_t largest_magnitude(std::span<const std::int32_t> values) {
  std::int64_t largest = 0;
  for (const std::int32_t value : values) largest = std::max(largest, std::abs(std::int64_t{value}));
  return largest;
}

// The most that one step can add to a membrane or take away from it.
std::int64_t most_changed(const IntegerLayer& layer, std::optional<int> pixel_shift) {
  std::int64_t most = most_added(layer.incoming);
  if (pixel_shift) most += PixelSums(layer.incoming, *pixel_shift).largest();
  most += largest_magnitude(layer.parameters.bias);
  return std::max(most, largest_magnitude(layer.parameters.threshold));
}

LayerShape shape_of(const IntegerNetwork& network, const VerilogOptions& options, std::size_t l) {
  const IntegerLayer& layer = network.layers[l];
  const bool driven = l == 0 && options.pixel_shift.has_value();
  const auto lanes = static_cast<std::size_t>(options.lanes);
  std::int64_t largest_weight = 1;
  for (const std::int16_t weight : layer.incoming.weight)
    largest_weight = std::max<std::int64_t>(largest_weight, weight < 0 ? -weight - 1 : weight);
  const Range& membrane = layer.model.membrane;
  return {.n_words = (layer.size() + lanes - 1) / lanes,
          .weight_bits = signed_width(largest_weight),
          .state_bits = signed_width(std::max(-membrane.lowest, membrane.highest) +
                                     most_changed(layer, driven ? options.pixel_shift : std::nullopt)),
          .uniform = uniform(layer.parameters.leak) && uniform(layer.parameters.threshold),
          .biased = driven || largest_magnitude(layer.parameters.bias) != 0};
}

// A memory's words, `lanes` neurons each; number(neuron) appends one neuron's bits to a word.
std::string words(const LayerShape& shape, int lanes, auto&& append) {
  std::string text;
  for (std::size_t word = 0; word < shape.n_words; ++word) {
    HexWord hex;
    for (int lane = 0; lane < lanes; ++lane) append(hex, word * lanes + lane);
    text += hex.text() + '\n';
  }
  return text;
}

std::string weight_file(const IntegerLayer& layer, const LayerShape& shape, int lanes) {
  std::string text;
  const std::size_t n = layer.size();
  for (std::size_t i = 0; i < layer.incoming.n_sources; ++i)
    text += words(shape, lanes, [&](HexWord& hex, std::size_t j) {
      hex.append(j < n ? layer.incoming.weight[i * n + j] : 0, shape.weight_bits);
    });
  return text;
}

std::string neuron_file(const IntegerLayer& layer, const LayerShape& shape, int lanes) {
  return words(shape, lanes, [&](HexWord& hex, std::size_t j) {
    const std::size_t neuron = std::min(j, layer.size() - 1);
    hex.append(layer.parameters.leak[neuron], native_leak_bits + 1);
    hex.append(layer.parameters.threshold[neuron], shape.state_bits);
  });
}

// Biases, plus a sample's sums where there are any.
std::string bias_file(const IntegerLayer& layer, const LayerShape& shape, int lanes,
                      std::span<const std::int32_t> sums) {
  return words(shape, lanes, [&](HexWord& hex, std::size_t j) {
    std::int64_t bias = 0;
    if (j < layer.size() && !layer.parameters.bias.empty()) bias += layer.parameters.bias[j];
    if (j < layer.size() && !sums.empty()) bias += sums[j];
    hex.append(bias, shape.state_bits);
  });
}

std::string number(std::int64_t value, int bits) {
  return fmt::format("{}{}'sd{}", value < 0 ? "-" : "", bits, value < 0 ? -value : value);
}

std::string layer_text(const IntegerNetwork& network, const VerilogOptions& options, const std::string& name,
                       std::size_t l) {
  const IntegerLayer& layer = network.layers[l];
  const LayerShape shape = shape_of(network, options, l);
  const bool first = l == 0;
  const auto before = [&](const char* what) { return fmt::format("{}_{}", what, l - 1); };
  return filled(
      template_text("verilog/layer.v.in"),
      {{"name", name},
       {"l", std::to_string(l)},
       {"n", std::to_string(layer.size())},
       {"n_sources", std::to_string(layer.incoming.n_sources)},
       {"lanes", std::to_string(options.lanes)},
       {"weight_bits", std::to_string(shape.weight_bits)},
       {"state_bits", std::to_string(shape.state_bits)},
       {"lowest", number(layer.model.membrane.lowest, shape.state_bits)},
       {"highest", number(layer.model.membrane.highest, shape.state_bits)},
       {"leak_bits", std::to_string(native_leak_bits)},
       {"reset_subtracts", layer.model.reset == ResetTo::subtract ? "1" : "0"},
       {"reset_at_once", layer.model.reset_time == ResetTime::at_once ? "1" : "0"},
       {"uniform", shape.uniform ? "1" : "0"},
       {"leak", fmt::format("{}'d{}", native_leak_bits + 1, layer.parameters.leak.front())},
       {"threshold", number(layer.parameters.threshold.front(), shape.state_bits)},
       {"biased", shape.biased ? "1" : "0"},
       {"start", first ? "start" : before("done")},
       {"fresh", first ? "fresh" : "forget"},
       {"spikes_in", first ? "spikes_in" : before("spikes")},
       {"bias_write", first ? "bias_write" : "1'b0"},
       {"bias_word", first ? "bias_word" : "16'd0"},
       {"bias_value", first ? "bias_value" : fmt::format("{}'d0", shape.state_bits * options.lanes)}});
}

// The spikes of all layers in one step, the first layer in the lowest bits.
class ExpectedSpikes : public EmulationListener {
 public:
  explicit ExpectedSpikes(const IntegerNetwork& network) : network_(network) {}

  void on_step(std::size_t layer, sim::Step, std::span<const std::uint32_t> fired,
               const IntegerNeurons& neurons) override {
    std::vector<std::uint8_t> bits(neurons.size());
    for (const std::uint32_t neuron : fired) bits[neuron] = 1;
    for (const std::uint8_t bit : bits) word_.append(bit, 1);
    if (layer + 1 < network_.layers.size()) return;
    text_ += word_.text() + '\n';
    word_ = {};
  }
  const std::string& text() const { return text_; }

 private:
  const IntegerNetwork& network_;
  HexWord word_;
  std::string text_;
};

std::string input_words(const sim::SpikeTrains& trains, std::size_t n_inputs, sim::Step n_steps) {
  std::string text;
  for (sim::Step step = 0; step < n_steps; ++step) {
    std::vector<std::uint8_t> bits(n_inputs);
    if (step + 1 < trains.begin.size())
      for (const std::uint32_t input : trains.at(step)) bits[input] = 1;
    HexWord word;
    for (const std::uint8_t bit : bits) word.append(bit, 1);
    text += word.text() + '\n';
  }
  return text;
}

void require_fits(const VerilogSamples& samples, const VerilogOptions& options) {
  const auto require = [](bool fits, const char* what) {
    if (!fits) throw std::invalid_argument(what);
  };
  require(samples.n_steps > 0 && !samples.spikes.empty(), "a Verilog test bench needs samples and steps");
  require(samples.sums.empty() || samples.sums.size() == samples.spikes.size(),
          "a Verilog test bench needs sums of every sample or of none");
  require(samples.sums.empty() || options.pixel_shift,
          "a Verilog test bench has sums, but the network was not told of pixels");
}

void require_possible(const IntegerNetwork& network, const VerilogOptions& options) {
  require_native(network);
  if (options.lanes < 1 || options.lanes > 64) throw std::invalid_argument("lanes must be 1 to 64");
  if (options.pixel_shift) require_pixels_fit(network, *options.pixel_shift);
}

void add_bench(const IntegerNetwork& network, const VerilogSamples& samples, const VerilogOptions& options,
               Values values, std::vector<ExportedFile>& files) {
  const std::string& name = values["name"];
  const LayerShape first = shape_of(network, options, 0);
  ExpectedSpikes expected(network);
  Emulator emulator(network);
  std::string inputs;
  std::string currents;
  for (std::size_t s = 0; s < samples.spikes.size(); ++s) {
    IntegerStimulus stimulus{.spikes = &samples.spikes[s]};
    if (!samples.sums.empty()) {
      stimulus.sums = samples.sums[s];
      currents += bias_file(network.layers[0], first, options.lanes, stimulus.sums);
    }
    emulator.run(stimulus, samples.n_steps, expected);
    inputs += input_words(samples.spikes[s], network.n_inputs(), samples.n_steps);
  }
  std::string all_spikes;
  std::size_t n_neurons = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    all_spikes.insert(0, fmt::format("net.spikes_{}{}", l, l == 0 ? "" : ", "));
    n_neurons += network.layers[l].size();
  }
  values["n_samples"] = std::to_string(samples.spikes.size());
  values["n_steps"] = std::to_string(samples.n_steps);
  values["n_neurons"] = std::to_string(n_neurons);
  values["all_spikes"] = all_spikes;
  values["n_words"] = std::to_string(first.n_words);
  const bool driven = !currents.empty();
  values["current_memory"] = driven ? filled(template_text("verilog/bench_memory.v.in"), values) : "";
  values["read_currents"] = driven ? filled(template_text("verilog/bench_read.v.in"), values) : "";
  values["set_currents"] = driven ? filled(template_text("verilog/bench_set.v.in"), values) : "";
  files.push_back({name + "_bench.v", filled(template_text("verilog/bench.v.in"), values)});
  files.push_back({name + "_samples.hex", inputs});
  files.push_back({name + "_expected.hex", expected.text()});
  if (driven) files.push_back({name + "_currents.hex", currents});
}

Values common_values(const IntegerNetwork& network, const ExportFacts& facts, const VerilogOptions& options) {
  std::string title = std::to_string(network.n_inputs());
  for (const IntegerLayer& layer : network.layers) title += fmt::format("-{}", layer.size());
  return {
      {"name", identifier(options.name)},
      {"title", title + " spiking network in whole numbers"},
      {"facts", comment(fmt::format("Made by loci {} from {}, seed {}; one step is {} ms.", facts.version,
                                    facts.model, facts.seed, facts.step_ms),
                        "// ")},
      {"n_inputs", std::to_string(network.n_inputs())},
      {"n_outputs", std::to_string(network.layers.back().size())},
      {"last", std::to_string(network.layers.size() - 1)},
      {"bias_bits", std::to_string(shape_of(network, options, 0).state_bits * options.lanes)},
      {"version", std::to_string(verilog_source_version)},
      {"pixels", options.pixel_shift ? fmt::format(", pixels shifted by {}.", *options.pixel_shift) : "."}};
}

}  // namespace

VerilogSize verilog_size(const IntegerNetwork& network, const VerilogOptions& options) {
  require_possible(network, options);
  VerilogSize size;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LayerShape shape = shape_of(network, options, l);
    const std::size_t n = shape.n_words * static_cast<std::size_t>(options.lanes);
    const auto state_bits = static_cast<std::size_t>(shape.state_bits);
    size.weight_bits +=
        network.layers[l].incoming.n_sources * n * static_cast<std::size_t>(shape.weight_bits);
    size.state_bits += n * state_bits;
    if (!shape.uniform) size.neuron_bits += n * (state_bits + native_leak_bits + 1);
    if (shape.biased) size.neuron_bits += n * state_bits;
  }
  return size;
}

std::vector<ExportedFile> verilog_source(const IntegerNetwork& network, const ExportFacts& facts,
                                         const VerilogSamples& samples, const VerilogOptions& options) {
  require_possible(network, options);
  require_fits(samples, options);
  Values values = common_values(network, facts, options);
  const std::string name = values["name"];
  std::vector<ExportedFile> files{{"loci_lif.v", std::string(template_text("verilog/loci_lif.v"))}};
  std::string layers;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerLayer& layer = network.layers[l];
    const LayerShape shape = shape_of(network, options, l);
    const auto file = [&](const char* what) { return fmt::format("{}_{}_{}.hex", name, what, l); };
    layers += layer_text(network, options, name, l);
    files.push_back({file("weight"), weight_file(layer, shape, options.lanes)});
    if (!shape.uniform) files.push_back({file("neuron"), neuron_file(layer, shape, options.lanes)});
    if (shape.biased) files.push_back({file("bias"), bias_file(layer, shape, options.lanes, {})});
  }
  values["layers"] = layers;
  files.push_back({name + ".v", filled(template_text("verilog/top.v.in"), values)});
  add_bench(network, samples, options, values, files);
  files.push_back({"synth.sh", filled(template_text("verilog/synth.sh.in"), values)});
  return files;
}

}  // namespace loci::backends
