// The most single-precision multiply-adds that one core does, from registers into registers.
#pragma once

namespace loci::bench {

// Seconds per call are for the caller to take; returns the operations done, two per multiply-add.
double run_multiply_adds();

}  // namespace loci::bench
