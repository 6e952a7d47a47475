#include "io/model_network.hpp"

#include <fmt/format.h>

#include <string>

#include "sim/error.hpp"

namespace loci::io {
namespace {

bool flag(std::uint8_t value, const std::string& where) {
  if (value > 1)
    throw InputError(where, fmt::format("{} is neither 0 nor 1", value), "use another copy of the file");
  return value == 1;
}

void write_lif(hdf5::Group& group, const std::vector<sim::Lif>& lif) {
  std::vector<double> beta;
  std::vector<double> threshold;
  std::vector<std::string> reset;
  std::vector<std::uint8_t> reset_delay;
  for (const sim::Lif& layer : lif) {
    beta.push_back(layer.beta);
    threshold.push_back(layer.threshold);
    reset.emplace_back(name_of(layer.reset));
    reset_delay.push_back(layer.reset_delay ? 1 : 0);
  }
  group.write("lif_beta", beta);
  group.write("lif_threshold", threshold);
  group.write_strings("lif_reset", reset);
  group.write("lif_reset_delay", reset_delay);
}

std::vector<sim::Lif> read_lif(const hdf5::Group& group) {
  const auto beta = group.dataset("lif_beta").read<double>();
  const auto threshold = group.dataset("lif_threshold").read<double>({beta.size()});
  const auto reset = group.dataset("lif_reset").read_strings();
  const auto reset_delay = group.dataset("lif_reset_delay").read<std::uint8_t>({beta.size()});
  const std::string where = group.where() + "/lif_reset";
  if (reset.size() != beta.size())
    throw InputError(where, fmt::format("{} resets for {} layers", reset.size(), beta.size()),
                     "use a file whose parts belong together");
  std::vector<sim::Lif> lif;
  for (std::size_t i = 0; i < beta.size(); ++i)
    lif.push_back({.beta = beta[i],
                   .threshold = threshold[i],
                   .reset = sim::parse_reset(reset[i], where),
                   .reset_delay = flag(reset_delay[i], group.where() + "/lif_reset_delay")});
  return lif;
}

void write_quantisation(hdf5::Group& network, const sim::Quantisation& quantisation) {
  hdf5::Group group = network.create_group("quantization");
  group.write_attribute("weight_bits", static_cast<std::uint64_t>(quantisation.weight_bits));
  group.write_attribute("position_bits", static_cast<std::uint64_t>(quantisation.position_bits));
  group.write_attribute("position_step", quantisation.position_step);
  group.write_attribute("mask_bits", static_cast<std::uint64_t>(quantisation.mask_bits));
  group.write("weight_scale", quantisation.weight_scale);
}

sim::Quantisation read_quantisation(const hdf5::Group& network) {
  if (!network.exists("quantization")) return {};
  const hdf5::Group group = network.group("quantization");
  return {.weight_bits = group.read_attribute<std::uint64_t>("weight_bits"),
          .weight_scale = group.dataset("weight_scale").read<double>(),
          .position_bits = group.read_attribute<std::uint64_t>("position_bits"),
          .position_step = group.read_attribute<double>("position_step"),
          .mask_bits = group.read_attribute<std::uint64_t>("mask_bits")};
}

}  // namespace

void write_network(hdf5::Group& root, const sim::NetworkDescription& network) {
  hdf5::Group group = root.create_group("network");
  group.write_attribute("wiring", std::string(name_of(network.wiring)));
  group.write_attribute("neuron", std::string(name_of(network.neuron)));
  group.write_attribute("dims", static_cast<std::uint64_t>(network.dims));
  group.write_attribute("layer_distance", std::string(name_of(network.layer_distance)));
  group.write_attribute("mask_steepness", network.mask_steepness);
  group.write_attribute("balanced", static_cast<std::uint8_t>(network.balanced ? 1 : 0));
  if (network.balanced_layers != sim::BalancedLayers::first)
    group.write_attribute("balanced_layers", std::string(name_of(network.balanced_layers)));
  group.write_attribute("softening", network.softening);
  group.write_attribute("cutoff", network.cutoff);
  group.write_attribute("pruned", network.pruned);
  if (!network.pruned_shares.empty()) group.write("pruned_shares", network.pruned_shares);
  if (network.pruned_by != sim::PrunedBy::weight)
    group.write_attribute("pruned_by", std::string(name_of(network.pruned_by)));
  group.write("sizes", std::vector<std::uint64_t>(network.sizes.begin(), network.sizes.end()));
  group.write("weight_scale", network.weight_scale);
  write_lif(group, network.lif);
  if (network.quantisation.any()) write_quantisation(group, network.quantisation);
}

sim::NetworkDescription read_network(const hdf5::Group& root) {
  const hdf5::Group group = root.group("network");
  const auto place = [&group](const char* name) { return fmt::format("{}@{}", group.where(), name); };
  const sim::NetworkDescription whole;
  const auto since_version_2 = [&group](const char* name, double otherwise) {
    return group.has_attribute(name) ? group.read_attribute<double>(name) : otherwise;
  };
  const auto sizes = group.dataset("sizes").read<std::uint64_t>();
  sim::NetworkDescription network{
      .sizes = {sizes.begin(), sizes.end()},
      .wiring = sim::parse_wiring(group.read_string_attribute("wiring"), place("wiring")),
      .neuron = sim::parse_neuron_model(group.read_string_attribute("neuron"), place("neuron")),
      .dims = group.read_attribute<std::uint64_t>("dims"),
      .layer_distance =
          sim::parse_layer_distance(group.read_string_attribute("layer_distance"), place("layer_distance")),
      .mask_steepness = group.read_attribute<double>("mask_steepness"),
      .weight_scale = group.dataset("weight_scale").read<double>(),
      .balanced = flag(group.read_attribute<std::uint8_t>("balanced"), place("balanced")),
      .balanced_layers = group.has_attribute("balanced_layers")
                             ? sim::parse_balanced_layers(group.read_string_attribute("balanced_layers"),
                                                          place("balanced_layers"))
                             : whole.balanced_layers,
      .softening = group.read_attribute<double>("softening"),
      .cutoff = since_version_2("cutoff", whole.cutoff),
      .pruned = since_version_2("pruned", whole.pruned),
      .pruned_shares = group.exists("pruned_shares") ? group.dataset("pruned_shares").read<double>()
                                                     : std::vector<double>{},
      .pruned_by = group.has_attribute("pruned_by")
                       ? sim::parse_pruned_by(group.read_string_attribute("pruned_by"), place("pruned_by"))
                       : whole.pruned_by,
      .lif = read_lif(group),
      .quantisation = read_quantisation(group)};
  try {
    sim::validate(network);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", group.where(), error.where()), error.problem(),
                     "the file is damaged or was edited: use another copy");
  }
  return network;
}

}  // namespace loci::io
