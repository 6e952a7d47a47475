#include "learning/objective.hpp"

#include <cmath>

#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::learning {
namespace {

constexpr NameTable<Loss, 5> losses{{{Loss::cross_entropy, "cross_entropy"},
                                     {Loss::ce_count, "ce_count"},
                                     {Loss::ce_rate, "ce_rate"},
                                     {Loss::membrane_sum, "membrane_sum"},
                                     {Loss::membrane_rate, "membrane_rate"}}};
constexpr NameTable<Surrogate, 5> surrogates{{{Surrogate::atan, "atan"},
                                              {Surrogate::fast_sigmoid, "fast_sigmoid"},
                                              {Surrogate::sigmoid, "sigmoid"},
                                              {Surrogate::triangular, "triangular"},
                                              {Surrogate::straight_through, "straight_through"}}};

}  // namespace

void validate(const Objective& objective, const sim::NetworkDescription& network) {
  const bool rate_loss = objective.loss == Loss::cross_entropy;
  if (network.spiking() == rate_loss)
    throw InputError(
        "objective.loss",
        "'" + std::string(name_of(objective.loss)) + "' does not fit a " +
            (network.spiking() ? "spiking" : "rate") + " network",
        network.spiking() ? "use ce_count, ce_rate, membrane_sum or membrane_rate" : "use cross_entropy");
  if (!(objective.slope > 0.0) || !std::isfinite(objective.slope))
    throw InputError("objective.slope", "the surrogate's slope is not positive",
                     "choose a finite value above 0");
  if (objective.n_steps == 0 || objective.n_steps > 1'000'000)
    throw InputError("objective.steps", std::to_string(objective.n_steps) + " steps",
                     "choose between 1 and 1000000");
}

std::string_view name_of(Loss value) {
  return find_name(losses, value);
}
std::string_view name_of(Surrogate value) {
  return find_name(surrogates, value);
}
Loss parse_loss(std::string_view text, const std::string& where) {
  return find_value(losses, text, where);
}
Surrogate parse_surrogate(std::string_view text, const std::string& where) {
  return find_value(surrogates, text, where);
}

}  // namespace loci::learning
