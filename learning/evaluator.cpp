#include "learning/evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "learning/passes.hpp"

namespace loci::learning {
namespace {

sim::NetworkDescription validated(sim::NetworkDescription network) {
  validate(network);
  return network;
}

// Small panels follow the cutoff's outline more closely.
std::vector<PanelLayout> panels_of(const sim::NetworkDescription& network) {
  std::vector<PanelLayout> panels;
  for (const std::size_t size : network.sizes)
    panels.emplace_back(size, std::isfinite(network.cutoff) ? narrow_panel : wide_panel);
  return panels;
}

// Of the first hidden layer under constant currents, where sums over trains take fewer additions than looking
// up sums of four neurons at every step.
TrainTable trains_of(const sim::NetworkDescription& network, const Objective& objective) {
  if (!network.spiking() || network.n_layers() < 3) return {};
  TrainTable trains(lif_kernel(network.lif_of(1), objective), objective.n_steps);
  const std::size_t n_neurons = network.sizes[1];
  const bool pays = 4 * (n_neurons + trains.n_rows() + trains.n_toggles()) < n_neurons * objective.n_steps;
  return pays ? trains : TrainTable();
}

void centre(std::span<float> values) {
  float mean = 0.0F;
  for (const float value : values) mean += value;
  mean /= static_cast<float>(values.size());
  for (float& value : values) value -= mean;
}

}  // namespace

struct BatchEvaluator::State {
  State(sim::NetworkDescription description, const Objective& wanted, const Workers& team,
        EvaluatorOptions wished);

  BatchResult run(const sim::Parameters& parameters, const Batch& batch, sim::Parameters* gradient);
  void prepare(const sim::Parameters& stored, const Batch& batch, sim::Parameters* gradient);
  void place_biases(const sim::Parameters& parameters, std::size_t connection, AlignedFloats& to) const;
  void run_blocks(const Batch& batch, BatchResult& result);
  void finish(sim::Parameters& gradient);
  std::size_t block_size() const;

  const sim::NetworkDescription network;
  const Objective objective;
  const Workers& workers;
  const EvaluatorOptions options;
  Profile profile;
  BlockState block;
  std::vector<float> logits;
  std::optional<sim::Parameters> on_grid;  // where positions are rounded
  // Where weights are kept: what they were made from.
  const sim::Parameters* prepared_from = nullptr;
  std::vector<float> prepared_for;
};

BatchEvaluator::State::State(sim::NetworkDescription description, const Objective& wanted,
                             const Workers& team, EvaluatorOptions wished)
    : network(validated(std::move(description))),
      objective(wanted),
      workers(team),
      options(wished),
      block{.network = network,
            .objective = objective,
            .workers = workers,
            .profile = profile,
            .panels = panels_of(network),
            .trains = trains_of(network, objective),
            .neighbourhood = {network, panels_of(network)}} {
  validate(objective, network);
  for (std::size_t l = 0; l < network.n_connections(); ++l)
    block.connections.emplace_back(network, l, block.panels[l], block.panels[l + 1], block.neighbourhood);
  block.layers.resize(network.n_layers());
  for (std::size_t l = 1; l < network.n_layers(); ++l) {
    LayerState& layer = block.layers[l];
    if (network.spiking()) layer.lif = lif_kernel(network.lif_of(l), objective);
    layer.bias.resize(block.panels[l].padded());
    layer.bias_parts.assign(most_shards, AlignedFloats(block.panels[l].padded()));
  }
  block.scratch.resize(workers.n_threads());
}

// Samples run at a time, a function of sizes alone.
std::size_t BatchEvaluator::State::block_size() const {
  double bytes = 0.0;
  for (std::size_t l = 1; l < network.n_layers(); ++l) {
    const auto floats = static_cast<double>(block.panels[l].padded() * block.rows_per_sample(l));
    const bool two = network.spiking() ? !network.lif_of(l).reset_delay : true;
    bytes += sizeof(float) * floats * (two ? 2 : 1);
    if (block.by_train(l))
      bytes += sizeof(std::uint16_t) * static_cast<double>(block.panels[l].padded());
    else if (network.spiking())
      bytes += sizeof(std::uint64_t) * static_cast<double>(block.panels[l].size() * objective.n_steps);
  }
  const double fitting = options.trajectory_mib * 1024 * 1024 / bytes;
  return fitting < 1 ? 1 : fitting > 1e9 ? 1'000'000'000 : static_cast<std::size_t>(fitting);
}

// As they act, in the neighbourhood's order.
void BatchEvaluator::State::place_biases(const sim::Parameters& parameters, std::size_t connection,
                                         AlignedFloats& to) const {
  const bool rounds = network.quantisation.rounds_weights();
  const auto stored = parameters.group("bias", connection + 1);
  const auto rounded =
      rounds ? sim::connection_biases(network, parameters, connection) : std::vector<float>();
  const std::span<const float> bias = rounds ? std::span<const float>(rounded) : stored;
  const auto order = block.neighbourhood.order(connection + 1);
  for (std::size_t j = 0; j < bias.size(); ++j) to[j] = bias[order.empty() ? j : order[j]];
  if (network.balances(connection) && !rounds) centre(std::span(to).first(bias.size()));
}

void BatchEvaluator::State::prepare(const sim::Parameters& stored, const Batch& batch,
                                    sim::Parameters* gradient) {
  Stopwatch watch(profile);
  block.constant_input = batch.constant_input();
  block.with_gradient = gradient != nullptr;
  block.batch_size = batch.size();
  if (options.keep_weights) {
    if (gradient == nullptr && prepared_from == &stored && prepared_for == stored.values) return;
    prepared_from = &stored;
    prepared_for = stored.values;
  }
  // Rounding counts as the identity for gradients, so all of what follows sees rounded numbers alone.
  const bool rounds_positions = network.quantisation.rounds_positions();
  if (rounds_positions) on_grid = sim::on_grid(network, stored);
  const sim::Parameters& parameters = rounds_positions ? *on_grid : stored;
  block.neighbourhood.update(parameters, workers);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    Connection& connection = block.connections[l];
    connection.prepare(parameters, workers, options.keep_weights);
    LayerState& layer = block.layers[l + 1];
    place_biases(parameters, l, layer.bias);
    if (gradient == nullptr) continue;
    connection.begin_gradient(most_parts, *gradient, l == 0 && block.centres_deltas());
    for (AlignedFloats& part : layer.bias_parts) std::fill(part.begin(), part.end(), 0.0F);
  }
  watch.charge(Phase::weights);
}

void BatchEvaluator::State::run_blocks(const Batch& batch, BatchResult& result) {
  const std::size_t n_classes = network.sizes.back();
  const std::size_t n_blocks = (batch.size() + block_size() - 1) / block_size();
  for (std::size_t b = 0; b < n_blocks; ++b) {
    block.first = b * batch.size() / n_blocks;
    block.n_samples = (b + 1) * batch.size() / n_blocks - block.first;
    forward_block(block, batch);
    const auto scores = std::span(logits).subspan(block.first * n_classes, block.n_samples * n_classes);
    const SampleLoss part = block_loss(block, batch, scores);
    result.loss += part.loss;
    result.n_spikes += part.n_spikes;
    if (!std::isfinite(result.loss)) throw NotFinite();
    if (block.with_gradient) backward_block(block);
  }
}

void BatchEvaluator::State::finish(sim::Parameters& gradient) {
  Stopwatch watch(profile);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    block.connections[l].finish_gradient(workers);
    const auto bias = gradient.group("bias", l + 1);
    const auto order = block.neighbourhood.order(l + 1);
    for (const AlignedFloats& part : block.layers[l + 1].bias_parts)
      for (std::size_t j = 0; j < bias.size(); ++j) bias[order.empty() ? j : order[j]] += part[j];
    if (network.balances(l)) centre(bias);
  }
  double magnitude = 0.0;
  for (const float value : gradient.values) magnitude += std::abs(static_cast<double>(value));
  if (!std::isfinite(magnitude)) throw NotFinite();
  watch.charge(Phase::position_gradients);
}

BatchResult BatchEvaluator::State::run(const sim::Parameters& parameters, const Batch& batch,
                                       sim::Parameters* gradient) {
  if (!network.spiking() && !batch.constant_input())
    throw std::logic_error("a rate network takes a constant input");
  const std::size_t n_classes = network.sizes.back();
  logits.resize(batch.size() * n_classes);
  if (gradient != nullptr) std::fill(gradient->values.begin(), gradient->values.end(), 0.0F);
  prepare(parameters, batch, gradient);
  BatchResult result;
  run_blocks(batch, result);
  for (std::size_t sample = 0; sample < batch.size(); ++sample) {
    const auto scores = std::span(logits).subspan(sample * n_classes, n_classes);
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    result.n_correct += best == batch.target(sample) ? 1 : 0;
  }
  if (gradient != nullptr) finish(*gradient);
  return result;
}

BatchEvaluator::BatchEvaluator(const sim::NetworkDescription& network, const Objective& objective,
                               const Workers& workers, EvaluatorOptions options)
    : state_(std::make_unique<State>(network, objective, workers, options)) {}

BatchEvaluator::~BatchEvaluator() = default;

BatchResult BatchEvaluator::gradient(const sim::Parameters& parameters, const Batch& batch,
                                     sim::Parameters& gradient) {
  return state_->run(parameters, batch, &gradient);
}

BatchResult BatchEvaluator::forward(const sim::Parameters& parameters, const Batch& batch) {
  return state_->run(parameters, batch, nullptr);
}

std::span<const float> BatchEvaluator::logits() const {
  return state_->logits;
}
std::span<const float> BatchEvaluator::sorted_at() const {
  return state_->block.neighbourhood.sorted_at();
}
void BatchEvaluator::sort_at(std::vector<float> values) {
  state_->block.neighbourhood.sort_at(std::move(values), state_->workers);
}
void BatchEvaluator::prune_to(double fraction) {
  if (!state_->network.prunes()) return;
  for (std::size_t l = 0; l < state_->network.n_connections(); ++l)
    state_->block.connections[l].prune_share(fraction * state_->network.pruned_share(l));
  state_->prepared_from = nullptr;
}
const Profile& BatchEvaluator::profile() const {
  return state_->profile;
}
Profile& BatchEvaluator::profile() {
  return state_->profile;
}

}  // namespace loci::learning
