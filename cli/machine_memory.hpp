// How much memory the machine has left for this process.
#pragma once

namespace loci::cli {

// What can be had without swapping, or what the process's control group leaves where that is less.
double available_memory_bytes();

}  // namespace loci::cli
