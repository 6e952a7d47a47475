// Adam (Kingma & Ba 2015) over the flat parameter vector, with a rate and a decay per parameter kind.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "learning/workers.hpp"
#include "sim/parameters.hpp"

namespace loci::learning {

struct AdamSettings {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  // Multiplies the learning rate of one kind of parameter ("position", "inhibition", "gap", "weight",
  // "bias"); 1 if absent.
  std::map<std::string, double> rate_factor{};
  // Each update takes this times its rate off the parameters of one kind (decoupled weight decay, Loshchilov
  // & Hutter 2019); 0 if absent.
  std::map<std::string, double> decay{};
};

struct AdamState {
  std::vector<float> first_moment;   // (n_parameters)
  std::vector<float> second_moment;  // (n_parameters)
  std::uint64_t n_updates = 0;
};

// One update in place. An element depends on no other, so the result is the same for any number of threads.
void adam_update(const AdamSettings& settings, double learning_rate, const sim::Parameters& gradient,
                 const Workers& workers, AdamState& state, sim::Parameters& parameters);

// Scales the gradient to at most this Euclidean norm. Returns the norm before.
double clip_norm(std::span<float> gradient, double largest);

}  // namespace loci::learning
