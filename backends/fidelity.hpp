// What becomes of each property of a network on its way to a target.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loci::backends {

enum class Fidelity { exact, approximate, not_representable };

struct PropertyFidelity {
  std::string property;  // "neuron equation", "reset", "comparison", "leak", "delay", "weights"...
  Fidelity fidelity = Fidelity::exact;
  std::string note;  // how it is approximated, or what was done instead

  bool operator==(const PropertyFidelity&) const = default;
};

inline std::string_view name_of(Fidelity value) {
  if (value == Fidelity::exact) return "exact";
  return value == Fidelity::approximate ? "approximate" : "not representable";
}

}  // namespace loci::backends
