// What each kind of NIR node has: shared by NIR's writer, reader and checks.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "backends/nir_graph.hpp"

namespace loci::backends {

struct NirTypeRule {
  NirType type;
  std::string_view name;
  std::span<const std::string_view> required;
  std::span<const std::string_view> optional;
  bool elementwise;  // all parameters have the signal's shape
};

// All kinds that are held here.
std::span<const NirTypeRule> nir_types();
const NirTypeRule& rule_of(NirType type);

}  // namespace loci::backends
