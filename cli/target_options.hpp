// Options of loci export that single targets take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace loci::cli {

// Nothing: the target's own choice.
struct TargetOptions {
  std::optional<std::string> weights;  // "numbers" or "positions"
  std::optional<std::uint64_t> weight_bits;
  std::optional<double> dt;
  std::optional<std::string> unit;
  std::optional<std::string> integrator;
  bool linear = false;
};

// Throws InputError for an option that the target does not take, with the targets that do.
void require_taken(const TargetOptions& options, const std::string& target);

bool weights_from_positions(const TargetOptions& options);
// 8 unless the options say 16. Throws InputError for other numbers.
int weight_bits_of(const TargetOptions& options);

}  // namespace loci::cli
