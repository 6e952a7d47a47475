#include "experiments/report/raster_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "io/rates.hpp"
#include "io/trace_file.hpp"
#include "sim/error.hpp"
#include "sim/random.hpp"

namespace loci::experiments {
namespace {

// 1, 2 or 5 times a power of ten ms, at least what makes no more than so many bins, and no less than 1 ms:
// bins shorter than a step would be full and empty in turn.
double bin_width(double duration_ms, std::size_t n_bins) {
  const double wanted = std::max(1.0, duration_ms / static_cast<double>(n_bins));
  const double decade = std::pow(10.0, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * decade >= wanted) return factor * decade;
  return 10.0 * decade;
}

// Spike number i of all, in the order of groups and times, is kept or not whatever else is recorded.
class Thinning {
 public:
  Thinning(std::uint64_t n_spikes, std::size_t most)
      : share_(n_spikes <= most ? 1.0 : static_cast<double>(most) / static_cast<double>(n_spikes)) {}

  bool all() const { return share_ >= 1.0; }
  bool keeps(std::uint64_t spike) const {
    return all() || sim::uniform_from(sim::random_words(0, sim::Stream::report, spike, 0)[0]) < share_;
  }

 private:
  double share_;
};

void keep_spikes(const io::RasterFile& raster, const RasterOptions& options, RasterView& view) {
  const Thinning thinning(view.n_spikes, options.most_spikes);
  std::vector<std::pair<float, std::uint32_t>> kept;
  std::uint64_t number = 0;
  std::uint64_t first = 0;
  for (const io::PopulationSpikes& population : raster.populations) {
    for (std::size_t i = 0; i < population.ids.size(); ++i) {
      const auto neuron = static_cast<std::uint32_t>(first + population.ids[i]);
      view.rate_hz[neuron] += 1.0F;
      if (thinning.keeps(number++)) kept.emplace_back(static_cast<float>(population.times_ms[i]), neuron);
    }
    first += population.n_neurons;
  }
  std::ranges::sort(kept);
  for (const auto& [time_ms, neuron] : kept) {
    view.time_ms.push_back(time_ms);
    view.neuron.push_back(neuron);
  }
  for (float& rate : view.rate_hz)
    rate = static_cast<float>(1000.0 * static_cast<double>(rate) / view.duration_ms);
}

void add_rates(const io::RasterFile& raster, const RasterOptions& options, RasterView& view) {
  view.bin_ms = bin_width(view.duration_ms, options.n_bins);
  io::RasterFile busy = raster;
  std::erase_if(busy.populations, [](const auto& population) { return population.n_neurons == 0; });
  const io::HistoryTable table = io::population_rates(busy, view.bin_ms);
  view.rates_hz.resize(view.groups.size());
  std::size_t column = 1;
  for (std::size_t g = 0; g < view.groups.size(); ++g) {
    for (const auto& row : table.rows)
      view.rates_hz[g].push_back(view.groups[g].n_neurons == 0 ? 0.0F : static_cast<float>(row[column]));
    if (view.groups[g].n_neurons > 0) ++column;
  }
}

}  // namespace

RasterView raster_view(const io::RasterFile& raster, const std::string& title, const RasterOptions& options,
                       std::vector<std::string>& notes) {
  RasterView view{.title = title, .duration_ms = raster.duration_ms, .complete = raster.complete};
  std::size_t n_neurons = 0;
  for (const io::PopulationSpikes& population : raster.populations) {
    view.groups.push_back({population.name, population.n_neurons});
    n_neurons += population.n_neurons;
  }
  view.n_spikes = raster.n_spikes();
  view.rate_hz.assign(n_neurons, 0.0F);
  for (const io::SampleRecord& sample : raster.samples)
    view.samples.push_back({sample.begin_ms, sample.end_ms, sample.label, sample.predicted});
  if (!(view.duration_ms > 0.0) || n_neurons == 0) {
    notes.push_back(fmt::format("{}: the recording is empty", title));
    return view;
  }
  keep_spikes(raster, options, view);
  add_rates(raster, options, view);
  if (!view.complete) notes.push_back(fmt::format("{}: the recording was cut off", title));
  if (view.neuron.size() < view.n_spikes)
    notes.push_back(
        fmt::format("the raster shows {} of {} spikes, chosen at random; rates and counts are of "
                    "all of them",
                    view.neuron.size(), view.n_spikes));
  return view;
}

io::RasterFile raster_of(const io::NumberTable& table) {
  table.refuse_unknown({"time_ms", "neuron"});
  const auto& times_ms = table.at("time_ms");
  const auto ids = table.ids("neuron");
  io::RasterFile raster;
  raster.stamp.format = "csv";
  io::PopulationSpikes all{.name = "neurons"};
  std::vector<std::size_t> order(ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return times_ms[i]; });
  for (const std::size_t i : order) {
    if (!std::isfinite(times_ms[i]) || times_ms[i] < 0.0)
      throw InputError(fmt::format("{}, line {}", table.name, table.lines[i]),
                       fmt::format("{} ms is no time of a spike", times_ms[i]), "use times from 0 on");
    all.ids.push_back(ids[i]);
    all.times_ms.push_back(times_ms[i]);
    all.n_neurons = std::max<std::size_t>(all.n_neurons, ids[i] + std::size_t{1});
  }
  raster.duration_ms = all.times_ms.empty() ? 0.0 : all.times_ms.back();
  raster.populations.push_back(std::move(all));
  return raster;
}

std::vector<TracesView> traces_views(const std::string& path, std::size_t most_traces,
                                     std::size_t most_frames) {
  const io::TraceFile file = io::read_traces(path);
  std::vector<TracesView> views;
  for (const io::PopulationTraces& population : file.populations) {
    const std::size_t n = population.neurons.size();
    const std::size_t n_kept = std::min(n, most_traces);
    const std::size_t stride =
        std::max<std::size_t>(1, (population.n_frames + most_frames - 1) / most_frames);
    TracesView view{.title = population.name,
                    .quantity = file.units == "pA" ? "synaptic current" : "membrane potential",
                    .unit = file.units,
                    .start_ms = population.times.start_ms,
                    .interval_ms = population.times.interval_ms * static_cast<double>(stride)};
    for (std::size_t k = 0; k < n_kept; ++k) {
      TraceView trace{.name = fmt::format("neuron {}", population.neurons[k])};
      for (std::size_t frame = 0; frame < population.n_frames; frame += stride)
        trace.values.push_back(population.values[frame * n + k]);
      view.traces.push_back(std::move(trace));
    }
    if (n_kept < n) view.note = fmt::format("the first {} of {} neurons", n_kept, n);
    if (stride > 1) view.note += fmt::format("{}every {}th frame", view.note.empty() ? "" : ", ", stride);
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace loci::experiments
