// The targets that loci exports to, by name.
#pragma once

#include <string>
#include <vector>

#include "cli/target_options.hpp"
#include "experiments/export/export_target.hpp"

namespace loci::cli {

// In the order in which they are listed.
const std::vector<experiments::ExportTarget>& targets();

// Throws InputError listing the known names, and for options that the target does not take.
experiments::ExportTarget find_target(const std::string& name, const TargetOptions& options = {});

// A line each: name, title, and whether it is unverified.
void print_targets();

}  // namespace loci::cli
