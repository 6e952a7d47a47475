#include "backends/chip_split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "backends/integer_replay.hpp"
#include "sim/error.hpp"

namespace loci::backends {
namespace {

using nlohmann::json;

std::string folder_of(std::size_t chip) {
  return fmt::format("chip-{:03}/", chip);
}

// Fills one chip after another with a layer's neurons.
class Filling {
 public:
  Filling(const IntegerConnection& incoming, std::size_t layer, const ChipSize& chip)
      : incoming_(incoming), layer_(layer), chip_(chip) {}

  ChipSplit parts() {
    begin();
    for (std::size_t first = 0; first < incoming_.n_targets; first += chip_.together) {
      const std::size_t end = std::min(first + chip_.together, incoming_.n_targets);
      if (fits(first, end)) {
        add(first, end);
        continue;
      }
      if (neurons_.empty()) refuse(first, end);
      finish();
      if (!fits(first, end)) refuse(first, end);
      add(first, end);
    }
    finish();
    return std::move(parts_);
  }

 private:
  void begin() {
    is_source_.assign(incoming_.n_sources, false);
    n_sources_ = 0;
    neurons_.clear();
  }

  std::size_t new_sources(std::size_t first, std::size_t end) const {
    std::size_t n = 0;
    for (std::size_t s = 0; s < incoming_.n_sources; ++s) {
      const auto row = incoming_.weight.begin() + static_cast<std::ptrdiff_t>(s * incoming_.n_targets);
      n += !is_source_[s] && std::any_of(row + static_cast<std::ptrdiff_t>(first),
                                         row + static_cast<std::ptrdiff_t>(end),
                                         [](std::int16_t weight) { return weight != 0; })
               ? 1
               : 0;
    }
    return n;
  }

  bool fits(std::size_t first, std::size_t end) const {
    return neurons_.size() + (end - first) <= chip_.neurons &&
           n_sources_ + new_sources(first, end) <= chip_.sources;
  }

  void add(std::size_t first, std::size_t end) {
    n_sources_ += new_sources(first, end);
    for (std::size_t n = first; n < end; ++n) {
      neurons_.push_back(static_cast<std::uint32_t>(n));
      for (std::size_t s = 0; s < incoming_.n_sources; ++s)
        if (incoming_.weight[s * incoming_.n_targets + n] != 0) is_source_[s] = true;
    }
  }

  void finish() {
    ChipPart part{.layer = layer_, .sources = {}, .neurons = std::move(neurons_)};
    for (std::size_t s = 0; s < is_source_.size(); ++s)
      if (is_source_[s]) part.sources.push_back(static_cast<std::uint32_t>(s));
    if (part.sources.empty()) part.sources.push_back(0);  // a chip has inputs, though nothing comes from them
    parts_.push_back(std::move(part));
    begin();
  }

  [[noreturn]] void refuse(std::size_t first, std::size_t end) const {
    throw InputError(
        fmt::format("layer {}, neurons {} to {}", layer_, first, end - 1),
        fmt::format("they have {} sources, and a chip {}", new_sources(first, end), chip_.sources),
        "prune the network");
  }

  const IntegerConnection& incoming_;
  std::size_t layer_;
  ChipSize chip_;
  ChipSplit parts_;
  std::vector<bool> is_source_;  // (n_sources), of the chip in hand
  std::size_t n_sources_ = 0;
  std::vector<std::uint32_t> neurons_;
};

constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();

// Of the numbers that are listed the place in the list, of all others `nowhere`.
std::vector<std::uint32_t> places(std::span<const std::uint32_t> listed, std::size_t n) {
  std::vector<std::uint32_t> place(n, nowhere);
  for (std::uint32_t i = 0; i < listed.size(); ++i) place[listed[i]] = i;
  return place;
}

// One line for each chip that a neuron's, or the network's input's, spikes go to.
std::string routing_text(const ChipSplit& split) {
  std::string text = "from_layer,from_index,from_chip,from_neuron,to_chip,to_input\n";
  for (std::size_t to = 0; to < split.size(); ++to)
    for (std::size_t input = 0; input < split[to].sources.size(); ++input) {
      const std::uint32_t source = split[to].sources[input];
      const std::size_t layer = split[to].layer - 1;
      std::string from = ",";  // the host: an input of the network
      for (std::size_t chip = 0; chip < split.size(); ++chip) {
        if (split[chip].layer != layer) continue;
        const auto at = std::ranges::lower_bound(split[chip].neurons, source);
        if (at != split[chip].neurons.end() && *at == source)
          from = fmt::format("{},{}", chip, at - split[chip].neurons.begin());
      }
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", layer, source, from, to, input);
    }
  return text;
}

std::string chips_text(const IntegerNetwork& network, const ChipSplit& split, const ChipFiles& files) {
  std::vector<std::size_t> sizes{network.n_inputs()};
  for (const IntegerLayer& layer : network.layers) sizes.push_back(layer.size());
  json chips = json::array();
  for (std::size_t chip = 0; chip < split.size(); ++chip)
    chips.push_back({{"folder", folder_of(chip).substr(0, 8)},
                     {"layer", split[chip].layer},
                     {"sources", split[chip].sources},
                     {"neurons", split[chip].neurons}});
  const json text{{"format", "loci-chips"},
                  {"format_version", chips_version},
                  {"loci", files.facts.version},
                  {"model", files.facts.model},
                  {"seed", files.facts.seed},
                  {"configuration", files.facts.configuration},
                  {"target", files.target},
                  {"sizes", sizes},
                  {"chips", chips}};
  return text.dump() + "\n";
}

// The steps' spikes of a layer that a chip fires, by its own numbers.
std::vector<std::vector<std::uint32_t>> expected_of(const ChipPart& part, const sim::SpikeTrains& layer,
                                                    std::size_t n_neurons) {
  const auto place = places(part.neurons, n_neurons);
  std::vector<std::vector<std::uint32_t>> steps;
  for (std::size_t step = 0; step + 1 < layer.begin.size(); ++step) {
    auto& fired = steps.emplace_back();
    for (const std::uint32_t neuron : layer.at(step))
      if (place[neuron] != nowhere) fired.push_back(place[neuron]);
  }
  return steps;
}

constexpr std::size_t most_inputs = std::size_t{1} << 20;

struct ChipsFile {
  std::vector<std::size_t> sizes;  // by layer, the input first
  ChipSplit split;
  std::vector<std::string> folders;
};

[[noreturn]] void refuse_damaged(const std::string& what) {
  throw InputError(chips_name, what, "export the network again");
}

ChipsFile parse_chips(const std::string& text, const std::string& target) {
  try {
    const json file = json::parse(text);
    if (file.at("format") != "loci-chips" || file.at("target") != target)
      refuse_damaged("it is not of a network split over chips of this kind");
    if (const int version = file.at("format_version"); version != chips_version)
      throw InputError(
          chips_name,
          fmt::format("it is of format loci-chips {}, and this loci reads {}", version, chips_version),
          "read it with the loci that wrote it, or export the network again");
    ChipsFile chips{.sizes = file.at("sizes")};
    for (const json& each : file.at("chips")) {
      chips.split.push_back(
          {.layer = each.at("layer"), .sources = each.at("sources"), .neurons = each.at("neurons")});
      chips.folders.push_back(each.at("folder").get<std::string>() + "/");
    }
    return chips;
  } catch (const json::exception&) {
    refuse_damaged("it is damaged");
  }
}

// Every neuron on one chip, and every number within its layer.
void require_whole(const ChipsFile& chips) {
  const std::size_t n_layers = chips.sizes.size();
  if (n_layers < 2) refuse_damaged("it names no layers");
  std::size_t n_neurons = 0;
  for (const ChipPart& part : chips.split) n_neurons += part.neurons.size();
  // Before room is made for what a damaged file may claim.
  if (chips.sizes.front() > most_inputs || std::any_of(chips.sizes.begin() + 1, chips.sizes.end(),
                                                       [&](std::size_t size) { return size > n_neurons; }))
    refuse_damaged("it names more neurons than there are on chips");
  std::vector<std::vector<int>> n_chips(n_layers);
  for (std::size_t l = 0; l < n_layers; ++l) n_chips[l].resize(chips.sizes[l]);
  for (const ChipPart& part : chips.split) {
    if (part.layer == 0 || part.layer >= n_layers) refuse_damaged("it names a layer that there is not");
    const auto within = [](std::size_t size) { return [size](std::uint32_t i) { return i < size; }; };
    if (!std::ranges::all_of(part.sources, within(chips.sizes[part.layer - 1])) ||
        !std::ranges::all_of(part.neurons, within(chips.sizes[part.layer])))
      refuse_damaged("it names neurons that there are not");
    for (const std::uint32_t neuron : part.neurons) ++n_chips[part.layer][neuron];
  }
  for (std::size_t l = 1; l < n_layers; ++l)
    if (std::ranges::any_of(n_chips[l], [](int n) { return n != 1; }))
      refuse_damaged("it has neurons on no chip, or on several");
}

void put_part(const IntegerNetwork& part, const ChipPart& where, IntegerLayer& layer) {
  const IntegerLayer& own = part.layers.front();
  if (part.layers.size() != 1 || own.incoming.n_sources != where.sources.size() ||
      own.size() != where.neurons.size())
    refuse_damaged("a chip's files hold another number of neurons");
  layer.model = own.model;
  layer.incoming.exponent = own.incoming.exponent;
  for (std::size_t k = 0; k < where.neurons.size(); ++k) {
    layer.parameters.leak[where.neurons[k]] = own.parameters.leak[k];
    layer.parameters.threshold[where.neurons[k]] = own.parameters.threshold[k];
    for (std::size_t j = 0; j < where.sources.size(); ++j)
      layer.incoming.weight[where.sources[j] * layer.incoming.n_targets + where.neurons[k]] =
          own.incoming.weight[j * own.size() + k];
  }
}

}  // namespace

TargetDescription over_several_chips(TargetDescription target) {
  if (!target.limits.chip) throw std::invalid_argument("this target cannot be split over several chips");
  target.limits = {.fan_in = target.limits.chip->sources, .chip = target.limits.chip};
  return target;
}

ChipSplit split_over_chips(const IntegerNetwork& network, const ChipSize& chip) {
  ChipSplit split;
  for (std::size_t l = 0; l < network.layers.size(); ++l)
    std::ranges::move(Filling(network.layers[l].incoming, l + 1, chip).parts(), std::back_inserter(split));
  return split;
}

IntegerNetwork part_of(const IntegerNetwork& network, const ChipPart& part) {
  const IntegerLayer& whole = network.layers[part.layer - 1];
  IntegerNetwork result{.layers = {{}}, .order = network.order, .layer_latency = network.layer_latency};
  IntegerLayer& layer = result.layers.front();
  layer.model = whole.model;
  layer.incoming = {.n_sources = part.sources.size(), .n_targets = part.neurons.size(), .weight = {}};
  layer.incoming.exponent = whole.incoming.exponent;
  for (const std::uint32_t source : part.sources)
    for (const std::uint32_t neuron : part.neurons)
      layer.incoming.weight.push_back(whole.incoming.weight[source * whole.size() + neuron]);
  for (const std::uint32_t neuron : part.neurons) {
    layer.parameters.leak.push_back(whole.parameters.leak[neuron]);
    layer.parameters.threshold.push_back(whole.parameters.threshold[neuron]);
  }
  return result;
}

sim::SpikeTrains inputs_of(const ChipPart& part, const sim::SpikeTrains& before) {
  const std::uint32_t n_before =
      before.neuron.empty() ? 0 : *std::ranges::max_element(before.neuron) + std::uint32_t{1};
  const auto place =
      places(part.sources, std::max<std::size_t>(n_before, part.sources.back() + std::size_t{1}));
  sim::SpikeTrains inputs{.begin = {0}, .neuron = {}};
  for (std::size_t step = 0; step + 1 < before.begin.size(); ++step) {
    for (const std::uint32_t neuron : before.at(step))
      if (place[neuron] != nowhere) inputs.neuron.push_back(place[neuron]);
    inputs.begin.push_back(static_cast<std::uint32_t>(inputs.neuron.size()));
  }
  return inputs;
}

std::string split_text(const ChipSplit& split) {
  std::string text = fmt::format("  {:<16} {}, each of them emulated\n  {:<6}{:>8}{:>10}{:>10}\n", "chips",
                                 split.size(), "chip", "layer", "inputs", "neurons");
  for (std::size_t chip = 0; chip < split.size(); ++chip)
    text += fmt::format("  {:<6}{:>8}{:>10}{:>10}\n", chip, split[chip].layer, split[chip].sources.size(),
                        split[chip].neurons.size());
  return text;
}

nlohmann::json split_json(const ChipSplit& split) {
  json chips = json::array();
  for (const ChipPart& part : split)
    chips.push_back(
        {{"layer", part.layer}, {"inputs", part.sources.size()}, {"neurons", part.neurons.size()}});
  return chips;
}

std::vector<ExportedFile> write_split(const IntegerNetwork& network, const ChipSplit& split,
                                      const RtlSamples& samples, const ChipFiles& chips) {
  std::vector<LayerTrains> fired(samples.trains.size());
  for (std::size_t i = 0; i < fired.size(); ++i)
    IntegerReplay(network).run({.spikes = &samples.trains[i], .sums = {}}, samples.n_steps, fired[i]);
  std::vector<ExportedFile> files;
  for (std::size_t chip = 0; chip < split.size(); ++chip) {
    const ChipPart& part = split[chip];
    const IntegerNetwork on_chip = part_of(network, part);
    std::vector<sim::SpikeTrains> inputs;
    for (std::size_t i = 0; i < fired.size(); ++i) {
      inputs.push_back(inputs_of(part, part.layer == 1 ? samples.trains[i] : fired[i][part.layer - 2]));
      const auto expected =
          expected_of(part, fired[i][part.layer - 1], network.layers[part.layer - 1].size());
      if (chips.run(on_chip, inputs.back(), samples.n_steps) != expected)
        throw std::logic_error("a chip fires otherwise than the whole network does");
    }
    for (ExportedFile& file : chips.write(on_chip, {.trains = inputs, .n_steps = samples.n_steps}))
      files.push_back({folder_of(chip) + file.name, std::move(file.content)});
  }
  files.push_back({chips_name, chips_text(network, split, chips)});
  files.push_back({routing_name, routing_text(split)});
  return files;
}

bool is_split(std::span<const ExportedFile> files) {
  return has_file(files, chips_name);
}

IntegerNetwork read_split(std::span<const ExportedFile> files, const ChipFiles& chips) {
  const ChipsFile about = parse_chips(text_of(files, chips_name), chips.target);
  require_whole(about);
  IntegerNetwork network;
  for (std::size_t l = 1; l < about.sizes.size(); ++l) {
    IntegerLayer& layer = network.layers.emplace_back();
    layer.incoming = {.n_sources = about.sizes[l - 1], .n_targets = about.sizes[l], .weight = {}};
    layer.incoming.weight.resize(about.sizes[l - 1] * about.sizes[l]);
    layer.parameters.leak.resize(about.sizes[l]);
    layer.parameters.threshold.resize(about.sizes[l]);
  }
  for (std::size_t chip = 0; chip < about.split.size(); ++chip) {
    std::vector<ExportedFile> own;
    for (const ExportedFile& file : files)
      if (file.name.starts_with(about.folders[chip]))
        own.push_back({file.name.substr(about.folders[chip].size()), file.content});
    const IntegerNetwork part = chips.read(own);
    network.order = part.order;
    put_part(part, about.split[chip], network.layers[about.split[chip].layer - 1]);
  }
  return network;
}

}  // namespace loci::backends
