// A target as the way of an export sees it: how it computes, who writes its files and who reads them again.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backends/exported_file.hpp"
#include "backends/fidelity.hpp"
#include "backends/float_network.hpp"
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
  std::span<const sim::SpikeTrains> samples;  // input spikes to be written with it; none where pixels drive
  sim::Step n_steps = 0;                      // of each sample
};

// A network in whole numbers.
struct IntegerExport {
  const ExportSubject& subject;
  const backends::IntegerNetwork& network;
  backends::Drive drive = backends::Drive::spikes;
};

// Files in real numbers, and what becomes of the network in them.
struct RealFiles {
  std::vector<backends::ExportedFile> files;
  std::vector<backends::PropertyFidelity> properties;
};

// Either the first three, or write_real.
struct ExportTarget {
  std::string name;
  std::string title;
  bool unverified = false;  // written from second-hand facts

  // How it computes a network of such neurons, and its files.
  std::function<backends::TargetDescription(const sim::Lif&)> describe;
  std::function<std::vector<backends::ExportedFile>(const IntegerExport&)> write;
  // From what write() made, folders included; none: cannot be read back. Throws InputError.
  std::function<backends::IntegerNetwork(std::span<const backends::ExportedFile>)> read;

  std::function<RealFiles(const ExportSubject&)> write_real;

  bool whole_numbers() const { return describe != nullptr; }
};

}  // namespace loci::experiments
