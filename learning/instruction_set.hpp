// Which instruction set the kernels run on: chosen once per process from what the machine has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loci::learning {

// "avx512", "avx2" or "portable": what the kernels use now.
std::string instruction_set();

// What this build can run on this machine, best first.
std::vector<std::string> available_instruction_sets();

// Uses no better set than this one. Throws InputError when the machine or the build does not have it.
void choose_instruction_set(std::string_view name);

}  // namespace loci::learning
