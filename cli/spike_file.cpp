#include "cli/spike_file.hpp"

#include <fmt/format.h>

#include "io/shd_file.hpp"
#include "sim/error.hpp"
#include "sim/names.hpp"

namespace loci::cli {
namespace {

constexpr NameTable<SpikeFormat, 2> formats{{{SpikeFormat::sonata, "sonata"}, {SpikeFormat::shd, "shd"}}};
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

}  // namespace

SpikeFormat parse_spike_format(const std::string& text, const std::string& where) {
  return find_value(formats, text, where);
}

void require_layout(const SpikeFileOptions& options, double duration_ms) {
  if (options.format == SpikeFormat::sonata) return;
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
  return std::make_unique<Samples>(options, provenance);
}

}  // namespace loci::cli
