// Surrogate gradients, and the smooth functions whose exact derivatives they are.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "learning/objective.hpp"

namespace loci::learning {

// dS/dU at x = U - threshold.
template <typename Real>
Real surrogate_derivative(Surrogate surrogate, Real slope, Real x) {
  switch (surrogate) {
    case Surrogate::atan: {
      const Real scaled = std::numbers::pi_v<Real> / 2 * slope * x;
      return slope / 2 / (1 + scaled * scaled);
    }
    case Surrogate::fast_sigmoid: {
      const Real denominator = 1 + slope * std::abs(x);
      return 1 / (denominator * denominator);
    }
    case Surrogate::sigmoid: {
      const Real s = 1 / (1 + std::exp(-slope * x));
      return slope * s * (1 - s);
    }
    case Surrogate::triangular:
      return std::max(Real{0}, 1 - slope * std::abs(x));
    case Surrogate::straight_through:
      return Real{1};
  }
  return Real{0};
}

// A smooth spike function with exactly that derivative: what finite differences can be taken of.
template <typename Real>
Real smooth_spike(Surrogate surrogate, Real slope, Real x) {
  switch (surrogate) {
    case Surrogate::atan:
      return std::atan(std::numbers::pi_v<Real> / 2 * slope * x) / std::numbers::pi_v<Real> + Real{0.5};
    case Surrogate::fast_sigmoid:
      return x / (1 + slope * std::abs(x));
    case Surrogate::sigmoid:
      return 1 / (1 + std::exp(-slope * x));
    case Surrogate::triangular: {
      const Real inside = std::clamp(x, -1 / slope, 1 / slope);
      return inside - slope * inside * std::abs(inside) / 2;
    }
    case Surrogate::straight_through:
      return x;
  }
  return Real{0};
}

}  // namespace loci::learning
