// Single figures for papers, of what a report shows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/report/views.hpp"
#include "io/svg_figure.hpp"

namespace loci::experiments {

// "raster", "rates", "positions", "training", "weights", "axes", "membranes", "pruning", "confusion".
std::vector<std::string> figure_names();

// Those that the report's data allow.
std::vector<std::string> figures_of(const Report& report);

struct FigureOptions {
  std::size_t most_points = 20000;  // of a raster; of more, evenly chosen ones are drawn
  std::string input;                // positions: coloured by the activations for this input; empty: by sign
};

// Throws InputError for a name that is unknown or of what the report does not have, and for an input it does
// not have.
io::SvgFigure figure(const Report& report, const std::string& name, const FigureOptions& options);

}  // namespace loci::experiments
