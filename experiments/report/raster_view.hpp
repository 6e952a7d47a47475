// A recording of spikes as a page shows it: thinned out where there are too many, with rates of all of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/report/views.hpp"
#include "io/number_table.hpp"
#include "io/raster_file.hpp"

namespace loci::experiments {

struct RasterOptions {
  std::size_t most_spikes = 150000;  // to keep; of more, a random choice of so many on average
  std::size_t n_bins = 400;          // of population rates, about
};

// `notes` is told when spikes are left out.
RasterView raster_view(const io::RasterFile& raster, const std::string& title, const RasterOptions& options,
                       std::vector<std::string>& notes);

// Spikes in the columns time_ms and neuron as one population. Throws InputError for times that are negative
// or not finite.
io::RasterFile raster_of(const io::NumberTable& table);

// Frames of the first `most_traces` traces of each population, thinned out to `most_frames` by leaving out
// frames; the view's note says what is not there.
std::vector<TracesView> traces_views(const std::string& path, std::size_t most_traces,
                                     std::size_t most_frames);

}  // namespace loci::experiments
