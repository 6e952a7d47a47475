// A target as the way of an export sees it: how it computes, who writes its files and who reads them again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/certificate.hpp"
#include "backends/chip_split.hpp"
#include "backends/exported_file.hpp"
#include "backends/fidelity.hpp"
#include "backends/float_network.hpp"
#include "backends/position_weights.hpp"
#include "backends/quantiser.hpp"
#include "backends/target.hpp"
#include "sim/encoder.hpp"
#include "sim/network.hpp"
#include "sim/parameters.hpp"
#include "sim/spatial_graph.hpp"

namespace loci::experiments {

// What every writer is given of the model.
struct ExportSubject {
  const sim::NetworkDescription& network;
  const sim::Parameters& parameters;
  const sim::GraphOptions& graph;
  const backends::ExportFacts& facts;
  const backends::FloatNetwork& trained;  // the same in plain numbers
  // To be written with it: the input's spikes, or images where pixels drive.
  std::span<const sim::SpikeTrains> samples;
  std::span<const std::span<const std::uint8_t>> images;
  sim::Step n_steps = 0;  // of each sample
  // Of a target that rounds weights at searched scales, but computes in real numbers: by layer; else empty.
  std::span<const backends::LayerScaling> scaling{};
};

// A network in whole numbers.
struct IntegerExport {
  const ExportSubject& subject;
  const backends::IntegerNetwork& network;
  backends::Drive drive = backends::Drive::spikes;
  const backends::PositionNetwork* positions = nullptr;  // that the weights are made from; null: stored
};

// Files of a target that computes in real numbers, or whose arithmetic is not known bit for bit, and what
// becomes of the network in them.
struct RealExport {
  std::vector<backends::ExportedFile> files;
  std::vector<backends::PropertyFidelity> properties;
  std::optional<backends::FloatNetwork> computed;  // rounded as it is there; nullopt: the trained one
  std::optional<backends::CoreCapacity> core;      // of each, where there are several
  std::function<void(const std::filesystem::path&)> write_folder;  // files besides; none if empty
};

// An export that is read back: its files in memory, and where they lie.
struct ExportedFolder {
  std::filesystem::path path;
  std::span<const backends::ExportedFile> files;
};

// Either describe(), write(), read() and what goes with them, or write_real() and read_real().
struct ExportTarget {
  std::string name;
  std::string title;
  bool unverified = false;     // written from second-hand facts
  bool needs_samples = false;  // its files are of no use without one

  // How it computes a network of such neurons; with write_real: how it rounds one, if scales are searched.
  std::function<backends::TargetDescription(const sim::Lif&)> describe;
  // Its files.
  std::function<std::vector<backends::ExportedFile>(const IntegerExport&)> write;
  // Over several chips, a part on each; none: cannot be.
  std::function<std::vector<backends::ExportedFile>(const IntegerExport&, const backends::ChipSplit&)>
      write_split;
  // From what write() or write_split() made, folders included. Throws InputError.
  std::function<backends::IntegerNetwork(std::span<const backends::ExportedFile>)> read;

  bool weights_from_positions = false;  // the target makes them; its layers have one scale each
  // Bytes that it takes; none: not counted.
  std::function<std::vector<backends::MemoryUse>(const IntegerExport&)> memory;

  std::function<RealExport(const ExportSubject&)> write_real;
  // What is computed there (RealExport::computed, or the trained network), from what write_real() made.
  // Throws InputError.
  std::function<backends::FloatNetwork(const ExportedFolder&)> read_real;

  bool whole_numbers() const { return write != nullptr; }
};

}  // namespace loci::experiments
