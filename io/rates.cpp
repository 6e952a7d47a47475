#include "io/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "sim/error.hpp"

namespace loci::io {
namespace {

constexpr double border = 1e-9;  // of a bin: 0.3 ms is 3 bins of 0.1 ms
constexpr double most_bins = 1e9;

}  // namespace

PopulationRates::PopulationRates(std::vector<Population> populations, double bin_ms)
    : populations_(std::move(populations)), bin_ms_(bin_ms), counts_(populations_.size()) {
  if (!std::isfinite(bin_ms) || !(bin_ms > 0))
    throw InputError("rates", fmt::format("a bin of {} ms", bin_ms), "give a positive bin");
  for (const Population& each : populations_)
    if (each.n_neurons == 0)
      throw InputError("rates", fmt::format("population '{}' has no neuron", each.name), "leave it out");
}

void PopulationRates::add(std::size_t population, std::span<const double> times_ms) {
  if (population >= populations_.size()) throw std::logic_error("there is no such population");
  auto& counts = counts_[population];
  for (const double ms : times_ms) {
    if (!std::isfinite(ms) || ms < 0 || ms / bin_ms_ > most_bins)
      throw InputError(fmt::format("rates of '{}'", populations_[population].name),
                       fmt::format("a spike at {} ms, in bins of {} ms", ms, bin_ms_),
                       "give times from 0 on, or longer bins");
    const auto bin = static_cast<std::size_t>(ms / bin_ms_ + border);
    if (bin >= counts.size()) counts.resize(bin + 1, 0);
    ++counts[bin];
    last_ms_ = std::max(last_ms_, ms);
  }
}

HistoryTable PopulationRates::table(double duration_ms) const {
  if (!(duration_ms >= last_ms_ && duration_ms > 0) || duration_ms / bin_ms_ > most_bins)
    throw InputError(
        "rates", fmt::format("a duration of {} ms, and the last spike is at {} ms", duration_ms, last_ms_),
        "give the duration of the whole recording");
  HistoryTable table{.columns = {"begin_ms"}, .rows = {}};
  for (const Population& each : populations_) table.columns.push_back(each.name + "_hz");
  const auto n_bins = static_cast<std::size_t>(std::ceil(duration_ms / bin_ms_ - border));
  for (std::size_t bin = 0; bin < n_bins; ++bin) {
    const double begin_ms = static_cast<double>(bin) * bin_ms_;
    const double seconds = std::min(bin_ms_, duration_ms - begin_ms) / 1000;
    auto& row = table.rows.emplace_back(std::vector{begin_ms});
    for (std::size_t p = 0; p < counts_.size(); ++p) {
      std::uint64_t n = bin < counts_[p].size() ? counts_[p][bin] : 0;
      if (bin + 1 == n_bins && n_bins < counts_[p].size()) n += counts_[p][n_bins];
      row.push_back(static_cast<double>(n) / (static_cast<double>(populations_[p].n_neurons) * seconds));
    }
  }
  return table;
}

HistoryTable population_rates(const RasterFile& raster, double bin_ms) {
  std::vector<Population> populations;
  for (const PopulationSpikes& each : raster.populations) populations.push_back({each.name, each.n_neurons});
  PopulationRates rates(std::move(populations), bin_ms);
  for (std::size_t p = 0; p < raster.populations.size(); ++p) rates.add(p, raster.populations[p].times_ms);
  return rates.table(raster.duration_ms);
}

}  // namespace loci::io
