// The reference path: forward, loss and backward in plain loops that define what every faster kernel must
// compute. Stores every trajectory; in double it is compared with snnTorch and with finite differences.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learning/objective.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

template <typename Real>
struct ReferenceBatch {
  std::span<const Real> input;  // constant: (batch, n_0); otherwise (n_steps, batch, n_0)
  bool constant_input = true;
  std::span<const std::uint8_t> targets;  // (batch)
};

template <typename Real>
struct ReferenceResult {
  Real loss = 0;
  std::vector<Real> logits;                // (batch, n_classes): spike counts, summed membranes or outputs
  std::vector<std::vector<Real>> weights;  // per connection (n_l, n_{l+1})
  std::vector<std::vector<Real>>
      membranes;  // per layer 1.. (n_steps, batch, n_l); rate networks: pre-activations
  std::vector<std::vector<Real>> spikes;  // per layer 1.. (n_steps, batch, n_l); rate networks: activations
  std::vector<Real> gradient;             // in the parameter layout
};

// How spikes are formed: `smooth` replaces the step by the surrogate's primitive while resets keep the hard
// threshold, which makes the loss differentiable with exactly the gradient that BPTT with a detached reset
// computes.
enum class SpikeForm { hard, smooth };

// Loss and gradient of one batch. Surrogate-gradient BPTT, reset detached (snnTorch's convention). Where the
// network rounds its numbers, the gradient is that of the plain network at the rounded ones.
template <typename Real>
ReferenceResult<Real> reference_evaluate(const sim::NetworkDescription& network, const Objective& objective,
                                         const sim::BasicParameters<Real>& parameters,
                                         const ReferenceBatch<Real>& batch, SpikeForm form = SpikeForm::hard);

// dL/dparameters of one connection from G = dL/dW (n_l, n_{l+1}) of the weights before balancing, 0 where
// there is no edge; adds to `gradient`, which lies in the parameter layout. parameters: as sim::on_grid() has
// them.
template <typename Real>
void reference_weight_gradient(const sim::NetworkDescription& network,
                               const sim::BasicParameters<Real>& parameters, std::size_t connection,
                               std::span<const Real> weight_gradient, sim::BasicParameters<Real>& gradient);

// Mean cross-entropy of `scores` (batch, n_classes); adds weight * dL/dscores to score_gradient. Returns
// weight * loss.
template <typename Real>
Real cross_entropy(std::span<const Real> scores, std::span<const std::uint8_t> targets, Real weight,
                   std::span<Real> score_gradient);

}  // namespace loci::learning
