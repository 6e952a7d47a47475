// Rates of whole populations: their spikes in each bin of time, in Hz for each neuron.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/history.hpp"
#include "io/raster_file.hpp"

namespace loci::io {

// Holds one number for each bin and population, no spikes.
class PopulationRates {
 public:
  // Throws InputError for a bin that is not positive and a population without neurons.
  PopulationRates(std::vector<Population> populations, double bin_ms);

  // Spikes in any order. A time on the border of two bins, to a billionth of a bin, belongs to the later one.
  // Throws InputError for a time that is negative or not finite, std::logic_error for a population that does
  // not exist.
  void add(std::size_t population, std::span<const double> times_ms);

  // Columns begin_ms and <population>_hz; the last bin may be shorter, and a spike at the very end belongs to
  // it. For write_csv. Throws InputError for spikes after the end and a duration that is not positive.
  HistoryTable table(double duration_ms) const;

 private:
  std::vector<Population> populations_;
  double bin_ms_;
  std::vector<std::vector<std::uint64_t>> counts_;  // by population, by bin
  double last_ms_ = 0;
};

// Of a whole raster.
HistoryTable population_rates(const RasterFile& raster, double bin_ms);

}  // namespace loci::io
