#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/raster_file.hpp"
#include "io/raster_layout.hpp"
#include "io/sonata_layout.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr const char* use_another = "use another copy of the file";

void require_sonata(const hdf5::File& file) {
  if (!file.has_attribute("magic") || file.read_attribute<std::uint32_t>("magic") != sonata_magic)
    throw InputError(file.where(), "this HDF5 file is no spike raster (no SONATA magic number)",
                     "give a raster file");
}

// How many rows a writer that was killed, or stopped by a full disk, had written: rows it announced and did
// not get to write read as fill values or, where the file was never filled, as zeros.
std::size_t written_rows(const std::vector<double>& ascending) {
  double last = 0;
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    if (!(ascending[i] >= last)) return i;
    last = ascending[i];
  }
  return ascending.size();
}

std::size_t written_rows(const std::vector<std::uint64_t>& ids) {
  return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), unwritten_id) - ids.begin());
}

bool sorted_by_time(const hdf5::Group& group) {
  return group.has_attribute("sorting") && group.read_enum_attribute("sorting") == "by_time";
}

void require_spikes(const PopulationSpikes& spikes, bool sorted, const std::string& where) {
  if (spikes.ids.size() != spikes.times_ms.size())
    throw InputError(where, fmt::format("{} neurons for {} times", spikes.ids.size(), spikes.times_ms.size()),
                     use_another);
  double last_ms = 0;
  for (std::size_t i = 0; i < spikes.ids.size(); ++i) {
    const double time = spikes.times_ms[i];
    if (!std::isfinite(time) || time < 0)
      throw InputError(where, fmt::format("spike {} is at {} ms", i, time), use_another);
    if (sorted && time < last_ms)
      throw InputError(where, fmt::format("spike {} at {} ms comes after {} ms", i, time, last_ms),
                       use_another);
    if (spikes.ids[i] >= spikes.n_neurons)
      throw InputError(where,
                       fmt::format("spike {} is of neuron {} of {}", i, spikes.ids[i], spikes.n_neurons),
                       use_another);
    last_ms = time;
  }
}

// n_neurons: empty when the file does not say.
PopulationSpikes read_population(const hdf5::Group& spikes, const std::string& name,
                                 std::optional<std::size_t> n_neurons, bool complete) {
  const hdf5::Group group = spikes.group(name);
  const hdf5::Dataset timestamps = group.dataset("timestamps");
  const std::string units = timestamps.read_string_attribute("units");
  if (units != "ms")
    throw InputError(timestamps.where(), fmt::format("its unit is '{}'", units), "convert it to ms");
  PopulationSpikes population{.name = name,
                              .ids = group.dataset("node_ids").read<std::uint64_t>(),
                              .times_ms = timestamps.read<double>()};
  if (!complete) {
    const std::size_t n = std::min(written_rows(population.times_ms), written_rows(population.ids));
    population.times_ms.resize(n);
    population.ids.resize(n);
  }
  const auto largest = std::max_element(population.ids.begin(), population.ids.end());
  population.n_neurons = n_neurons.value_or(largest == population.ids.end() ? 0 : *largest + 1);
  require_spikes(population, sorted_by_time(group), group.where());
  return population;
}

std::vector<SampleRecord> read_samples(const hdf5::Group& group, bool complete) {
  auto index = group.dataset("index").read<std::uint64_t>();
  auto begin_ms = group.dataset("begin_ms").read<double>();
  auto end_ms = group.dataset("end_ms").read<double>();
  auto label = group.dataset("label").read<std::int64_t>();
  auto predicted = group.dataset("predicted").read<std::int64_t>();
  std::size_t n = index.size();
  if (!complete) {
    n = std::min({n, written_rows(begin_ms), written_rows(end_ms), label.size(), predicted.size()});
    begin_ms.resize(n);
    end_ms.resize(n);
    label.resize(n);
    predicted.resize(n);
  }
  for (const std::size_t size : {begin_ms.size(), end_ms.size(), label.size(), predicted.size()})
    if (size != n) throw InputError(group.where(), "its columns differ in length", use_another);
  std::vector<SampleRecord> samples;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(begin_ms[i] >= 0) || !(end_ms[i] >= begin_ms[i]) || !std::isfinite(end_ms[i]))
      throw InputError(group.where(),
                       fmt::format("sample {} lasts from {} to {} ms", i, begin_ms[i], end_ms[i]),
                       use_another);
    samples.push_back({index[i], begin_ms[i], end_ms[i], label[i], predicted[i]});
  }
  return samples;
}

void read_ours(const hdf5::File& file, RasterFile& raster) {
  raster.stamp = read_stamp(file, raster_format, raster_format_version);
  const hdf5::Group loci = file.group("loci");
  const auto names = loci.read_string_array_attribute("populations");
  const auto counts = loci.read_attribute_array<std::uint64_t>("n_neurons");
  if (names.size() != counts.size())
    throw InputError(loci.where(), fmt::format("{} names for {} populations", names.size(), counts.size()),
                     use_another);
  raster.complete = loci.read_attribute<std::uint8_t>("complete") != 0;
  raster.duration_ms = loci.read_attribute<double>("duration_ms");
  const hdf5::Group spikes = file.group("spikes");
  for (std::size_t i = 0; i < names.size(); ++i)
    raster.populations.push_back(read_population(spikes, names[i], counts[i], raster.complete));
  raster.samples = read_samples(loci.group("samples"), raster.complete);
}

void read_foreign(const hdf5::File& file, RasterFile& raster) {
  raster.stamp.format = "sonata-spikes";
  const hdf5::Group spikes = file.group("spikes");
  for (const std::string& name : spikes.names())
    raster.populations.push_back(read_population(spikes, name, std::nullopt, true));
  for (const PopulationSpikes& each : raster.populations)
    for (const double time : each.times_ms) raster.duration_ms = std::max(raster.duration_ms, time);
}

}  // namespace

RasterFile read_raster(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  require_sonata(file);
  RasterFile raster;
  file.has_attribute("format") ? read_ours(file, raster) : read_foreign(file, raster);
  return raster;
}

}  // namespace loci::io
