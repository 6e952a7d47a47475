#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/digest.hpp"
#include "io/hdf5.hpp"
#include "io/sonata_layout.hpp"
#include "io/trace_file.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr const char* use_another = "use another copy of the file";

void require_one_element_each(const hdf5::Group& mapping, std::size_t n) {
  const hdf5::Dataset dataset = mapping.dataset("index_pointers");
  const auto pointers = dataset.read<std::uint64_t>();
  if (pointers.size() != n + 1)
    throw InputError(dataset.where(), fmt::format("it has {} entries for {} nodes", pointers.size(), n),
                     "write one more entry than nodes");
  for (std::size_t i = 0; i <= n; ++i)
    if (pointers[i] != i)
      throw InputError(dataset.where(),
                       fmt::format("entry {} is {}: some node has not one element", i, pointers[i]),
                       "loci reads reports of point neurons: write one element for each node");
}

// Start, end and interval of the frames; gives how many there are.
std::size_t read_times(const hdf5::Dataset& time, TraceTimes& times) {
  const auto values = time.read<double>({3});
  if (time.has_attribute("units") && time.read_string_attribute("units") != "ms")
    throw InputError(time.where(), fmt::format("its unit is '{}'", time.read_string_attribute("units")),
                     "convert it to ms");
  times = {.start_ms = values[0], .interval_ms = values[2]};
  const double n = std::round((values[1] - values[0]) / values[2]);
  if (!(values[2] > 0) || !(n >= 0 && n < 0x1p53))
    throw InputError(time.where(),
                     fmt::format("frames from {} to {} ms, every {} ms", values[0], values[1], values[2]),
                     use_another);
  return static_cast<std::size_t>(n);
}

PopulationTraces read_population(const hdf5::Group& group, const std::string& name, bool complete) {
  PopulationTraces traces{.name = name};
  const hdf5::Group mapping = group.group("mapping");
  traces.neurons = mapping.dataset("node_ids").read<std::uint64_t>();
  require_one_element_each(mapping, traces.neurons.size());
  traces.n_frames = read_times(mapping.dataset("time"), traces.times);
  const hdf5::Dataset data = group.dataset("data");
  const auto shape = data.shape();
  // A killed run may have written more than it got to say.
  const bool enough =
      shape.size() == 2 && (complete ? shape[0] == traces.n_frames : shape[0] >= traces.n_frames);
  if (!enough || shape[1] != traces.neurons.size())
    throw InputError(data.where(),
                     fmt::format("its shape is ({}), its mapping has {} frames of {} nodes",
                                 fmt::join(shape, ", "), traces.n_frames, traces.neurons.size()),
                     use_another);
  static_cast<void>(data.checked_length(sizeof(float)));
  traces.values = data.read_rows<float>(0, traces.n_frames);
  return traces;
}

}  // namespace

const PopulationTraces& TraceFile::at(std::string_view population) const {
  std::string known;
  for (const PopulationTraces& each : populations) {
    if (each.name == population) return each;
    known.append(known.empty() ? "" : ", ").append(each.name);
  }
  throw InputError("traces", fmt::format("there is no population '{}'", population),
                   fmt::format("use one of: {}", known));
}

TraceFile read_traces(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  require_sonata(file, "report");
  TraceFile traces;
  const bool ours = file.has_attribute("format");
  traces.stamp =
      ours ? read_stamp(file, traces_format, trace_format_version) : FileStamp{.format = "sonata-report"};
  traces.complete = !ours || file.group("loci").read_attribute<std::uint8_t>("complete") != 0;
  const hdf5::Group report = file.group("report");
  for (const std::string& name : sonata_populations(file, "report", "populations")) {
    const hdf5::Group group = report.group(name);
    traces.populations.push_back(read_population(group, name, traces.complete));
    const hdf5::Dataset data = group.dataset("data");
    if (data.has_attribute("units")) traces.units = data.read_string_attribute("units");
  }
  return traces;
}

}  // namespace loci::io
