#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_layout.hpp"
#include "io/trace_file.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::io {
namespace {

constexpr std::size_t values_per_chunk = 65'536;
// Counted, not timed: the same frames then give the same bytes.
constexpr std::size_t values_per_flush = 262'144;

void require_traces(const std::filesystem::path& path, const TraceTimes& times,
                    const std::vector<TracedPopulation>& populations) {
  std::vector<std::string> names;
  for (const TracedPopulation& each : populations) {
    names.push_back(each.name);
    const std::string where = fmt::format("{}, population {}", path.string(), each.name);
    if (each.neurons.empty()) throw InputError(where, "no neuron is traced", "choose at least one");
    const auto bad = std::ranges::adjacent_find(each.neurons, std::greater_equal<>());
    if (bad != each.neurons.end())
      throw InputError(where, fmt::format("neuron {} comes after {}", *(bad + 1), *bad),
                       "choose neurons in ascending order, each once");
  }
  require_population_names(path.string(), names);
  if (populations.empty())
    throw InputError(path.string(), "there is no population to trace", "trace at least one");
  if (!std::isfinite(times.start_ms) || !std::isfinite(times.interval_ms) || !(times.interval_ms > 0))
    throw InputError(path.string(),
                     fmt::format("frames from {} ms on, every {} ms", times.start_ms, times.interval_ms),
                     "give a finite start and a positive interval");
}

constexpr NameTable<TraceQuantity, 4> quantities{
    {{TraceQuantity::membrane_mv, "membrane"},
     {TraceQuantity::current_pa, "current"},
     {TraceQuantity::excitatory_current_pa, "excitatory_current"},
     {TraceQuantity::inhibitory_current_pa, "inhibitory_current"}}};

// As the file has it.
std::string text_of(TraceQuantity quantity) {
  if (quantity == TraceQuantity::membrane_mv) return "membrane potential";
  std::string text(name_of(quantity));
  std::ranges::replace(text, '_', ' ');
  return text;
}

}  // namespace

struct TraceWriter::State {
  struct Stream {
    std::string name;
    std::size_t n_neurons = 0;
    hdf5::Dataset data;
    hdf5::Dataset time;
    std::vector<float> pending;
    std::size_t n_frames = 0;
  };

  State(const std::filesystem::path& path, TraceQuantity quantity, const TraceTimes& times,
        const std::vector<TracedPopulation>& populations, const Provenance& provenance);
  static Stream make_stream(hdf5::Group& report, const TracedPopulation& population, const TraceTimes& times,
                            const char* units);
  std::array<double, 3> time_of(const Stream& stream) const {
    const double stop_ms = frames.start_ms + static_cast<double>(stream.n_frames) * frames.interval_ms;
    return {frames.start_ms, stop_ms, frames.interval_ms};
  }
  void flush();
  void require_open() const {
    if (closed) throw std::logic_error("the traces are closed");
  }

  std::filesystem::path final_path;
  std::filesystem::path partial;
  TraceTimes frames;
  hdf5::File file;
  hdf5::Group loci;
  std::vector<Stream> streams;
  std::size_t values_since_flush = 0;
  bool closed = false;
};

TraceWriter::State::State(const std::filesystem::path& path, TraceQuantity quantity, const TraceTimes& times,
                          const std::vector<TracedPopulation>& populations, const Provenance& provenance)
    : final_path(path),
      partial(path.string() + ".partial"),
      frames(times),
      file((require_traces(path, times, populations), require_place(path), hdf5::File::create(partial))) {
  write_sonata_root(file);
  write_stamp(file, traces_format, trace_format_version, provenance);
  std::vector<std::string> names;
  hdf5::Group report = file.create_group("report");
  for (const TracedPopulation& each : populations) {
    streams.push_back(make_stream(report, each, times, quantity == TraceQuantity::membrane_mv ? "mV" : "pA"));
    names.push_back(each.name);
  }
  loci = file.create_group("loci");
  loci.write_attribute_array("populations", std::span<const std::string>(names));
  loci.write_attribute("quantity", text_of(quantity));
  loci.write_attribute("complete", std::uint8_t{0});
  file.start_appending();
  flush();
}

TraceWriter::State::Stream TraceWriter::State::make_stream(hdf5::Group& report,
                                                           const TracedPopulation& population,
                                                           const TraceTimes& times, const char* units) {
  Stream stream{.name = population.name, .n_neurons = population.neurons.size()};
  const std::size_t n = stream.n_neurons;
  hdf5::Group group = report.create_group(population.name);
  // Chunks without compression are written where they will stay (io/raster_writer.cpp).
  stream.data =
      group.create_extendable<float>("data", {.chunk_rows = std::max<std::size_t>(1, values_per_chunk / n)},
                                     std::numeric_limits<float>::quiet_NaN(), {n});
  stream.data.write_attribute("units", units);
  hdf5::Group mapping = group.create_group("mapping");
  auto node_ids = mapping.write("node_ids", population.neurons);
  node_ids.write_attribute("sorted", std::uint8_t{1});
  std::vector<std::uint64_t> pointers(n + 1);  // one element for each neuron
  std::iota(pointers.begin(), pointers.end(), std::uint64_t{0});
  mapping.write("index_pointers", pointers);
  mapping.write("element_ids", std::vector<std::uint32_t>(n, 0));
  stream.time = mapping.write("time", std::vector<double>{times.start_ms, times.start_ms, times.interval_ms});
  stream.time.write_attribute("units", "ms");
  return stream;
}

// The end of the times tells a reader which frames are whole, so it comes after them.
void TraceWriter::State::flush() {
  for (Stream& stream : streams) {
    stream.data.append<float>(stream.pending);
    stream.n_frames += stream.pending.size() / stream.n_neurons;
    stream.pending.clear();
  }
  file.flush();
  for (Stream& stream : streams) stream.time.overwrite<double>(time_of(stream));
  file.flush();
  values_since_flush = 0;
}

std::string_view name_of(TraceQuantity value) {
  return find_name(quantities, value);
}
TraceQuantity parse_trace_quantity(std::string_view text, const std::string& where) {
  return find_value(quantities, text, where);
}

TraceWriter::TraceWriter(const std::filesystem::path& path, TraceQuantity quantity, const TraceTimes& times,
                         const std::vector<TracedPopulation>& populations, const Provenance& provenance)
    : state_(std::make_unique<State>(path, quantity, times, populations, provenance)) {}

TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;

TraceWriter& TraceWriter::operator=(TraceWriter&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

TraceWriter::~TraceWriter() {
  if (!state_ || state_->closed) return;
  try {
    state_->flush();
  } catch (const std::exception&) {
    // The last flush that worked stays readable; a destructor has nobody to tell.
  }
  std::error_code ignored;
  if (std::ranges::all_of(state_->streams, [](const auto& stream) { return stream.n_frames == 0; }))
    std::filesystem::remove(state_->partial, ignored);
}

void TraceWriter::append(std::size_t population, std::span<const double> values) {
  state_->require_open();
  if (population >= state_->streams.size()) throw std::logic_error("there is no such population");
  State::Stream& stream = state_->streams[population];
  if (values.size() % stream.n_neurons != 0) throw std::logic_error("a frame has a value for every neuron");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(static_cast<float>(values[i])))
      throw InputError(fmt::format("{}, population {}", state_->final_path.string(), stream.name),
                       fmt::format("a value of {} in frame {}, column {}", values[i],
                                   n_frames(population) + i / stream.n_neurons, i % stream.n_neurons),
                       "trace finite values: the simulation may have diverged");
  for (const double value : values) stream.pending.push_back(static_cast<float>(value));
  state_->values_since_flush += values.size();
  if (state_->values_since_flush >= values_per_flush) state_->flush();
}

void TraceWriter::flush() {
  state_->require_open();
  state_->flush();
}

void TraceWriter::close() {
  state_->require_open();
  state_->flush();
  state_->loci.write_attribute("complete", std::uint8_t{1});
  state_->streams.clear();
  state_->loci = {};
  state_->file.close();
  state_->closed = true;
  seal(state_->partial);
  rename_durably(state_->partial, state_->final_path);
}

std::size_t TraceWriter::n_frames(std::size_t population) const {
  const State::Stream& stream = state_->streams.at(population);
  return stream.n_frames + stream.pending.size() / stream.n_neurons;
}
const std::filesystem::path& TraceWriter::partial_path() const {
  return state_->partial;
}

}  // namespace loci::io
