#include "cli/spike_file.hpp"

#include <fmt/format.h>

#include "backends/nir_data.hpp"
#include "io/data_tree_file.hpp"
#include "io/shd_file.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::cli {
namespace {

constexpr NameTable<SpikeFormat, 3> formats{
    {{SpikeFormat::sonata, "sonata"}, {SpikeFormat::shd, "shd"}, {SpikeFormat::nir_data, "nir-data"}}};
constexpr std::size_t most_units = 65'536;
constexpr double longest_sample_ms = 65'504e3;  // the largest number of 16 bits, in s

class Raster final : public SpikeFile {
 public:
  Raster(const SpikeFileOptions& options, const io::Provenance& provenance)
      : writer_(options.path, options.populations, provenance) {}

  void append(std::size_t population, std::span<const std::uint64_t> ids,
              std::span<const double> times_ms) override {
    writer_.append(population, ids, times_ms);
  }
  void end_sample(const io::SampleRecord& sample) override { writer_.end_sample(sample); }
  void close(std::optional<double> duration_ms) override { writer_.close(duration_ms); }

 private:
  io::RasterWriter writer_;
};

// Neurons are counted over all populations.
class Samples final : public SpikeFile {
 public:
  Samples(const SpikeFileOptions& options, const io::Provenance& provenance)
      : first_(first_of(options.populations)),
        writer_(options.path, first_.back(), classes_of(options.n_classes), provenance) {}

  void append(std::size_t population, std::span<const std::uint64_t> ids,
              std::span<const double> times_ms) override {
    for (const std::uint64_t id : ids) neurons_.push_back(first_[population] + id);
    times_ms_.insert(times_ms_.end(), times_ms.begin(), times_ms.end());
  }
  void end_sample(const io::SampleRecord& sample) override {
    for (double& ms : times_ms_) ms -= sample.begin_ms;
    writer_.append(times_ms_, neurons_, sample.label);
    times_ms_.clear();
    neurons_.clear();
  }
  void close(std::optional<double>) override {
    if (writer_.n_samples() == 0) end_sample({.label = 0});
    writer_.close();
  }

 private:
  static std::vector<std::uint64_t> first_of(const std::vector<io::Population>& populations) {
    std::vector<std::uint64_t> first{0};
    for (const io::Population& each : populations) first.push_back(first.back() + each.n_neurons);
    return first;
  }
  static std::vector<std::string> classes_of(std::size_t n) {
    std::vector<std::string> classes;
    for (std::size_t i = 0; i < n; ++i) classes.push_back(std::to_string(i));
    return classes;
  }

  std::vector<std::uint64_t> first_;  // (populations + 1)
  io::ShdWriter writer_;
  std::vector<double> times_ms_;
  std::vector<std::uint64_t> neurons_;
};

// In s, each layer in its own time: without the step that a spike needs from layer to layer, which NIR does
// not know.
class NirData final : public SpikeFile {
 public:
  NirData(const SpikeFileOptions& options, io::Provenance provenance)
      : path_(options.path), provenance_(std::move(provenance)), step_ms_(options.layered->step_ms) {
    for (std::size_t l = 0; l < options.populations.size(); ++l)
      recording_.nodes.push_back(
          {.node = options.layered->nodes[l], .n_neurons = options.populations[l].n_neurons, .samples = {}});
    recording_.duration = static_cast<double>(options.layered->n_steps) * step_ms_ * 1e-3;
    present_.resize(options.populations.size());
  }

  void append(std::size_t population, std::span<const std::uint64_t> ids,
              std::span<const double> times_ms) override {
    backends::NirSpikeTrain& train = present_[population];
    train.neuron.insert(train.neuron.end(), ids.begin(), ids.end());
    for (const double ms : times_ms) train.time.push_back(ms - static_cast<double>(population) * step_ms_);
  }
  void end_sample(const io::SampleRecord& sample) override {
    for (std::size_t l = 0; l < present_.size(); ++l) {
      for (double& time : present_[l].time) time = (time - sample.begin_ms) * 1e-3;
      recording_.nodes[l].samples.push_back(std::move(present_[l]));
      present_[l] = {};
    }
  }
  void close(std::optional<double>) override {
    auto root = tree_of(recording_, backends::NirDataForm::events, step_ms_ * 1e-3);
    sim::DataGroup& own = root.groups["loci"];
    own.attributes["seed"] = {.values = std::vector<std::uint64_t>{provenance_.seed}, .shape = {}};
    own.arrays["configuration"] = {.values = std::vector<std::string>{provenance_.configuration},
                                   .shape = {}};
    io::write_data_tree(path_, root);
  }

 private:
  std::string path_;
  io::Provenance provenance_;
  double step_ms_;
  backends::NirRecording recording_;
  std::vector<backends::NirSpikeTrain> present_;  // of the sample under way, by layer
};

}  // namespace

SpikeFormat parse_spike_format(const std::string& text, const std::string& where) {
  return find_value(formats, text, where);
}

void require_layout(const SpikeFileOptions& options, double duration_ms) {
  if (options.format == SpikeFormat::sonata) return;
  if (options.format == SpikeFormat::nir_data) {
    if (!options.layered)
      throw InputError("--format nir-data", "a circuit has no NIR graph beside which its spikes could lie",
                       "write a raster with --format sonata");
    return;
  }
  std::size_t n_neurons = 0;
  for (const io::Population& each : options.populations) n_neurons += each.n_neurons;
  if (n_neurons > most_units)
    throw InputError(
        "--format shd",
        fmt::format("{} neurons, and the layout's numbers of 16 bits name {}", n_neurons, most_units),
        "write a raster with --format sonata, or run fewer neurons");
  if (duration_ms > longest_sample_ms)
    throw InputError(
        "--format shd",
        fmt::format("a sample of {} ms, and the layout's times of 16 bits end at 65504 s", duration_ms),
        "write a raster with --format sonata, or run for less time");
}

std::unique_ptr<SpikeFile> make_spike_file(const SpikeFileOptions& options,
                                           const io::Provenance& provenance) {
  if (options.format == SpikeFormat::sonata) return std::make_unique<Raster>(options, provenance);
  if (options.format == SpikeFormat::nir_data) return std::make_unique<NirData>(options, provenance);
  return std::make_unique<Samples>(options, provenance);
}

}  // namespace loci::cli
