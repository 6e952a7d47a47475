#include "learning/instruction_set.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "learning/instruction_set.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h

#include <hwy/highway.h>

#include "sim/error.hpp"

HWY_BEFORE_NAMESPACE();
namespace loci::learning::HWY_NAMESPACE {
std::int64_t target_kernel() {
  return HWY_TARGET;
}
}  // namespace loci::learning::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace loci::learning {
namespace {

HWY_EXPORT(target_kernel);

std::string name_of_target(std::int64_t target) {
  if (target == HWY_AVX3) return "avx512";
  if (target == HWY_AVX2) return "avx2";
  return target == HWY_EMU128 || target == HWY_SCALAR ? "portable" : hwy::TargetName(target);
}

}  // namespace

std::string instruction_set() {
  return name_of_target(HWY_DYNAMIC_DISPATCH(target_kernel)());
}

std::vector<std::string> available_instruction_sets() {
  std::vector<std::string> names;
  // SupportedTargets() answers what was chosen; the bits are ordered best first.
  for (std::int64_t bits = HWY_TARGETS & hwy::SupportedTargets(); bits != 0; bits &= bits - 1)
    names.push_back(name_of_target(bits & -bits));
  return names;
}

void choose_instruction_set(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);
  std::int64_t allowed = HWY_TARGETS & hwy::SupportedTargets();
  for (; allowed != 0; allowed &= allowed - 1) {
    if (name_of_target(allowed & -allowed) != name) continue;
    hwy::SetSupportedTargetsForTest(allowed);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return;
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  std::string known;
  for (const auto& available : available_instruction_sets()) known += (known.empty() ? "" : ", ") + available;
  throw InputError("instruction set", "'" + std::string(name) + "' is not available here",
                   "use one of: " + known);
}

}  // namespace loci::learning
#endif
