// The layered network as a plain description: what it is, never what state it is in.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "sim/quantisation.hpp"

namespace loci::sim {

enum class Wiring { spatial, dense };  // weights from positions, or stored one by one
enum class NeuronModel { relu, lif };  // rate network (MLP) or spiking network (SNN)
enum class LayerDistance {
  fixed,
  learned,
  relaxed
};  // gap 1; one learned gap a layer pair; all d coordinates learned
enum class Reset { subtract, zero, none };
enum class BalancedLayers { first, hidden, all };  // whose currents balanced wiring centres
// Which edges go first: the smallest |W| before balancing, the longest, or the smallest |W| as it acts, which
// is what all others are made smaller by (soft thresholding: weights are continuous where edges end).
enum class PrunedBy { weight, length, soft_threshold };

// Discrete leaky integrate-and-fire neuron, snnTorch's `Leaky`:
//   U[t] = beta U[t-1] + I[t] - reset(U[t-1] > threshold),  S[t] = U[t] > threshold (strict).
// With reset_delay == false the reset is applied within the step of the spike instead of the next one.
struct Lif {
  double beta = 0.95;
  double threshold = 1.0;
  Reset reset = Reset::subtract;
  bool reset_delay = true;

  bool operator==(const Lif&) const = default;
};

// Seed paper (arXiv 2506.13410) section 2. Connection l joins layer l to layer l + 1.
struct NetworkDescription {
  std::vector<std::size_t> sizes{784, 2048, 10};  // neurons per layer, input first
  Wiring wiring = Wiring::spatial;
  NeuronModel neuron = NeuronModel::lif;
  std::size_t dims =
      3;  // d: d - 1 learned coordinates and the layer coordinate (relaxed: d learned); unused if dense
  LayerDistance layer_distance = LayerDistance::learned;
  double mask_steepness = 10.0;        // k of m = 2 sigmoid(k v) - 1
  std::vector<double> weight_scale{};  // s_l per connection; empty: all 1
  bool balanced = false;               // a_j - mean_j(a_j) at `balanced_layers`
  BalancedLayers balanced_layers =
      BalancedLayers::first;  // the first hidden layer, all of them, the output too
  double softening = 0.0;     // added to every squared distance
  double cutoff = std::numeric_limits<double>::infinity();  // pairs farther apart have no edge; spatial only
  double pruned = 0.0;                  // share of each connection's edges that are removed
  std::vector<double> pruned_shares{};  // one per connection instead; empty: `pruned` for all
  PrunedBy pruned_by = PrunedBy::weight;
  std::vector<Lif> lif{Lif{}};  // one for all layers, or one per non-input layer
  Quantisation quantisation{};  // what parameters and weights are rounded to before they act

  bool operator==(const NetworkDescription&) const = default;

  std::size_t n_layers() const { return sizes.size(); }
  std::size_t n_connections() const { return sizes.size() - 1; }
  bool spatial() const { return wiring == Wiring::spatial; }
  bool spiking() const { return neuron == NeuronModel::lif; }
  bool relaxed() const { return layer_distance == LayerDistance::relaxed; }
  // Learned coordinates per neuron.
  std::size_t n_coordinates() const { return spatial() ? (relaxed() ? dims : dims - 1) : 0; }
  double scale(std::size_t connection) const { return weight_scale.empty() ? 1.0 : weight_scale[connection]; }
  // Whether pairs of neighbouring layers may lack an edge.
  bool culled() const { return std::isfinite(cutoff) || prunes(); }
  bool prunes() const { return pruned > 0.0 || !pruned_shares.empty(); }
  bool prunes_softly() const { return prunes() && pruned_by == PrunedBy::soft_threshold; }
  double pruned_share(std::size_t connection) const {
    return pruned_shares.empty() ? pruned : pruned_shares[connection];
  }
  // How many of a connection's edges within the cutoff are removed, ties aside: never all.
  std::size_t n_pruned(std::size_t connection, std::size_t n_within) const {
    const auto n = static_cast<std::size_t>(pruned_share(connection) * static_cast<double>(n_within));
    return n_within == 0 ? 0 : std::min(n, n_within - 1);
  }
  // The LIF of layer 1..n_layers()-1.
  const Lif& lif_of(std::size_t layer) const { return lif.size() == 1 ? lif.front() : lif[layer - 1]; }
  // Whether the currents of connection l are centred over the postsynaptic layer.
  bool balances(std::size_t connection) const {
    if (!balanced) return false;
    if (balanced_layers == BalancedLayers::all) return true;
    return connection + 1 < n_connections() && (connection == 0 || balanced_layers == BalancedLayers::hidden);
  }
};

// Refuses a description that makes no network: throws InputError naming the field.
void validate(const NetworkDescription& network);

// Learned scalars of one group of one layer: "position", "inhibition", "gap", "bias" or "weight", row-major
// (rows, columns).
struct ParameterGroup {
  std::string name;  // kind and layer (or connection), as in "position0"
  std::string kind;
  std::size_t layer;  // layer of position, inhibition and bias; connection of gap and weight
  std::size_t rows;
  std::size_t columns;
  std::size_t offset;  // in the flat parameter vector

  std::size_t size() const { return rows * columns; }
  bool operator==(const ParameterGroup&) const = default;
};

// Where each group lies in one flat vector. Group order: positions, inhibitions, gaps, weights, biases; then
// by layer.
class ParameterLayout {
 public:
  explicit ParameterLayout(const NetworkDescription& network);

  const std::vector<ParameterGroup>& groups() const { return groups_; }
  std::size_t size() const { return size_; }
  bool has(std::string_view name) const;
  // Throws std::out_of_range when there is no such group.
  const ParameterGroup& at(std::string_view name) const;
  const ParameterGroup& at(std::string_view kind, std::size_t layer) const;
  // Learned scalars of all layers of one kind.
  std::size_t count(std::string_view kind) const;

 private:
  void add(const char* kind, std::size_t layer, std::size_t rows, std::size_t columns);

  std::vector<ParameterGroup> groups_;
  std::size_t size_ = 0;
};

// Text forms used in configuration files and on the command line. The parsers throw InputError with `where`.
std::string_view name_of(Wiring value);
std::string_view name_of(NeuronModel value);
std::string_view name_of(LayerDistance value);
std::string_view name_of(Reset value);
std::string_view name_of(BalancedLayers value);
std::string_view name_of(PrunedBy value);
Wiring parse_wiring(std::string_view text, const std::string& where);
NeuronModel parse_neuron_model(std::string_view text, const std::string& where);
LayerDistance parse_layer_distance(std::string_view text, const std::string& where);
Reset parse_reset(std::string_view text, const std::string& where);
BalancedLayers parse_balanced_layers(std::string_view text, const std::string& where);
PrunedBy parse_pruned_by(std::string_view text, const std::string& where);

}  // namespace loci::sim
