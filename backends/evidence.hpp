// What replaying labelled samples shows: how the emulated chip does beside the network in real numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backends/integer_network.hpp"
#include "backends/replay_sample.hpp"

namespace loci::backends {

// Samples by number, without their references; called from several threads at once.
struct SampleSource {
  std::size_t n_samples = 0;
  sim::Step n_steps = 0;
  std::function<ReplaySample(std::size_t)> sample;
};

// A network beside the trained one, on all samples.
struct Replayed {
  std::size_t correct = 0;                       // samples whose label it finds
  std::size_t agree = 0;                         // samples for which both say the same
  std::vector<std::uint64_t> spikes;             // by layer
  std::vector<std::uint64_t> neuron_spikes;      // by neuron, layer after layer without the input
  std::vector<std::uint64_t> mismatches;         // by layer: neurons and steps in which the spikes differ
  std::vector<std::uint64_t> count_differences;  // by layer: how far a sample's numbers of spikes differ
  Overflows overflows;
  std::uint64_t digest = 0;  // of all spikes, sample by sample
};

struct Evidence {
  std::size_t n_samples = 0;
  sim::Step n_steps = 0;
  std::vector<std::uint64_t> input_spikes;  // (n_inputs); 0 where pixels drive
  Replayed trained;                         // the network in real numbers
  Replayed emulated;                        // what is exported
  std::optional<Replayed> guess;            // at the scales that max |w| suggests
  std::optional<Replayed> with_reset;       // the trained network, but reset as the target resets
};

struct EvidenceOptions {
  std::size_t n_threads = 0;  // 0: as many as the machine has; the result does not depend on it
  std::function<void(std::size_t done, std::size_t total)> progress;  // one thread at a time
};

// guess: null where it is the network itself. The trained network is replayed with the target's reset, too,
// where that is another.
Evidence gather_evidence(const FloatNetwork& trained, const IntegerNetwork& network,
                         const IntegerNetwork* guess, const SampleSource& samples,
                         const EvidenceOptions& options = {});

// The same for a network that the target computes in real numbers of its own, with its own reset.
Evidence gather_evidence(const FloatNetwork& trained, const FloatNetwork& computed, const FloatNetwork* guess,
                         const SampleSource& samples, const EvidenceOptions& options = {});

// Throws InputError at `where` for a network of other sizes than the trained one.
void require_alike(const FloatNetwork& trained, const IntegerNetwork& network, const std::string& where);
void require_alike(const FloatNetwork& trained, const FloatNetwork& network, const std::string& where);

// Share of samples whose label the network in real numbers finds.
double accuracy_of(const FloatNetwork& trained, const SampleSource& samples, std::size_t n_threads = 0);

}  // namespace loci::backends
