// Built-in configurations: the seed paper's networks and ours, as TOML texts compiled into the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loci::experiments {

std::vector<std::string> preset_names();

// TOML text. Throws InputError listing the known names.
std::string_view preset(const std::string& name);

}  // namespace loci::experiments
