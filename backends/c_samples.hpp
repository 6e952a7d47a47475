// Samples for a network's C program, and what it has to print of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/c_source.hpp"
#include "backends/exported_file.hpp"
#include "backends/integer_network.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// Spikes, or images where the program takes pixels.
struct CSamples {
  std::span<const sim::SpikeTrains> trains;
  std::span<const std::span<const std::uint8_t>> images;
  sim::Step n_steps = 0;
};

// NAME_samples.txt, which NAME_main.c reads, and NAME_expected.txt, what it prints with `quiet` if it does as
// the emulator: of each sample the winner and the spikes of every output. None without samples.
std::vector<ExportedFile> c_samples(const IntegerNetwork& network, const CSamples& samples,
                                    const CSourceOptions& options = {});

}  // namespace loci::backends
