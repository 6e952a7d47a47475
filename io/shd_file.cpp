#include "io/shd_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "io/atomic_file.hpp"
#include "io/digest.hpp"
#include "io/half.hpp"
#include "io/hdf5.hpp"
#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr std::uint64_t largest_unit = 65'535;
constexpr double s_per_ms = 1e-3;
constexpr double ms_per_s = 1e3;

void write_spikes(hdf5::File& file, std::span<const std::vector<std::uint16_t>> times,
                  std::span<const std::vector<std::uint16_t>> units) {
  hdf5::Group spikes = file.create_group("spikes");
  spikes.write_ragged("times", times, hdf5::RaggedType::float16);
  spikes.write_ragged("units", units, hdf5::RaggedType::uint16);
}

// Nobody spoke: every sample has speaker 0, and there are no facts on speakers.
void write_extra(hdf5::File& file, std::size_t n_samples, std::span<const std::string> classes) {
  hdf5::Group extra = file.create_group("extra");
  extra.write("speaker", std::vector<std::uint16_t>(n_samples, 0));
  extra.write_strings("keys", classes);
  hdf5::Group facts = extra.create_group("meta_info");
  facts.write_strings("gender", {});
  facts.write("age", std::vector<std::uint16_t>{});
  facts.write("body_height", std::vector<std::uint16_t>{});
}

ShdSample make_sample(const hdf5::Dataset& times, std::size_t index, const std::vector<double>& times_s,
                      const std::vector<double>& units, std::int64_t label) {
  const std::string where = fmt::format("{}[{}]", times.where(), index);
  if (times_s.size() != units.size())
    throw InputError(where, fmt::format("{} times for {} neurons", times_s.size(), units.size()),
                     "use another copy of the file");
  ShdSample sample{.times_ms = {}, .neurons = {}, .label = label};
  for (std::size_t i = 0; i < times_s.size(); ++i) {
    if (!std::isfinite(times_s[i]) || times_s[i] < 0)
      throw InputError(where, fmt::format("spike {} is at {} s", i, times_s[i]),
                       "use another copy of the file");
    if (!(units[i] >= 0 && units[i] <= largest_unit && units[i] == std::floor(units[i])))
      throw InputError(where, fmt::format("spike {} is of neuron {}", i, units[i]),
                       "number neurons from 0 to 65,535");
    sample.times_ms.push_back(times_s[i] * ms_per_s);
    sample.neurons.push_back(static_cast<std::uint16_t>(units[i]));
  }
  return sample;
}

void require_within(const ShdFile& shd, const std::string& where) {
  for (std::size_t s = 0; s < shd.samples.size(); ++s)
    for (const std::uint16_t neuron : shd.samples[s].neurons)
      if (neuron >= shd.n_neurons)
        throw InputError(where, fmt::format("sample {} has neuron {} of {}", s, neuron, shd.n_neurons),
                         "use another copy of the file");
}

}  // namespace

ShdWriter::ShdWriter(std::filesystem::path path, std::size_t n_neurons, std::vector<std::string> classes,
                     Provenance provenance)
    : path_(std::move(path)),
      n_neurons_(n_neurons),
      classes_(std::move(classes)),
      provenance_(std::move(provenance)) {
  require_place(path_);
}

void ShdWriter::require_sample(std::span<const double> times_ms, std::span<const std::uint64_t> neurons,
                               std::int64_t label) const {
  const std::string where = fmt::format("{}, sample {}", path_.string(), n_samples());
  const std::uint64_t n_labels = classes_.empty() ? largest_unit + 1 : classes_.size();
  if (label < 0 || static_cast<std::uint64_t>(label) >= n_labels)
    throw InputError(where, fmt::format("its label is {}, not one of 0 to {}", label, n_labels - 1),
                     "give every sample a label, and every label a class");
  double last_ms = 0;
  for (std::size_t i = 0; i < neurons.size(); ++i) {
    if (neurons[i] > largest_unit)
      throw InputError(where, fmt::format("neuron {} does not fit into the layout's 16 bits", neurons[i]),
                       "record neurons from 0 to 65,535, or write a SONATA raster");
    if (neurons[i] >= n_neurons_)
      throw InputError(where, fmt::format("spike {} is of neuron {} of {}", i, neurons[i], n_neurons_),
                       "record neurons of this population");
    if (!std::isfinite(times_ms[i]) || times_ms[i] < 0 || times_ms[i] * s_per_ms > largest_half)
      throw InputError(where, fmt::format("spike {} is at {} ms", i, times_ms[i]),
                       "give times from 0 ms to 65,504 s after the sample's begin");
    if (times_ms[i] < last_ms)
      throw InputError(where, fmt::format("spike {} at {} ms comes after {} ms", i, times_ms[i], last_ms),
                       "give spikes in the order of time");
    last_ms = times_ms[i];
  }
}

void ShdWriter::append(std::span<const double> times_ms, std::span<const std::uint64_t> neurons,
                       std::int64_t label) {
  if (times_ms.size() != neurons.size()) throw std::logic_error("every spike has one neuron and one time");
  require_sample(times_ms, neurons, label);
  auto& times = times_.emplace_back();
  for (const double ms : times_ms) times.push_back(half_from_double(ms * s_per_ms));
  auto& units = units_.emplace_back();
  for (const std::uint64_t neuron : neurons) units.push_back(static_cast<std::uint16_t>(neuron));
  labels_.push_back(static_cast<std::uint16_t>(label));
}

void ShdWriter::close() {
  auto file = hdf5::File::create_in_memory(path_.string());
  write_stamp(file, samples_format, shd_format_version, provenance_);
  file.create_group("loci").write_attribute("n_neurons", std::uint64_t{n_neurons_});
  write_spikes(file, times_, units_);
  file.write("labels", labels_);
  write_extra(file, labels_.size(), classes_);
  std::string bytes = file.image();
  bytes += seal_of(bytes);
  write_file(path_, bytes);
}

ShdFile read_shd(const std::filesystem::path& path) {
  check_seal(path);
  const auto file = hdf5::File::open(path);
  ShdFile shd;
  const bool ours = file.has_attribute("format");
  shd.stamp = ours ? read_stamp(file, samples_format, shd_format_version) : FileStamp{.format = "shd"};
  const hdf5::Dataset times = file.dataset("spikes/times");
  const auto times_s = times.read_ragged();
  const auto units = file.dataset("spikes/units").read_ragged();
  const auto labels = file.dataset("labels").read<std::int64_t>();
  if (units.size() != times_s.size() || labels.size() != times_s.size())
    throw InputError(file.where(),
                     fmt::format("{} samples of times, {} of neurons and {} labels", times_s.size(),
                                 units.size(), labels.size()),
                     "use another copy of the file");
  for (std::size_t i = 0; i < times_s.size(); ++i)
    shd.samples.push_back(make_sample(times, i, times_s[i], units[i], labels[i]));
  if (file.exists("extra/keys")) shd.classes = file.dataset("extra/keys").read_strings();
  if (ours) shd.n_neurons = file.group("loci").read_attribute<std::uint64_t>("n_neurons");
  for (const ShdSample& sample : shd.samples)
    for (const std::size_t neuron : sample.neurons)
      if (!ours) shd.n_neurons = std::max(shd.n_neurons, neuron + 1);
  require_within(shd, file.where());
  return shd;
}

}  // namespace loci::io
