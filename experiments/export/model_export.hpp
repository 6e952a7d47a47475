// The way of an export: limits, scales, emulation, certificate, files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backends/certificate.hpp"
#include "backends/evidence.hpp"
#include "experiments/export/export_target.hpp"
#include "sim/encoder.hpp"
#include "sim/samples.hpp"

namespace loci::experiments {

struct ModelExport {
  const ExportTarget& target;
  const sim::NetworkDescription& network;
  const sim::Parameters& parameters;
  sim::GraphOptions graph;                 // delays
  const sim::LabelledImages& calibration;  // the first n_calibration of them
  const sim::LabelledImages& test;         // the first n_samples of them
  std::size_t n_calibration = 100;
  std::size_t n_samples = 1000;
  std::size_t n_written = 10;  // samples whose input goes into the files
  sim::Encoder trained;        // how the network was trained
  sim::Encoder encoder;        // how the chip is driven
  sim::Step n_steps = 25;
  // On targets of several cores; neurons_per_core 0: as many as a core holds.
  backends::PlacementBy placement = backends::PlacementBy::best;
  std::size_t neurons_per_core = 0;
  bool split = false;  // over several chips
  std::size_t n_threads = 0;
  backends::ExportFacts facts;
  std::string summary;       // the network in a few words
  std::string model_digest;  // of the parameters
  // Told what goes on and how far it is; null: nobody.
  std::function<void(const std::string& what, std::size_t done, std::size_t total)> progress;
};

struct ExportResult {
  std::vector<backends::ExportedFile> files;
  std::function<void(const std::filesystem::path&)> write_folder;  // files besides; none if empty
  backends::Certificate certificate;
};

// Throws InputError for what the target cannot hold or cannot be driven with, naming everything.
ExportResult export_model(const ModelExport& request);

// The first n images as samples: their spikes, or their pixels where the encoding is constant. The images
// must outlive it.
backends::SampleSource samples_of(const sim::LabelledImages& images, std::size_t n,
                                  const sim::Encoder& encoder, sim::Step n_steps);

}  // namespace loci::experiments
