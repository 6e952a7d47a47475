#include "learning/pruning.hpp"

#include <algorithm>

#include "learning/evaluator.hpp"
#include "learning/trainer.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::learning {
namespace {

constexpr NameTable<PruningScope, 2> scopes{
    {{PruningScope::layer, "layer"}, {PruningScope::global, "global"}}};

// Ranks of the edges alone, connection by connection.
std::vector<std::vector<double>> edge_ranks(const sim::NetworkDescription& network,
                                            const sim::Parameters& parameters) {
  const auto exact = sim::in_double(network, parameters);
  std::vector<std::vector<double>> ranks;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    const auto edges = sim::connection_edges(network, exact, l);
    const auto all = sim::pruning_ranks(network, exact, l);
    auto& kept = ranks.emplace_back();
    for (std::size_t at = 0; at < all.size(); ++at)
      if (edges[at] != 0) kept.push_back(all[at]);
  }
  return ranks;
}

// Shares that remove what lies below one threshold in all connections.
std::vector<double> global_shares(const sim::NetworkDescription& network, const sim::Parameters& parameters,
                                  double share) {
  const auto ranks = edge_ranks(network, parameters);
  std::vector<double> all;
  for (const auto& connection : ranks) all.insert(all.end(), connection.begin(), connection.end());
  if (all.empty()) return std::vector<double>(ranks.size(), 0.0);
  const auto n_removed =
      std::min(static_cast<std::size_t>(share * static_cast<double>(all.size())), all.size() - 1);
  const auto least = all.begin() + static_cast<std::ptrdiff_t>(n_removed);
  std::ranges::nth_element(all, least);
  std::vector<double> shares;
  for (const auto& connection : ranks) {
    const auto n_below = std::ranges::count_if(connection, [&](double rank) { return rank < *least; });
    // In the middle between two counts, so that rounding down finds this one.
    const double half_a_count = 0.5 / static_cast<double>(connection.size());
    const double below = static_cast<double>(n_below) / static_cast<double>(connection.size());
    shares.push_back(n_below == 0 ? 0.0 : std::min(below + half_a_count, 1.0 - half_a_count));
  }
  return shares;
}

}  // namespace

sim::NetworkDescription pruned_network(const sim::NetworkDescription& network,
                                       const sim::Parameters& parameters, const Pruning& pruning) {
  if (network.prunes())
    throw InputError("pruning", "the network is pruned already, and its edges follow from its parameters",
                     "prune the network that it was made from");
  sim::NetworkDescription pruned = network;
  pruned.pruned = pruning.share;
  pruned.pruned_by = pruning.by;
  sim::validate(pruned);
  if (pruning.scope == PruningScope::layer || pruning.share == 0.0) return pruned;
  pruned.pruned = 0.0;
  pruned.pruned_shares = global_shares(pruned, parameters, pruning.share);
  return pruned;
}

sim::Parameters folded_biases(const sim::NetworkDescription& before, const sim::NetworkDescription& after,
                              const sim::Parameters& parameters, const MeanInputs& inputs) {
  const auto exact = sim::in_double(before, parameters);
  sim::Parameters folded = parameters;
  for (std::size_t l = 0; l < before.n_connections(); ++l) {
    const auto whole = sim::connection_weights(before, exact, l);
    const auto left = sim::connection_weights(after, exact, l);
    const std::size_t n_post = before.sizes[l + 1];
    std::vector<double> lost(n_post);
    for (std::size_t i = 0; i < before.sizes[l]; ++i)
      for (std::size_t j = 0; j < n_post; ++j)
        lost[j] += inputs[l][i] * (whole[i * n_post + j] - left[i * n_post + j]);
    const auto bias = folded.group("bias", l + 1);
    for (std::size_t j = 0; j < n_post; ++j) bias[j] += static_cast<float>(lost[j]);
  }
  return folded;
}

std::vector<double> usual_shares() {
  std::vector<double> shares;
  for (int percent = 0; percent < 100; percent += 5) shares.push_back(percent / 100.0);
  return shares;
}

std::vector<double> pruned_accuracies(const sim::NetworkDescription& network,
                                      const sim::Parameters& parameters, const Objective& objective,
                                      Pruning pruning, std::span<const double> shares,
                                      const std::optional<MeanInputs>& inputs,
                                      const sim::LabelledImages& images, const sim::Encoder& encoder,
                                      const Workers& workers) {
  std::vector<double> accuracies;
  for (const double share : shares) {
    pruning.share = share;
    const auto pruned = pruned_network(network, parameters, pruning);
    const auto acting = inputs ? folded_biases(network, pruned, parameters, *inputs) : parameters;
    BatchEvaluator evaluator(pruned, objective, workers, {.keep_weights = true});
    accuracies.push_back(evaluate(evaluator, acting, images, {}, encoder).accuracy);
  }
  return accuracies;
}

std::string_view name_of(PruningScope value) {
  return find_name(scopes, value);
}
PruningScope parse_pruning_scope(std::string_view text, const std::string& where) {
  return find_value(scopes, text, where);
}

}  // namespace loci::learning
