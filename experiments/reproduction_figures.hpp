// Figures of kept runs, drawn like the seed paper's.
#pragma once

#include <map>
#include <string>

#include "experiments/reproduction_tables.hpp"

namespace loci::experiments {

// The figure of a section whose series are all of one data set, as SVG; empty where there is nothing to draw:
// tables and sections without finished runs.
std::string section_figure(const Section& section, const Results& results);

}  // namespace loci::experiments
