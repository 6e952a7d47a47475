#include "sim/network.hpp"

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "sim/names.hpp"

namespace loci::sim {
namespace {

constexpr NameTable<Wiring, 2> wirings{{{Wiring::spatial, "spatial"}, {Wiring::dense, "dense"}}};
constexpr NameTable<NeuronModel, 2> neuron_models{{{NeuronModel::relu, "mlp"}, {NeuronModel::lif, "snn"}}};
constexpr NameTable<LayerDistance, 3> layer_distances{{{LayerDistance::fixed, "fixed"},
                                                       {LayerDistance::learned, "learned"},
                                                       {LayerDistance::relaxed, "relaxed"}}};
constexpr NameTable<Reset, 3> resets{
    {{Reset::subtract, "subtract"}, {Reset::zero, "zero"}, {Reset::none, "none"}}};
constexpr NameTable<BalancedLayers, 3> balanced_layers{
    {{BalancedLayers::first, "first"}, {BalancedLayers::hidden, "hidden"}, {BalancedLayers::all, "all"}}};
constexpr NameTable<PrunedBy, 3> pruning_orders{{{PrunedBy::weight, "weight"},
                                                 {PrunedBy::length, "length"},
                                                 {PrunedBy::soft_threshold, "soft-threshold"}}};

[[noreturn]] void refuse(const char* field, const std::string& problem, const std::string& remedy) {
  throw InputError(std::string("network.") + field, problem, remedy);
}

[[noreturn]] void refuse_quantisation(const char* field, const std::string& problem,
                                      const std::string& remedy) {
  throw InputError(std::string("quantization.") + field, problem, remedy);
}

void validate_lif(const NetworkDescription& network) {
  if (network.lif.size() != 1 && network.lif.size() != network.n_connections())
    refuse("lif",
           std::to_string(network.lif.size()) + " neuron descriptions for " +
               std::to_string(network.n_connections()) + " spiking layers",
           "give one for all layers or one per layer after the input");
  for (const Lif& lif : network.lif) {
    if (!(lif.beta >= 0.0 && lif.beta <= 1.0))
      refuse("beta", "decay " + std::to_string(lif.beta) + " is outside [0, 1]",
             "choose a decay per step within it");
    if (!(lif.threshold > 0.0) || !std::isfinite(lif.threshold))
      refuse("threshold", "threshold " + std::to_string(lif.threshold) + " is not positive",
             "choose a finite threshold above 0");
  }
}

void validate_space(const NetworkDescription& network) {
  const std::size_t least = network.relaxed() ? 1 : 2;
  if (network.dims < least || network.dims > 64)
    refuse("dims", std::to_string(network.dims) + " dimensions",
           "choose between " + std::to_string(least) + " and 64");
  if (!(network.mask_steepness > 0.0) || !std::isfinite(network.mask_steepness))
    refuse("mask_steepness", "the steepness is not positive",
           "choose a finite value above 0, for example 10");
  if (!(network.softening >= 0.0) || !std::isfinite(network.softening))
    refuse("softening", "the softening is negative or not finite",
           "choose 0 or a small positive squared distance");
}

void validate_bits(const char* field, std::size_t bits) {
  if (bits == 1 || bits > most_quantised_bits)
    refuse_quantisation(
        field, std::to_string(bits) + " bits",
        "choose between 2 and " + std::to_string(most_quantised_bits) + ", or 0 for no rounding");
}

void validate_quantisation(const NetworkDescription& network) {
  const Quantisation& quantisation = network.quantisation;
  validate_bits("weights", quantisation.weight_bits);
  validate_bits("positions", quantisation.position_bits);
  validate_bits("masks", quantisation.mask_bits);
  if (!network.spatial() && (quantisation.rounds_positions() || quantisation.rounds_masks()))
    refuse_quantisation("positions", "a dense network has neither positions nor masks", "round its weights");
  if (quantisation.rounds_weights() && quantisation.weight_scale.size() != network.n_connections())
    refuse_quantisation("scale",
                        std::to_string(quantisation.weight_scale.size()) + " scales for " +
                            std::to_string(network.n_connections()) + " connections",
                        "give one per pair of neighbouring layers");
  for (const double scale : quantisation.weight_scale)
    if (!(scale > 0.0) || !std::isfinite(scale))
      refuse_quantisation("scale", "a scale is not positive", "use scales above 0");
  if (!quantisation.rounds_positions()) return;
  int exponent = 0;
  const double step = quantisation.position_step;
  if (!(step > 0.0) || !std::isfinite(step) || std::frexp(step, &exponent) != 0.5)
    refuse_quantisation("step", "the step is not a power of two", "choose one, for example 0.0625");
}

void validate_share(const char* field, double share) {
  if (!(share >= 0.0 && share < 1.0))
    refuse(field, "the share " + std::to_string(share) + " is outside [0, 1)",
           "choose a share of the edges below 1, or 0 for none");
}

void validate_pruning(const NetworkDescription& network) {
  validate_share("pruned", network.pruned);
  for (const double share : network.pruned_shares) validate_share("pruned_shares", share);
  if (!network.pruned_shares.empty() && network.pruned_shares.size() != network.n_connections())
    refuse("pruned_shares",
           std::to_string(network.pruned_shares.size()) + " shares for " +
               std::to_string(network.n_connections()) + " connections",
           "give one per pair of neighbouring layers, or none");
  if (!network.pruned_shares.empty() && network.pruned > 0.0)
    refuse("pruned_shares", "there are shares by connection and one for all",
           "leave out one of pruned and pruned_shares");
  if (!network.spatial() && network.pruned_by == PrunedBy::length)
    refuse("pruned_by", "the edges of a dense network have no length", "prune by weight");
}

}  // namespace

void validate(const NetworkDescription& network) {
  if (network.sizes.size() < 2)
    refuse("sizes", "fewer than two layers", "give input, hidden and output sizes");
  for (const std::size_t size : network.sizes)
    if (size == 0) refuse("sizes", "a layer has no neurons", "give every layer at least one");
  if (!network.weight_scale.empty() && network.weight_scale.size() != network.n_connections())
    refuse("weight_scale",
           std::to_string(network.weight_scale.size()) + " scales for " +
               std::to_string(network.n_connections()) + " connections",
           "give one scale per pair of neighbouring layers, or none");
  if (!network.spatial() && !network.weight_scale.empty())
    refuse("weight_scale", "a dense network stores its weights and takes no scale", "leave it out");
  for (const double scale : network.weight_scale)
    if (!(scale > 0.0) || !std::isfinite(scale))
      refuse("weight_scale", "a scale is not positive", "use scales above 0");
  if (!(network.cutoff > 0.0))
    refuse("cutoff", "the cutoff is not a positive distance", "choose one above 0, or inf for none");
  if (!network.spatial() && std::isfinite(network.cutoff))
    refuse("cutoff", "a dense network has no distances to cut off at", "leave the cutoff out");
  validate_pruning(network);
  if (network.spatial()) validate_space(network);
  if (network.spiking()) validate_lif(network);
  validate_quantisation(network);
}

ParameterLayout::ParameterLayout(const NetworkDescription& network) {
  validate(network);
  const auto& sizes = network.sizes;
  if (network.spatial()) {
    for (std::size_t l = 0; l < sizes.size(); ++l) add("position", l, sizes[l], network.n_coordinates());
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) add("inhibition", l, sizes[l], 1);
    if (network.layer_distance == LayerDistance::learned)
      for (std::size_t l = 0; l + 1 < sizes.size(); ++l) add("gap", l, 1, 1);
  } else {
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) add("weight", l, sizes[l], sizes[l + 1]);
  }
  for (std::size_t l = 1; l < sizes.size(); ++l) add("bias", l, sizes[l], 1);
}

void ParameterLayout::add(const char* kind, std::size_t layer, std::size_t rows, std::size_t columns) {
  groups_.push_back({kind + std::to_string(layer), kind, layer, rows, columns, size_});
  size_ += rows * columns;
}

bool ParameterLayout::has(std::string_view name) const {
  for (const auto& group : groups_)
    if (group.name == name) return true;
  return false;
}

const ParameterGroup& ParameterLayout::at(std::string_view name) const {
  for (const auto& group : groups_)
    if (group.name == name) return group;
  throw std::out_of_range("no parameter group '" + std::string(name) + "'");
}

const ParameterGroup& ParameterLayout::at(std::string_view kind, std::size_t layer) const {
  for (const auto& group : groups_)
    if (group.kind == kind && group.layer == layer) return group;
  throw std::out_of_range("no parameter group '" + std::string(kind) + std::to_string(layer) + "'");
}

std::size_t ParameterLayout::count(std::string_view kind) const {
  std::size_t total = 0;
  for (const auto& group : groups_)
    if (group.kind == kind) total += group.size();
  return total;
}

std::string_view name_of(Wiring value) {
  return find_name(wirings, value);
}
std::string_view name_of(NeuronModel value) {
  return find_name(neuron_models, value);
}
std::string_view name_of(LayerDistance value) {
  return find_name(layer_distances, value);
}
std::string_view name_of(Reset value) {
  return find_name(resets, value);
}
std::string_view name_of(BalancedLayers value) {
  return find_name(balanced_layers, value);
}
std::string_view name_of(PrunedBy value) {
  return find_name(pruning_orders, value);
}
Wiring parse_wiring(std::string_view text, const std::string& where) {
  return find_value(wirings, text, where);
}
NeuronModel parse_neuron_model(std::string_view text, const std::string& where) {
  return find_value(neuron_models, text, where);
}
LayerDistance parse_layer_distance(std::string_view text, const std::string& where) {
  return find_value(layer_distances, text, where);
}
Reset parse_reset(std::string_view text, const std::string& where) {
  return find_value(resets, text, where);
}
BalancedLayers parse_balanced_layers(std::string_view text, const std::string& where) {
  return find_value(balanced_layers, text, where);
}
PrunedBy parse_pruned_by(std::string_view text, const std::string& where) {
  return find_value(pruning_orders, text, where);
}

}  // namespace loci::sim
