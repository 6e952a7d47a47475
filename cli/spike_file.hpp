// Where the spikes of a run go: a raster in the SONATA layout, labelled samples as trainers read them, or a
// recording beside a NIR graph.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/raster_file.hpp"

namespace loci::cli {

enum class SpikeFormat { sonata, shd, nir_data };

// Throws InputError at `where` for anything but "sonata", "shd" and "nir-data".
SpikeFormat parse_spike_format(const std::string& text, const std::string& where);

class SpikeFile {
 public:
  virtual ~SpikeFile() = default;
  // ids: (n) within the population; times_ms: (n), not decreasing.
  virtual void append(std::size_t population, std::span<const std::uint64_t> ids,
                      std::span<const double> times_ms) = 0;
  virtual void end_sample(const io::SampleRecord& sample) = 0;
  // Of the whole recording; without it up to the last sample or spike. What no sample took is one of its own,
  // with label 0, where the layout has nothing but samples.
  virtual void close(std::optional<double> duration_ms = std::nullopt) = 0;
};

// A layered network's time (sim/simulate.hpp), of which NIR knows nothing.
struct LayeredTime {
  std::vector<std::string> nodes;  // that stand for the layers in its NIR graph
  double step_ms = 1.0;
  std::uint64_t n_steps = 0;  // of each layer
};

struct SpikeFileOptions {
  std::string path;
  SpikeFormat format = SpikeFormat::sonata;
  std::vector<io::Population> populations;
  std::size_t n_classes = 0;             // of the samples' labels
  std::optional<LayeredTime> layered{};  // populations are the layers of a trained network
};

// Throws InputError for what the layout cannot hold: to be asked before the work.
void require_layout(const SpikeFileOptions& options, double duration_ms);
std::unique_ptr<SpikeFile> make_spike_file(const SpikeFileOptions& options, const io::Provenance& provenance);

}  // namespace loci::cli
