#include "learning/reference.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "learning/surrogate.hpp"

namespace loci::learning {
namespace {

using sim::BasicParameters;
using sim::Lif;
using sim::NetworkDescription;
using sim::Reset;

template <typename Real>
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <typename Real>
Eigen::Map<const Matrix<Real>> as_matrix(std::span<const Real> values, std::size_t n_columns) {
  return {values.data(), static_cast<Eigen::Index>(values.size() / n_columns),
          static_cast<Eigen::Index>(n_columns)};
}

template <typename Real>
Eigen::Map<Matrix<Real>> as_matrix(std::vector<Real>& values, std::size_t n_columns) {
  return {values.data(), static_cast<Eigen::Index>(values.size() / n_columns),
          static_cast<Eigen::Index>(n_columns)};
}

// currents (n_samples, n_post) = inputs (n_samples, n_pre) W + b
template <typename Real>
std::vector<Real> affine(std::span<const Real> inputs, std::span<const Real> weights,
                         std::span<const Real> bias) {
  const std::size_t n_post = bias.size();
  const std::size_t n_pre = weights.size() / n_post;
  std::vector<Real> currents(inputs.size() / n_pre * n_post);
  as_matrix(currents, n_post) =
      (as_matrix(inputs, n_pre) * as_matrix(weights, n_post)).rowwise() + as_matrix(bias, n_post).row(0);
  return currents;
}

// One layer of LIF neurons. currents: (n_steps, batch, n) or, constant, (batch, n).
template <typename Real>
void lif_forward(const Lif& lif, const Objective& objective, SpikeForm form, std::span<const Real> currents,
                 std::size_t n_neurons, std::vector<Real>& membranes, std::vector<Real>& spikes) {
  const auto beta = static_cast<Real>(lif.beta);
  const auto threshold = static_cast<Real>(lif.threshold);
  const auto slope = static_cast<Real>(objective.slope);
  membranes.resize(objective.n_steps * n_neurons);
  spikes.resize(objective.n_steps * n_neurons);
  const bool constant = currents.size() == n_neurons;
  for (std::size_t n = 0; n < n_neurons; ++n) {
    Real membrane{0};
    for (std::size_t t = 0; t < objective.n_steps; ++t) {
      const bool resets = lif.reset != Reset::none && membrane > threshold;
      Real next = (lif.reset == Reset::zero && resets ? Real{0} : beta * membrane) +
                  currents[(constant ? 0 : t * n_neurons) + n];
      if (lif.reset == Reset::subtract && resets) next -= threshold;
      const bool fires = next > threshold;
      const Real x = next - threshold;
      spikes[t * n_neurons + n] =
          form == SpikeForm::smooth ? smooth_spike(objective.surrogate, slope, x) : Real(fires);
      if (!lif.reset_delay && lif.reset != Reset::none) {
        const Real due = Real(fires) - Real(resets);
        next -= due * (lif.reset == Reset::subtract ? threshold : next);
      }
      membranes[t * n_neurons + n] = membrane = next;
    }
  }
}

// dL/dI (n_steps, batch n) from dL/dS and dL/dU of the reported membrane. The reset is detached, so it only
// gates.
template <typename Real>
std::vector<Real> lif_backward(const Lif& lif, const Objective& objective, std::span<const Real> membranes,
                               std::span<const Real> currents, std::size_t n_neurons,
                               std::span<const Real> spike_gradient,
                               std::span<const Real> membrane_gradient) {
  const auto beta = static_cast<Real>(lif.beta);
  const auto threshold = static_cast<Real>(lif.threshold);
  const auto slope = static_cast<Real>(objective.slope);
  const bool constant = currents.size() == n_neurons;
  std::vector<Real> current_gradient(objective.n_steps * n_neurons);
  for (std::size_t n = 0; n < n_neurons; ++n) {
    Real carried{0};  // dL/dU[t] through U[t+1]
    for (std::size_t t = objective.n_steps; t-- > 0;) {
      const Real before = t == 0 ? Real{0} : membranes[(t - 1) * n_neurons + n];
      const bool resets = lif.reset != Reset::none && before > threshold;
      const bool cleared = lif.reset == Reset::zero && resets;
      // The membrane as compared with the threshold, before a reset within the step.
      Real compared = (cleared ? Real{0} : beta * before) + currents[(constant ? 0 : t * n_neurons) + n];
      if (lif.reset == Reset::subtract && resets) compared -= threshold;
      const Real due = Real(compared > threshold) - Real(resets);
      const bool within = !lif.reset_delay && lif.reset == Reset::zero;
      const Real through_reset = within ? 1 - due : Real{1};
      const std::size_t at = t * n_neurons + n;
      const Real direct = membrane_gradient.empty() ? Real{0} : membrane_gradient[at];
      const Real delta =
          spike_gradient[at] * surrogate_derivative(objective.surrogate, slope, compared - threshold) +
          through_reset * (carried + direct);
      current_gradient[at] = delta;
      carried = cleared ? Real{0} : beta * delta;
    }
  }
  return current_gradient;
}

// Loss on the output layer; fills dL/dS and dL/dU of it (n_steps, batch, classes).
template <typename Real>
Real output_loss(const Objective& objective, std::span<const Real> spikes, std::span<const Real> membranes,
                 std::span<const std::uint8_t> targets, std::vector<Real>& logits,
                 std::vector<Real>& spike_gradient, std::vector<Real>& membrane_gradient) {
  const bool on_membrane = objective.loss == Loss::membrane_sum || objective.loss == Loss::membrane_rate;
  const bool per_step = objective.loss == Loss::ce_rate || objective.loss == Loss::membrane_rate;
  const auto scores = on_membrane ? membranes : spikes;
  const std::size_t n_scores = scores.size() / objective.n_steps;
  spike_gradient.assign(scores.size(), Real{0});
  membrane_gradient.assign(on_membrane ? scores.size() : 0, Real{0});
  auto& gradient = on_membrane ? membrane_gradient : spike_gradient;
  logits.assign(n_scores, Real{0});
  for (std::size_t t = 0; t < objective.n_steps; ++t)
    for (std::size_t n = 0; n < n_scores; ++n) logits[n] += scores[t * n_scores + n];
  if (per_step) {
    Real loss{0};
    for (std::size_t t = 0; t < objective.n_steps; ++t)
      loss += cross_entropy<Real>(scores.subspan(t * n_scores, n_scores), targets,
                                  Real{1} / static_cast<Real>(objective.n_steps),
                                  std::span(gradient).subspan(t * n_scores, n_scores));
    return loss;
  }
  const Real loss = cross_entropy<Real>(logits, targets, Real{1}, std::span(gradient).first(n_scores));
  for (std::size_t at = n_scores; at < gradient.size(); ++at) gradient[at] = gradient[at - n_scores];
  return loss;
}

// dL/dW (n_pre, n_post) = inputs^T deltas
template <typename Real>
std::vector<Real> affine_backward(std::span<const Real> inputs, std::span<const Real> deltas,
                                  std::size_t n_pre, std::size_t n_post) {
  std::vector<Real> weight_gradient(n_pre * n_post);
  as_matrix(weight_gradient, n_post) = as_matrix(inputs, n_pre).transpose() * as_matrix(deltas, n_post);
  return weight_gradient;
}

// dL/dinputs = deltas W^T
template <typename Real>
std::vector<Real> affine_transposed(std::span<const Real> deltas, std::span<const Real> weights,
                                    std::size_t n_post) {
  const std::size_t n_pre = weights.size() / n_post;
  std::vector<Real> input_gradient(deltas.size() / n_post * n_pre);
  as_matrix(input_gradient, n_pre) = as_matrix(deltas, n_post) * as_matrix(weights, n_post).transpose();
  return input_gradient;
}

// Balanced wiring centres biases over the whole layer, so their gradients pass back through the centring.
template <typename Real>
void centre(std::span<Real> bias_gradient) {
  Real mean{0};
  for (const Real g : bias_gradient) mean += g / static_cast<Real>(bias_gradient.size());
  for (Real& g : bias_gradient) g -= mean;
}

// Weights exist along the edges alone; where they are balanced, their gradients pass back through the
// centring over the pairs of each row that were balanced, its edges or, pruned softly, those there were
// before: G_ij - mean_{j in N(i)} G_ij. Which pairs have an edge, and what soft pruning subtracts, counts as
// constant.
template <typename Real>
void pass_through_edges(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                        std::size_t connection, std::vector<Real>& weight_gradient) {
  const auto edges = sim::connection_edges(network, parameters, connection);
  for (std::size_t at = 0; at < edges.size(); ++at)
    if (edges[at] == 0) weight_gradient[at] = Real{0};
  if (!network.balances(connection)) return;
  NetworkDescription unpruned = network;
  unpruned.pruned = 0.0;
  unpruned.pruned_shares.clear();
  const auto balanced =
      network.prunes_softly() ? sim::connection_edges(unpruned, parameters, connection) : edges;
  const std::size_t n_post = network.sizes[connection + 1];
  for (std::size_t begin = 0; begin < weight_gradient.size(); begin += n_post) {
    const auto n_balanced =
        static_cast<Real>(std::count(balanced.begin() + begin, balanced.begin() + begin + n_post, 1));
    Real mean{0};
    for (std::size_t at = begin; at < begin + n_post; ++at) mean += weight_gradient[at] / n_balanced;
    for (std::size_t at = begin; at < begin + n_post; ++at)
      if (balanced[at] != 0) weight_gradient[at] -= mean;
  }
}

// A weight beyond the range it is rounded to acts as the range's end wherever it goes.
template <typename Real>
void stop_at_clipped(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                     std::size_t connection, std::vector<Real>& weight_gradient) {
  if (!network.quantisation.rounds_weights()) return;
  NetworkDescription unrounded = network;
  unrounded.quantisation.weight_bits = 0;
  const auto weights = sim::connection_weights(unrounded, parameters, connection);
  for (std::size_t at = 0; at < weights.size(); ++at)
    if (sim::is_clipped(network.quantisation, connection, static_cast<double>(weights[at])))
      weight_gradient[at] = Real{0};
}

template <typename Real>
struct Trajectories {
  std::vector<std::vector<Real>> currents;  // per layer 1..
};

template <typename Real>
Trajectories<Real> forward(const NetworkDescription& network, const Objective& objective,
                           const BasicParameters<Real>& parameters, const ReferenceBatch<Real>& batch,
                           SpikeForm form, ReferenceResult<Real>& result) {
  Trajectories<Real> trajectories;
  std::span<const Real> inputs = batch.input;
  for (std::size_t l = 0; l < network.n_connections(); ++l) {
    result.weights.push_back(sim::connection_weights(network, parameters, l));
    trajectories.currents.push_back(
        affine<Real>(inputs, result.weights[l], sim::connection_biases(network, parameters, l)));
    const auto& currents = trajectories.currents.back();
    auto& membranes = result.membranes.emplace_back();
    auto& spikes = result.spikes.emplace_back();
    if (network.spiking()) {
      lif_forward<Real>(network.lif_of(l + 1), objective, form, currents,
                        batch.targets.size() * network.sizes[l + 1], membranes, spikes);
    } else {
      membranes = spikes = currents;
      if (l + 1 < network.n_connections())
        for (Real& activation : spikes) activation = std::max(activation, Real{0});
    }
    inputs = spikes;
  }
  return trajectories;
}

// dL/dI of layer l + 1 from dL/d(its output); for a constant input the steps are summed, since the product is
// shared.
template <typename Real>
std::vector<Real> current_gradient(const NetworkDescription& network, const Objective& objective,
                                   const ReferenceResult<Real>& result,
                                   const Trajectories<Real>& trajectories, std::size_t l,
                                   std::span<const Real> output_gradient,
                                   std::span<const Real> membrane_gradient) {
  const auto& membranes = result.membranes[l];
  if (!network.spiking()) {
    std::vector<Real> deltas(output_gradient.begin(), output_gradient.end());
    if (l + 1 < network.n_connections())
      for (std::size_t n = 0; n < deltas.size(); ++n)
        if (membranes[n] <= 0) deltas[n] = 0;
    return deltas;
  }
  const std::size_t n_neurons = membranes.size() / objective.n_steps;
  auto deltas = lif_backward<Real>(network.lif_of(l + 1), objective, membranes, trajectories.currents[l],
                                   n_neurons, output_gradient, membrane_gradient);
  if (trajectories.currents[l].size() == n_neurons) {
    for (std::size_t at = n_neurons; at < deltas.size(); ++at) deltas[at % n_neurons] += deltas[at];
    deltas.resize(n_neurons);
  }
  return deltas;
}

}  // namespace

template <typename Real>
Real cross_entropy(std::span<const Real> scores, std::span<const std::uint8_t> targets, Real weight,
                   std::span<Real> score_gradient) {
  const std::size_t n_classes = scores.size() / targets.size();
  const Real scale = weight / static_cast<Real>(targets.size());
  Real loss{0};
  for (std::size_t s = 0; s < targets.size(); ++s) {
    const auto row = scores.subspan(s * n_classes, n_classes);
    Real highest = row[0];
    for (const Real score : row) highest = std::max(highest, score);
    Real sum{0};
    for (const Real score : row) sum += std::exp(score - highest);
    loss += scale * (std::log(sum) + highest - row[targets[s]]);
    for (std::size_t c = 0; c < n_classes; ++c)
      score_gradient[s * n_classes + c] += scale * (std::exp(row[c] - highest) / sum - Real(c == targets[s]));
  }
  return loss;
}

template <typename Real>
void reference_weight_gradient(const NetworkDescription& network, const BasicParameters<Real>& parameters,
                               std::size_t connection, std::span<const Real> weight_gradient,
                               BasicParameters<Real>& gradient) {
  const std::size_t n_pre = network.sizes[connection];
  const std::size_t n_post = network.sizes[connection + 1];
  if (!network.spatial()) {
    const auto stored = gradient.group("weight", connection);
    for (std::size_t at = 0; at < stored.size(); ++at) stored[at] += weight_gradient[at];
    return;
  }
  const auto distances = sim::connection_distances(network, parameters, connection);
  const std::size_t n_coordinates = network.n_coordinates();
  const auto pre = parameters.group("position", connection);
  const auto post = parameters.group("position", connection + 1);
  const auto pre_gradient = gradient.group("position", connection);
  const auto post_gradient = gradient.group("position", connection + 1);
  const auto half_steepness = static_cast<Real>(network.mask_steepness / 2);
  const auto scale = static_cast<Real>(network.scale(connection));
  Real sum_t{0};
  const sim::SpatialPairs<Real> pairs(network, parameters, connection);
  for (std::size_t i = 0; i < n_pre; ++i) {
    const Real mask = pairs.mask(i);
    // Straight through the rounding of masks.
    const Real smooth_mask = std::tanh(half_steepness * parameters.group("inhibition", connection)[i]);
    Real mask_gradient{0};
    for (std::size_t j = 0; j < n_post; ++j) {
      const Real inverse = 1 / distances[i * n_post + j];
      const Real scaled = weight_gradient[i * n_post + j] * scale * inverse;
      mask_gradient += scaled;
      const Real distance = distances[i * n_post + j];
      const bool clamped =
          distance * distance <= static_cast<Real>(sim::least_squared_distance) * static_cast<Real>(1.000001);
      const Real t = clamped ? Real{0} : -scaled * mask * inverse * inverse;
      sum_t += t;
      for (std::size_t k = 0; k < n_coordinates; ++k) {
        const Real pull = t * (pre[i * n_coordinates + k] - post[j * n_coordinates + k]);
        pre_gradient[i * n_coordinates + k] += pull;
        post_gradient[j * n_coordinates + k] -= pull;
      }
    }
    gradient.group("inhibition", connection)[i] +=
        mask_gradient * half_steepness * (1 - smooth_mask * smooth_mask);
  }
  if (network.layer_distance == sim::LayerDistance::learned)
    gradient.group("gap", connection)[0] += parameters.group("gap", connection)[0] * sum_t;
}

template <typename Real>
ReferenceResult<Real> reference_evaluate(const NetworkDescription& network, const Objective& objective,
                                         const BasicParameters<Real>& stored,
                                         const ReferenceBatch<Real>& batch, SpikeForm form) {
  // Rounding counts as the identity for gradients, so what follows sees rounded numbers, but for which of
  // them were clipped.
  const BasicParameters<Real> parameters = sim::on_grid(network, stored);
  ReferenceResult<Real> result;
  const auto trajectories = forward(network, objective, parameters, batch, form, result);
  std::vector<Real> output_gradient;
  std::vector<Real> membrane_gradient;
  if (network.spiking()) {
    result.loss = output_loss<Real>(objective, result.spikes.back(), result.membranes.back(), batch.targets,
                                    result.logits, output_gradient, membrane_gradient);
  } else {
    result.logits = result.membranes.back();
    output_gradient.assign(result.logits.size(), Real{0});
    result.loss = cross_entropy<Real>(result.logits, batch.targets, Real{1}, output_gradient);
  }
  BasicParameters<Real> gradient(network);
  for (std::size_t l = network.n_connections(); l-- > 0;) {
    const std::size_t n_pre = network.sizes[l];
    const std::size_t n_post = network.sizes[l + 1];
    const auto deltas = current_gradient<Real>(network, objective, result, trajectories, l, output_gradient,
                                               membrane_gradient);
    membrane_gradient.clear();
    const auto bias_gradient = gradient.group("bias", l + 1);
    for (std::size_t at = 0; at < deltas.size(); ++at) bias_gradient[at % n_post] += deltas[at];
    if (network.balances(l)) centre<Real>(bias_gradient);
    const std::span<const Real> inputs = l == 0 ? batch.input : std::span<const Real>(result.spikes[l - 1]);
    auto weight_gradient = affine_backward<Real>(inputs, deltas, n_pre, n_post);
    stop_at_clipped<Real>(network, parameters, l, weight_gradient);
    pass_through_edges<Real>(network, parameters, l, weight_gradient);
    reference_weight_gradient<Real>(network, parameters, l, weight_gradient, gradient);
    if (l > 0) output_gradient = affine_transposed<Real>(deltas, result.weights[l], n_post);
  }
  result.gradient = std::move(gradient.values);
  return result;
}

#define LOCI_INSTANTIATE(Real)                                                                              \
  template Real cross_entropy(std::span<const Real>, std::span<const std::uint8_t>, Real, std::span<Real>); \
  template void reference_weight_gradient(const NetworkDescription&, const BasicParameters<Real>&,          \
                                          std::size_t, std::span<const Real>, BasicParameters<Real>&);      \
  template ReferenceResult<Real> reference_evaluate(const NetworkDescription&, const Objective&,            \
                                                    const BasicParameters<Real>&,                           \
                                                    const ReferenceBatch<Real>&, SpikeForm);
LOCI_INSTANTIATE(float)
LOCI_INSTANTIATE(double)

}  // namespace loci::learning
