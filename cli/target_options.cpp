#include "cli/target_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::cli {
namespace {

struct TakenOption {
  const char* name;
  bool given;
  std::vector<std::string> targets;
};

constexpr NameTable<bool, 2> weight_forms{{{false, "numbers"}, {true, "positions"}}};

}  // namespace

void require_taken(const TargetOptions& options, const std::string& target) {
  for (const TakenOption& option : {
           TakenOption{"--weights", options.weights.has_value(), {"c"}},
           TakenOption{"--weight-bits", options.weight_bits.has_value(), {"c", "verilog"}},
           TakenOption{"--dt", options.dt.has_value(), {"nir"}},
           TakenOption{"--unit", options.unit.has_value(), {"nir"}},
           TakenOption{"--integrator", options.integrator.has_value(), {"nir"}},
           TakenOption{"--linear", options.linear, {"nir"}},
       }) {
    if (!option.given || std::ranges::find(option.targets, target) != option.targets.end()) continue;
    throw InputError(
        option.name, fmt::format("target {} does not take this option", target),
        fmt::format("leave it out, or export for a target that does: {}", fmt::join(option.targets, ", ")));
  }
}

bool weights_from_positions(const TargetOptions& options) {
  return options.weights && find_value(weight_forms, *options.weights, "--weights");
}

int weight_bits_of(const TargetOptions& options) {
  const std::uint64_t bits = options.weight_bits.value_or(8);
  if (bits != 8 && bits != 16)
    throw InputError("--weight-bits", fmt::format("weights of {} bits", bits), "use 8 or 16");
  return static_cast<int>(bits);
}

}  // namespace loci::cli
