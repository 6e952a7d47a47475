// What the exports to the open RTL chips (ReckOn, tinyODIN, ODIN) have in common: where layers are on the
// chip, the file beside the images that says so, and samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/target.hpp"
#include "sim/encoder.hpp"
#include "sim/time.hpp"

namespace loci::backends {

// A layer's neurons on the chip: ids [begin, begin + size). The input comes first.
struct LayerIds {
  std::size_t begin = 0;
  std::size_t size = 0;

  std::size_t end() const { return begin + size; }
  bool operator==(const LayerIds&) const = default;
};

// Which neurons fired, by local number, in the order in which they did: [layer after the input][step].
using LayerSpikes = std::vector<std::vector<std::vector<std::uint32_t>>>;

// Samples to be exported with the network.
struct RtlSamples {
  std::span<const sim::SpikeTrains> trains;  // of the inputs
  sim::Step n_steps = 0;                     // of each sample and layer
};

// Throws std::invalid_argument for samples of other lengths or of other inputs.
void validate(const RtlSamples& samples, std::size_t n_inputs);

// What network.json holds.
struct RtlSidecar {
  std::string target;
  std::vector<LayerIds> layers;
  bool readout = false;      // the last layer is ReckOn's readout
  bool closed_loop = false;  // ODIN, tinyODIN: spikes go round on the chip
  sim::Step n_steps = 0;
  std::size_t n_samples = 0;
  ExportFacts facts;
};

inline constexpr const char* sidecar_name = "network.json";

std::string sidecar_text(const RtlSidecar& sidecar);
// Throws InputError for a file that is not such a file of `target`.
RtlSidecar read_sidecar(std::span<const ExportedFile> files, const std::string& target);

// The text of a file, by its name. Throws InputError, with the name, where it is missing.
const std::string& text_of(std::span<const ExportedFile> files, const std::string& name);
bool has_file(std::span<const ExportedFile> files, const std::string& name);

// What stands above the words of a file: what it is, and where it comes from.
std::vector<std::string> file_comments(const std::string& what, const ExportFacts& facts);

// "samples/0003/events.txt"
std::string sample_file(std::size_t sample, const char* name);

// A register of a chip and what it is set to.
struct RegisterSetting {
  std::uint32_t address = 0;
  const char* name = "";
  std::uint32_t value = 0;
  std::string meaning;
};
// One a line: address, value in hexadecimal, name, meaning.
std::string registers_text(std::span<const RegisterSetting> registers, std::span<const std::string> comments);

}  // namespace loci::backends
