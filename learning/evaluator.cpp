#include "learning/evaluator.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "learning/rate_pass.hpp"
#include "learning/sample_pass.hpp"

namespace loci::learning {
namespace {

// Enough shards to occupy many threads, few enough that their private gradients stay small. A function of
// sizes alone.
std::size_t shard_count(std::size_t batch_size, std::size_t gradient_floats) {
  constexpr std::size_t most = 32;
  constexpr std::size_t budget_floats = std::size_t{16} << 20;
  const std::size_t affordable =
      std::clamp<std::size_t>(budget_floats / std::max<std::size_t>(gradient_floats, 1), 4, most);
  return std::min(std::bit_floor(affordable), batch_size);
}

// Balances the product where asked for and adds the biases, which come balanced.
void finish_currents(float* currents, std::size_t n_neurons, bool balanced, const float* bias) {
  float mean = 0.0F;
  if (balanced) {
    for (std::size_t j = 0; j < n_neurons; ++j) mean += currents[j];
    mean /= static_cast<float>(n_neurons);
  }
  for (std::size_t j = 0; j < n_neurons; ++j) currents[j] += bias[j] - mean;
}

void centre(float* values, std::size_t n) {
  float mean = 0.0F;
  for (std::size_t j = 0; j < n; ++j) mean += values[j];
  mean /= static_cast<float>(n);
  for (std::size_t j = 0; j < n; ++j) values[j] -= mean;
}

}  // namespace

struct BatchEvaluator::State {
  State(sim::NetworkDescription description, const Objective& wanted, const Workers& team,
        EvaluatorOptions options);

  BatchResult run(const sim::Parameters& parameters, const Batch& batch, sim::Parameters* gradient);
  void first_product(const Batch& batch);
  void run_shards(const Batch& batch, bool with_gradient, BatchResult& result);
  void clear_shard(std::size_t shard);
  void run_spiking_shard(std::size_t shard, std::size_t slot, const Batch& batch, bool with_gradient);
  void run_rate_shard(std::size_t shard, std::size_t slot, const Batch& batch, bool with_gradient);
  void run_sample(std::size_t sample, std::size_t shard, std::size_t slot, const Batch& batch,
                  bool with_gradient);
  void join_shards();
  void first_gradient();
  void gather_currents(std::size_t sample, float* currents) const;
  void scatter_currents(std::size_t sample, const float* currents);
  std::size_t shard_begin(std::size_t shard) const { return shard * batch_size / n_shards; }

  const sim::NetworkDescription network;
  const Objective objective;
  const Workers& workers;
  Profile profile;
  PreparedNetwork shared;
  std::vector<Connection> connections;
  SparseBatch inputs;
  AlignedFloats first_currents;  // per panel of layer 1 (batch, width): currents, then their gradients
  std::vector<float> logits;
  std::size_t batch_size = 0;
  std::size_t n_shards = 1;

  // Per shard: parts added up in shard order.
  std::vector<ShardGradient> shard_gradients;
  std::vector<BatchResult> shard_results;
  // Per thread.
  struct Scratch {
    AlignedFloats panel;     // one panel of weights or weight gradients
    AlignedFloats currents;  // of one sample
    AlignedFloats gradient;
    sim::SpikeTrains input;
    std::unique_ptr<SamplePass> spiking;
    std::unique_ptr<RatePass> rate;
  };
  std::vector<Scratch> scratch;
};

BatchEvaluator::State::State(sim::NetworkDescription description, const Objective& wanted,
                             const Workers& team, EvaluatorOptions options)
    : network(std::move(description)),
      objective(wanted),
      workers(team),
      shared{network, objective, true, 0, options.checkpoint_steps, {}, {}, {}, {}, {}},
      scratch(team.n_threads()) {
  validate(network);
  validate(objective, network);
  for (std::size_t l = 0; l < network.n_connections(); ++l) connections.emplace_back(network, l);
  shared.weights.resize(network.n_connections());
  shared.transposed.resize(network.n_connections());
  for (std::size_t l = 0; l < network.n_layers(); ++l) {
    shared.layers.emplace_back(network.sizes[l]);
    shared.bias.emplace_back(l == 0 ? 0 : shared.layers[l].padded());
    shared.lif.push_back(network.spiking() && l > 0 ? lif_kernel(network.lif_of(l), objective) : LifKernel{});
  }
  std::size_t largest = 0;
  for (const Connection& connection : connections)
    largest = std::max(largest, connection.n_pre() * wide_panel);
  for (Scratch& mine : scratch) {
    mine.panel.resize(largest);
    mine.currents.resize(shared.layers[1].padded());
    mine.gradient.resize(shared.layers[1].padded());
  }
}

// Layer 1's currents under constant input: one product a batch.
void BatchEvaluator::State::first_product(const Batch& batch) {
  Stopwatch watch(profile);
  inputs.clear(network.sizes[0]);
  std::vector<float> values(network.sizes[0]);
  for (std::size_t sample = 0; sample < batch_size; ++sample) {
    batch.currents(sample, values);
    inputs.append(values);
  }
  watch.charge(Phase::input);
  const Connection& connection = connections[0];
  first_currents.resize(connection.panels().padded() * batch_size);
  workers.for_each(connection.panels().size(), [&](std::size_t p, std::size_t slot) {
    Stopwatch mine(profile);
    const Panel& panel = connection.panels()[p];
    connection.make_weights(p, scratch[slot].panel.data());
    mine.charge(Phase::weights);
    sparse_product_panel(inputs, scratch[slot].panel.data(), panel.width,
                         first_currents.data() + panel.begin * batch_size);
    mine.charge(Phase::products);
  });
}

void BatchEvaluator::State::gather_currents(std::size_t sample, float* currents) const {
  for (const Panel& panel : shared.layers[1])
    std::copy_n(first_currents.data() + panel.begin * batch_size + sample * panel.width, panel.width,
                currents + panel.begin);
  finish_currents(currents, network.sizes[1], network.balances(0), shared.bias[1].data());
}

void BatchEvaluator::State::scatter_currents(std::size_t sample, const float* currents) {
  for (const Panel& panel : shared.layers[1])
    std::copy_n(currents + panel.begin, panel.width,
                first_currents.data() + panel.begin * batch_size + sample * panel.width);
}

void BatchEvaluator::State::run_sample(std::size_t sample, std::size_t shard, std::size_t slot,
                                       const Batch& batch, bool with_gradient) {
  Scratch& mine = scratch[slot];
  BatchResult& result = shard_results[shard];
  const std::size_t n_classes = network.sizes.back();
  const std::span<float> scores = std::span(logits).subspan(sample * n_classes, n_classes);
  if (shared.constant_input)
    gather_currents(sample, mine.currents.data());
  else
    batch.spikes(sample, objective.n_steps, mine.input);
  result.n_spikes += mine.spiking->forward(mine.currents.data(), &mine.input, scores);
  const std::uint8_t target = batch.target(sample);
  if (!with_gradient) {
    result.loss += mine.spiking->loss(target);
    return;
  }
  ShardGradient& gradient = shard_gradients[shard];
  float* current_gradient = shared.constant_input ? mine.gradient.data() : nullptr;
  result.loss += mine.spiking->backward(target, gradient, current_gradient);
  if (!shared.constant_input) return;
  for (std::size_t j = 0; j < network.sizes[1]; ++j) gradient.bias[1][j] += current_gradient[j];
  if (network.balances(0)) centre(current_gradient, network.sizes[1]);
  scatter_currents(sample, current_gradient);
}

void BatchEvaluator::State::clear_shard(std::size_t shard) {
  ShardGradient& gradient = shard_gradients[shard];
  gradient.weights.resize(network.n_connections());
  gradient.bias.resize(network.n_layers());
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    gradient.weights[l].assign(shared.weights[l].size(), 0.0F);
    gradient.bias[l + 1].assign(shared.bias[l + 1].size(), 0.0F);
  }
}

void BatchEvaluator::State::run_spiking_shard(std::size_t shard, std::size_t slot, const Batch& batch,
                                              bool with_gradient) {
  Stopwatch watch(profile);
  if (!scratch[slot].spiking) scratch[slot].spiking = std::make_unique<SamplePass>(shared);
  for (std::size_t sample = shard_begin(shard); sample < shard_begin(shard + 1); ++sample)
    run_sample(sample, shard, slot, batch, with_gradient);
  watch.charge(Phase::neurons);
}

void BatchEvaluator::State::run_rate_shard(std::size_t shard, std::size_t slot, const Batch& batch,
                                           bool with_gradient) {
  Stopwatch watch(profile);
  if (!scratch[slot].rate) scratch[slot].rate = std::make_unique<RatePass>(shared);
  RatePass& rate = *scratch[slot].rate;
  const std::size_t first = shard_begin(shard);
  const std::size_t n_samples = shard_begin(shard + 1) - first;
  const std::size_t padded = shared.layers[1].padded();
  const std::size_t n_classes = network.sizes.back();
  float* currents = rate.currents(n_samples);
  for (std::size_t s = 0; s < n_samples; ++s) gather_currents(first + s, currents + s * padded);
  watch.charge(Phase::neurons);
  rate.forward(std::span(logits).subspan(first * n_classes, n_samples * n_classes));
  std::vector<std::uint8_t> targets(n_samples);
  for (std::size_t s = 0; s < n_samples; ++s) targets[s] = batch.target(first + s);
  shard_results[shard].loss = rate.backward(targets, with_gradient ? &shard_gradients[shard] : nullptr);
  watch.charge(Phase::products);
  for (std::size_t s = 0; with_gradient && s < n_samples; ++s) {
    if (network.balances(0)) centre(currents + s * padded, network.sizes[1]);
    scatter_currents(first + s, currents + s * padded);
  }
  watch.charge(Phase::neurons);
}

void BatchEvaluator::State::run_shards(const Batch& batch, bool with_gradient, BatchResult& result) {
  std::size_t gradient_floats = 0;
  for (const AlignedFloats& weights : shared.weights) gradient_floats += weights.size();
  n_shards = shard_count(batch_size, gradient_floats);
  shard_results.assign(n_shards, {});
  if (with_gradient) shard_gradients.resize(n_shards);
  workers.for_each(n_shards, [&](std::size_t shard, std::size_t slot) {
    if (with_gradient) clear_shard(shard);
    if (network.spiking())
      run_spiking_shard(shard, slot, batch, with_gradient);
    else
      run_rate_shard(shard, slot, batch, with_gradient);
  });
  for (const BatchResult& part : shard_results) {
    result.loss += part.loss;
    result.n_spikes += part.n_spikes;
  }
}

// Weight gradients of the stored connections, added over shards in their order, then turned into parameter
// gradients.
void BatchEvaluator::State::join_shards() {
  for (std::size_t l = shared.first_stored(); l < network.n_connections(); ++l) {
    Connection& connection = connections[l];
    AlignedFloats& total = shard_gradients[0].weights[l];
    workers.for_each(connection.panels().size(), [&](std::size_t p, std::size_t) {
      Stopwatch watch(profile);
      const std::size_t begin = connection.offset(connection.panels()[p]);
      const std::size_t end = begin + connection.n_pre() * connection.panels()[p].width;
      for (std::size_t shard = 1; shard < n_shards; ++shard) {
        const float* part = shard_gradients[shard].weights[l].data();
        for (std::size_t at = begin; at < end; ++at) total[at] += part[at];
      }
      watch.charge(Phase::products);
    });
    if (network.balances(l)) centre_rows(connection, total);
    workers.for_each(connection.panels().size(), [&](std::size_t p, std::size_t) {
      Stopwatch watch(profile);
      connection.take_gradient(p, total.data() + connection.offset(connection.panels()[p]));
      watch.charge(Phase::position_gradients);
    });
  }
}

void BatchEvaluator::State::first_gradient() {
  Stopwatch transposing(profile);
  inputs.transpose();
  transposing.charge(Phase::input);
  Connection& connection = connections[0];
  workers.for_each(connection.panels().size(), [&](std::size_t p, std::size_t slot) {
    Stopwatch watch(profile);
    const Panel& panel = connection.panels()[p];
    sparse_gradient_panel(inputs, first_currents.data() + panel.begin * batch_size, panel.width,
                          scratch[slot].panel.data());
    watch.charge(Phase::products);
    connection.take_gradient(p, scratch[slot].panel.data());
    watch.charge(Phase::position_gradients);
  });
}

BatchResult BatchEvaluator::State::run(const sim::Parameters& parameters, const Batch& batch,
                                       sim::Parameters* gradient) {
  if (shared.constant_input != batch.constant_input()) {
    shared.constant_input = batch.constant_input();
    shared.weights[0] = {};
    for (Scratch& mine : scratch) mine.spiking.reset();
  }
  if (!network.spiking() && !batch.constant_input())
    throw std::logic_error("a rate network takes a constant input");
  batch_size = shared.batch_size = batch.size();
  logits.resize(batch_size * network.sizes.back());
  Stopwatch preparing(profile);
  for (Connection& connection : connections) connection.prepare(parameters);
  store_weights(connections, parameters, workers, shared);
  preparing.charge(Phase::weights);
  if (shared.constant_input) first_product(batch);
  BatchResult result;
  run_shards(batch, gradient != nullptr, result);
  if (!std::isfinite(result.loss)) throw NotFinite();
  for (std::size_t sample = 0; sample < batch_size; ++sample) {
    const auto scores = std::span(logits).subspan(sample * network.sizes.back(), network.sizes.back());
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    result.n_correct += best == batch.target(sample) ? 1 : 0;
  }
  if (gradient == nullptr) return result;
  join_shards();
  if (shared.constant_input) first_gradient();
  Stopwatch watch(profile);
  std::fill(gradient->values.begin(), gradient->values.end(), 0.0F);
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    connections[l].add_gradient(parameters, *gradient);
    const auto bias = gradient->group("bias", l + 1);
    for (const ShardGradient& shard : shard_gradients)
      for (std::size_t j = 0; j < bias.size(); ++j) bias[j] += shard.bias[l + 1][j];
    if (network.balances(l)) centre(bias.data(), bias.size());
  }
  double magnitude = 0.0;
  for (const float value : gradient->values) magnitude += std::abs(static_cast<double>(value));
  if (!std::isfinite(magnitude)) throw NotFinite();
  watch.charge(Phase::position_gradients);
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
const Profile& BatchEvaluator::profile() const {
  return state_->profile;
}
Profile& BatchEvaluator::profile() {
  return state_->profile;
}

}  // namespace loci::learning
