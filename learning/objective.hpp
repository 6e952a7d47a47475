// What training minimises: the loss on the output layer and the surrogate that stands in for the spike's
// derivative.
#pragma once

#include <string>
#include <string_view>

#include "sim/network.hpp"

namespace loci::learning {

// Mean over the batch of a cross-entropy. T: number of steps.
enum class Loss {
  cross_entropy,  // rate networks: on the output
  ce_count,       // on spike counts (snnTorch ce_count_loss)
  ce_rate,        // mean over steps of the cross-entropy on the step's spikes (snnTorch ce_rate_loss)
  membrane_sum,   // on the output membrane summed over steps
  membrane_rate,  // mean over steps of the cross-entropy on the step's membrane
};

// dS/dU as a function of x = U - threshold; k is the slope (atan: alpha).
enum class Surrogate {
  atan,              // (k/2) / (1 + (pi/2 k x)^2)          snnTorch, Fang et al. 2021
  fast_sigmoid,      // 1 / (1 + k |x|)^2                   Zenke & Ganguli 2018
  sigmoid,           // k s (1 - s), s = 1 / (1 + e^(-k x))
  triangular,        // max(0, 1 - k |x|)                   Bellec et al. 2018
  straight_through,  // 1
};

struct Objective {
  Loss loss = Loss::ce_count;
  Surrogate surrogate = Surrogate::atan;
  double slope = 0.5;
  std::size_t n_steps = 25;  // 1 for rate networks

  bool operator==(const Objective&) const = default;
};

// Throws InputError when loss and network do not go together or a number makes no sense.
void validate(const Objective& objective, const sim::NetworkDescription& network);

std::string_view name_of(Loss value);
std::string_view name_of(Surrogate value);
Loss parse_loss(std::string_view text, const std::string& where);
Surrogate parse_surrogate(std::string_view text, const std::string& where);

}  // namespace loci::learning
