// ODIN, an open chip of 256 neurons with 3-bit synapses whose sign is the source's: its emulator, and
// networks on it. Learning (SDSP) and Izhikevich's neurons are not emulated.
#pragma once

#include <span>
#include <vector>

#include "backends/crossbar_chip.hpp"
#include "backends/odin_image.hpp"
#include "backends/target.hpp"

namespace loci::backends {

TargetDescription odin_target();

// The chip, bit for bit.
class Odin : public CrossbarChip {
 public:
  // Throws InputError for an image with neurons that learn or are Izhikevich's.
  explicit Odin(const OdinImage& image);

  void on_event(std::uint32_t event, std::vector<std::uint32_t>& spikes) override;
  std::uint32_t leak_event() const override { return 0x7F; }
  std::uint32_t spike_event(std::size_t source) const override {
    return static_cast<std::uint32_t>(source << 8 | 0x07);
  }
  std::uint32_t mark() const override { return 0x80000000; }

 private:
  std::vector<std::int32_t> unmapped_too_;  // (256, 256), weights as if all synapses were mapped
};

// Throws InputError for what ODIN cannot hold: each limit that is broken, by how much, and what helps.
OdinImage odin_image(const IntegerNetwork& network, bool closed_loop = false);
// The network that is in an image. Throws InputError if there is more in it than layers after layers.
IntegerNetwork network_of(const OdinImage& image, std::span<const LayerIds> layers);

// Image files, network.json, and for each sample events.txt and expected.log (crossbar_log). Throws
// InputError where the network does not fit, or where spikes would be lost in the closed loop.
std::vector<ExportedFile> export_odin(const IntegerNetwork& network, const RtlSamples& samples,
                                      const ExportFacts& facts, bool closed_loop = false);

struct OdinExport {
  RtlSidecar sidecar;
  OdinImage image;
  IntegerNetwork network;
};
// What export_odin wrote. Throws InputError for files that are missing, damaged or not of one export.
OdinExport import_odin(std::span<const ExportedFile> files);

}  // namespace loci::backends
