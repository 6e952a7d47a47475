#include "experiments/presets.hpp"

#include "experiments/preset_texts.hpp"
#include "sim/error.hpp"

namespace loci::experiments {

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : preset_texts) names.emplace_back(name);
  return names;
}

std::string_view preset(const std::string& name) {
  std::string known;
  for (const auto& [candidate, text] : preset_texts) {
    if (candidate == name) return text;
    known += (known.empty() ? "" : ", ") + std::string(candidate);
  }
  throw InputError("preset", "there is none called '" + name + "'", "use one of: " + known);
}

}  // namespace loci::experiments
