// Spike rasters in HDF5: the SONATA layout, readable by its tools, and beside it what SONATA has no place for
// (docs/formats.md). Streaming: a recording need not fit into memory, and a killed run leaves a readable
// prefix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_format.hpp"

namespace loci::io {

inline constexpr int raster_format_version = 1;

struct Population {
  std::string name;  // one per layer
  std::size_t n_neurons = 0;
};

// One presented stimulus within the recording's time.
struct SampleRecord {
  std::uint64_t index = 0;  // in its data set
  double begin_ms = 0;
  double end_ms = 0;
  std::int64_t label = -1;      // -1: none
  std::int64_t predicted = -1;  // -1: none
};

// Writes <path>.partial and renames it on close. Not closed: the partial file stays, flushed, when it holds
// any spike.
class RasterWriter {
 public:
  RasterWriter(const std::filesystem::path& path, const std::vector<Population>& populations,
               const Provenance& provenance);
  ~RasterWriter();
  RasterWriter(RasterWriter&&) noexcept;
  RasterWriter& operator=(RasterWriter&&) noexcept;

  // ids: (n), local to the population; times_ms: (n), not decreasing within the population, also from call to
  // call. Throws InputError for a time that is negative, not finite or decreasing and for an id beyond the
  // population; nothing of that call is then kept. Throws std::logic_error for spans of different length or a
  // population that does not exist.
  void append(std::size_t population, std::span<const std::uint64_t> ids, std::span<const double> times_ms);
  void append(std::string_view population, std::span<const std::uint64_t> ids,
              std::span<const double> times_ms);
  // Samples follow each other in time: throws InputError when one begins or ends before the one before it.
  void end_sample(const SampleRecord& sample);
  // Makes everything so far survive a killed process. Happens by itself every 65,536 spikes and every 64
  // samples.
  void flush();
  // duration_ms: of the whole recording; without it the end of the last sample or spike, whichever is later.
  void close(std::optional<double> duration_ms = std::nullopt);

  std::uint64_t n_spikes() const;
  const std::filesystem::path& partial_path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct PopulationSpikes {
  std::string name;
  std::size_t n_neurons = 0;  // files of other programs: one more than the largest id
  std::vector<std::uint64_t> ids;
  std::vector<double> times_ms;
};

struct RasterFile {
  FileStamp stamp;
  bool complete = true;  // false: the prefix a killed run left
  double duration_ms = 0;
  std::vector<PopulationSpikes> populations;  // in layer order; files of other programs: by name
  std::vector<SampleRecord> samples;

  std::uint64_t n_spikes() const;
  // Throws InputError when there is none of that name.
  const PopulationSpikes& at(std::string_view population) const;
};

// Reads ours and any SONATA spike file. Throws InputError for damage, missing parts, unsorted or negative
// times (unless the file says it is not sorted by time), and ids beyond their population.
RasterFile read_raster(const std::filesystem::path& path);

}  // namespace loci::io
