// One batch with everything another program needs to repeat it, and what came out, in HDF5.
#pragma once

#include <filesystem>

#include "bench/workload.hpp"
#include "learning/evaluator.hpp"

namespace loci::bench {

// Root attributes: loci_version, loci_commit, seed, configuration; loss_kind, surrogate, slope, n_steps,
// learning_rate, adam_beta1, adam_beta2, adam_epsilon; loss, n_spikes.
//   /network                       as in a model file (docs/formats.md)
//   /parameters/<group>            (rows, columns) float32; /gradient/<group> likewise
//   /weights<l>                    (n_l, n_{l+1}) float32, balancing applied
//   /labels                        (batch) uint8
//   /images                        (batch, n_0) float32: constant currents; or
//   /spikes                        (n_steps, batch, n_0) uint8
//   /logits                        (batch, n_classes) float32
void write_dump(const std::filesystem::path& path, const Workload& workload, const learning::Batch& batch,
                learning::BatchEvaluator& evaluator);

}  // namespace loci::bench
