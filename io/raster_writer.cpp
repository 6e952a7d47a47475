#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/raster_file.hpp"
#include "io/raster_layout.hpp"
#include "io/sonata_layout.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr std::size_t spikes_per_chunk = 4096;
constexpr std::size_t samples_per_chunk = 256;
// Counted, not timed: the same spikes then give the same bytes.
constexpr std::uint64_t spikes_per_flush = 65'536;
constexpr std::uint64_t samples_per_flush = 64;

void require_populations(const std::filesystem::path& path, const std::vector<Population>& populations) {
  std::vector<std::string> names;
  for (const Population& each : populations) names.push_back(each.name);
  require_population_names(path.string(), names);
  if (populations.empty())
    throw InputError(path.string(), "there is no population to record", "record at least one");
}

// Chunks without compression are written where they will stay; a compressed one moves when it grows, and a
// killed writer may by then have given its old place away.
hdf5::Layout chunks_of(std::size_t rows) {
  return {.chunk_rows = rows};
}

}  // namespace

struct RasterWriter::State {
  struct Stream {
    std::string name;
    std::size_t n_neurons;
    hdf5::Dataset times;
    hdf5::Dataset ids;
    std::vector<double> pending_times;
    std::vector<std::uint64_t> pending_ids;
    double last_ms = 0;
  };
  struct Samples {
    hdf5::Dataset begin_ms, end_ms, label, predicted, index;
  };

  State(const std::filesystem::path& path, const std::vector<Population>& populations,
        const Provenance& provenance);
  void write_pending(Stream& stream);
  void flush();
  void require_open() const {
    if (closed) throw std::logic_error("the raster is closed");
  }

  std::filesystem::path final_path;
  std::filesystem::path partial;
  hdf5::File file;
  hdf5::Group loci;
  std::vector<Stream> streams;
  Samples samples;
  std::vector<SampleRecord> pending_samples;
  SampleRecord last_sample;
  double duration_ms = 0;
  std::uint64_t n_spikes = 0;
  std::uint64_t n_samples = 0;
  std::uint64_t spikes_at_flush = 0;
  bool closed = false;
};

RasterWriter::State::State(const std::filesystem::path& path, const std::vector<Population>& populations,
                           const Provenance& provenance)
    : final_path(path),
      partial(path.string() + ".partial"),
      file((require_populations(path, populations), require_place(path), hdf5::File::create(partial))) {
  write_sonata_root(file);
  write_stamp(file, raster_format, raster_format_version, provenance);

  hdf5::Group spikes = file.create_group("spikes");
  std::vector<std::string> names;
  std::vector<std::uint64_t> counts;
  for (const Population& each : populations) {
    hdf5::Group group = spikes.create_group(each.name);
    group.write_enum_attribute("sorting", sonata_sortings(), sorting_by_time);
    auto times = group.create_extendable<double>("timestamps", chunks_of(spikes_per_chunk), unwritten_time);
    times.write_attribute("units", "ms");
    auto ids = group.create_extendable<std::uint64_t>("node_ids", chunks_of(spikes_per_chunk), unwritten_id);
    streams.push_back(
        {.name = each.name, .n_neurons = each.n_neurons, .times = std::move(times), .ids = std::move(ids)});
    names.push_back(each.name);
    counts.push_back(each.n_neurons);
  }

  loci = file.create_group("loci");
  loci.write_attribute_array("populations", std::span<const std::string>(names));
  loci.write_attribute_array("n_neurons", std::span<const std::uint64_t>(counts));
  loci.write_attribute("duration_ms", duration_ms);
  loci.write_attribute("complete", std::uint8_t{0});
  hdf5::Group group = loci.create_group("samples");
  const hdf5::Layout chunks = chunks_of(samples_per_chunk);
  samples = {.begin_ms = group.create_extendable<double>("begin_ms", chunks, unwritten_time),
             .end_ms = group.create_extendable<double>("end_ms", chunks, unwritten_time),
             .label = group.create_extendable<std::int64_t>("label", chunks, -1),
             .predicted = group.create_extendable<std::int64_t>("predicted", chunks, -1),
             .index = group.create_extendable<std::uint64_t>("index", chunks)};
  file.start_appending();
  flush();
}

void RasterWriter::State::write_pending(Stream& stream) {
  stream.ids.append<std::uint64_t>(stream.pending_ids);
  stream.times.append<double>(stream.pending_times);
  stream.pending_ids.clear();
  stream.pending_times.clear();
}

void RasterWriter::State::flush() {
  for (Stream& stream : streams) write_pending(stream);
  const auto append = [this](hdf5::Dataset& target, auto member) {
    std::vector<std::decay_t<decltype(SampleRecord{}.*member)>> column;
    for (const SampleRecord& sample : pending_samples) column.push_back(sample.*member);
    target.append(std::span(std::as_const(column)));
  };
  append(samples.index, &SampleRecord::index);
  append(samples.label, &SampleRecord::label);
  append(samples.predicted, &SampleRecord::predicted);
  append(samples.begin_ms, &SampleRecord::begin_ms);
  append(samples.end_ms, &SampleRecord::end_ms);
  pending_samples.clear();
  loci.write_attribute("duration_ms", duration_ms);
  file.flush();
  spikes_at_flush = n_spikes;
}

RasterWriter::RasterWriter(const std::filesystem::path& path, const std::vector<Population>& populations,
                           const Provenance& provenance)
    : state_(std::make_unique<State>(path, populations, provenance)) {}

RasterWriter::RasterWriter(RasterWriter&&) noexcept = default;

RasterWriter& RasterWriter::operator=(RasterWriter&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

RasterWriter::~RasterWriter() {
  if (!state_ || state_->closed) return;
  try {
    state_->flush();
  } catch (const std::exception&) {
    // The last flush that worked stays readable; a destructor has nobody to tell.
  }
  std::error_code ignored;
  if (state_->n_spikes == 0 && state_->n_samples == 0) std::filesystem::remove(state_->partial, ignored);
}

void RasterWriter::append(std::size_t population, std::span<const std::uint64_t> ids,
                          std::span<const double> times_ms) {
  state_->require_open();
  if (population >= state_->streams.size()) throw std::logic_error("there is no such population");
  if (ids.size() != times_ms.size()) throw std::logic_error("every spike has one neuron and one time");
  State::Stream& stream = state_->streams[population];
  const auto refuse = [&](std::size_t i, const std::string& problem) {
    throw InputError(fmt::format("{}, population {}, spike {}", state_->final_path.string(), stream.name, i),
                     problem, "record neurons of this population in the order of time");
  };
  double last_ms = stream.last_ms;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= stream.n_neurons) refuse(i, fmt::format("neuron {} of {}", ids[i], stream.n_neurons));
    if (!std::isfinite(times_ms[i]) || times_ms[i] < 0)
      refuse(i, fmt::format("a spike at {} ms", times_ms[i]));
    if (times_ms[i] < last_ms) refuse(i, fmt::format("{} ms comes after {} ms", times_ms[i], last_ms));
    last_ms = times_ms[i];
  }
  stream.pending_ids.insert(stream.pending_ids.end(), ids.begin(), ids.end());
  stream.pending_times.insert(stream.pending_times.end(), times_ms.begin(), times_ms.end());
  stream.last_ms = last_ms;
  state_->n_spikes += ids.size();
  state_->duration_ms = std::max(state_->duration_ms, last_ms);
  if (stream.pending_ids.size() >= spikes_per_chunk) state_->write_pending(stream);
  if (state_->n_spikes - state_->spikes_at_flush >= spikes_per_flush) state_->flush();
}

void RasterWriter::append(std::string_view population, std::span<const std::uint64_t> ids,
                          std::span<const double> times_ms) {
  const auto& streams = state_->streams;
  const auto found =
      std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s.name == population; });
  append(static_cast<std::size_t>(found - streams.begin()), ids, times_ms);
}

void RasterWriter::end_sample(const SampleRecord& sample) {
  state_->require_open();
  const SampleRecord& last = state_->last_sample;
  if (!(sample.begin_ms >= last.begin_ms) || !(sample.end_ms >= std::max(sample.begin_ms, last.end_ms)) ||
      !std::isfinite(sample.end_ms))
    throw InputError(fmt::format("{}, sample {}", state_->final_path.string(), state_->n_samples),
                     fmt::format("it lasts from {} to {} ms", sample.begin_ms, sample.end_ms),
                     "give finite times from 0 on, in the order of presentation");
  state_->last_sample = sample;
  state_->pending_samples.push_back(sample);
  ++state_->n_samples;
  state_->duration_ms = std::max(state_->duration_ms, sample.end_ms);
  if (state_->pending_samples.size() >= samples_per_flush) state_->flush();
}

void RasterWriter::flush() {
  state_->require_open();
  state_->flush();
}

void RasterWriter::close(std::optional<double> duration_ms) {
  state_->require_open();
  if (duration_ms && !(*duration_ms >= state_->duration_ms && std::isfinite(*duration_ms)))
    throw InputError(state_->final_path.string(),
                     fmt::format("a duration of {} ms ends before the last event, {} ms", *duration_ms,
                                 state_->duration_ms),
                     "give the duration of the whole recording");
  if (duration_ms) state_->duration_ms = *duration_ms;
  state_->flush();
  state_->loci.write_attribute("complete", std::uint8_t{1});
  state_->streams.clear();
  state_->samples = {};
  state_->loci = {};
  state_->file.close();
  state_->closed = true;
  seal(state_->partial);
  rename_durably(state_->partial, state_->final_path);
}

std::uint64_t RasterWriter::n_spikes() const {
  return state_->n_spikes;
}
const std::filesystem::path& RasterWriter::partial_path() const {
  return state_->partial;
}

}  // namespace loci::io
