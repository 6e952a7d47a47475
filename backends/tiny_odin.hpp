// tinyODIN, an open chip of 256 neurons with 4-bit synapses: its emulator, and networks on it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "backends/crossbar_chip.hpp"
#include "backends/target.hpp"
#include "backends/tiny_odin_image.hpp"

namespace loci::backends {

TargetDescription tiny_odin_target();

// The chip, bit for bit.
class TinyOdin : public CrossbarChip {
 public:
  explicit TinyOdin(const TinyOdinImage& image);

  void on_event(std::uint32_t event, std::vector<std::uint32_t>& spikes) override;
  std::uint32_t leak_event() const override { return 0x1FF; }
  std::uint32_t spike_event(std::size_t source) const override { return static_cast<std::uint32_t>(source); }
  std::uint32_t mark() const override { return 0x800; }
};

// Throws InputError for what tinyODIN cannot hold: each limit that is broken, by how much, and what helps.
TinyOdinImage tiny_odin_image(const IntegerNetwork& network, bool closed_loop = false);
// The network that is in an image. Throws InputError if there is more in it than layers after layers.
IntegerNetwork network_of(const TinyOdinImage& image, std::span<const LayerIds> layers);

// Image files, network.json, and for each sample events.txt and expected.log (crossbar_log). Throws
// InputError where the network does not fit, or where spikes would be lost in the closed loop.
std::vector<ExportedFile> export_tiny_odin(const IntegerNetwork& network, const RtlSamples& samples,
                                           const ExportFacts& facts, bool closed_loop = false);

struct TinyOdinExport {
  RtlSidecar sidecar;
  TinyOdinImage image;
  IntegerNetwork network;
};
// What export_tiny_odin wrote. Throws InputError for files that are missing, damaged or not of one export.
TinyOdinExport import_tiny_odin(std::span<const ExportedFile> files);

}  // namespace loci::backends
