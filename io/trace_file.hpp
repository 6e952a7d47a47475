// Traces of chosen neurons, membrane potentials or currents, as SONATA frame reports. Streaming: memory does
// not grow with the recording, and a killed run leaves a readable prefix.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file_format.hpp"

namespace loci::io {

inline constexpr int trace_format_version = 1;

// current: what flows through all synapses, of both signs.
enum class TraceQuantity { membrane_mv, current_pa, excitatory_current_pa, inhibitory_current_pa };

// "membrane", "current", "excitatory_current", "inhibitory_current".
std::string_view name_of(TraceQuantity value);
// Throws InputError at `where` listing what would have been understood.
TraceQuantity parse_trace_quantity(std::string_view text, const std::string& where);

// The chosen neurons of one population, ascending.
struct TracedPopulation {
  std::string name;
  std::vector<std::uint64_t> neurons;
};

// Frame k shows the neurons at start + k interval.
struct TraceTimes {
  double start_ms = 0;
  double interval_ms = 0.1;
};

// Writes <path>.partial and renames it on close. Not closed: the partial file stays, flushed, when it holds
// any frame.
class TraceWriter {
 public:
  // Throws InputError for names that HDF5 cannot hold, a population without neurons or with neurons out of
  // order, and times that are not finite or an interval that is not positive.
  TraceWriter(const std::filesystem::path& path, TraceQuantity quantity, const TraceTimes& times,
              const std::vector<TracedPopulation>& populations, const Provenance& provenance);
  ~TraceWriter();
  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;

  // values: (frames, neurons), row-major, the frames after those of earlier calls; kept as float32. Throws
  // InputError for a value that float32 cannot hold as a finite number; nothing of that call is then kept.
  // Throws std::logic_error for a part of a frame or a population that does not exist.
  void append(std::size_t population, std::span<const double> values);
  // Makes everything so far survive a killed process. Happens by itself every 262,144 values.
  void flush();
  void close();

  std::size_t n_frames(std::size_t population) const;
  const std::filesystem::path& partial_path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct PopulationTraces {
  std::string name;
  std::vector<std::uint64_t> neurons;
  TraceTimes times;
  std::size_t n_frames = 0;
  std::vector<float> values;  // (frames, neurons), row-major
};

struct TraceFile {
  FileStamp stamp;       // format "sonata-report" for a file of another program
  bool complete = true;  // false: the prefix a killed run left
  std::string units;     // "mV", "pA", or what another program says
  std::vector<PopulationTraces> populations;

  // Throws InputError when there is none of that name.
  const PopulationTraces& at(std::string_view population) const;
};

// Reads ours and SONATA frame reports with one element for each node. Throws InputError for parts that are
// missing or do not fit each other and for times that make no frames.
TraceFile read_traces(const std::filesystem::path& path);

}  // namespace loci::io
