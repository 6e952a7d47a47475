// Networks and samples for tests of generated source, and what the emulator says about them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/emulator.hpp"
#include "backends/exported_file.hpp"
#include "sim/network.hpp"

namespace loci::backends::tests {

// A folder of its own, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;
  void write(const std::vector<ExportedFile>& files) const;
  // What a shell command run in the folder prints, both streams. Fails the test if it does not end with 0.
  std::string run(const std::string& command) const;

 private:
  std::string path_;
};

struct RandomNetwork {
  std::vector<std::size_t> sizes;  // input first
  sim::Lif lif{};
  int membrane_bits = 31;
  int weight_limit = 127;
  double density = 1.0;          // of edges
  bool same_everywhere = false;  // thresholds and leaks, and no biases
  std::uint64_t seed = 1;
};

// Thresholds are such that a good part of the neurons fires when inputs spike in a third of the steps.
IntegerNetwork random_network(const RandomNetwork& description);

// n_inputs inputs that spike with a probability of a third.
sim::SpikeTrains random_spikes(std::size_t n_inputs, sim::Step n_steps, std::uint64_t seed);
std::vector<std::uint8_t> random_pixels(std::size_t n_inputs, std::uint64_t seed);

// One sample as NAME_main.c prints it with `membranes`, and how many spikes each layer fired.
struct Emulated {
  std::string text;
  std::vector<std::size_t> n_spikes;
};
Emulated emulated(const IntegerNetwork& network, const IntegerStimulus& stimulus, sim::Step n_steps);

// As NAME_main.c reads it.
std::string sample_text(const sim::SpikeTrains& spikes);
std::string sample_text(const std::vector<std::uint8_t>& pixels);

}  // namespace loci::backends::tests
