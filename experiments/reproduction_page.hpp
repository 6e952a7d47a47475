// The page that shows kept runs beside the paper's numbers, with figures and their data.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiments/reproduction_tables.hpp"

namespace loci::experiments {

// The whole page. figures: where the figures and their data lie as seen from the page.
std::string page_text(const std::vector<Section>& sections, const Results& results,
                      const std::string& figures);
// By file name: the figures as SVG, and what they and the tables are made from as CSV.
std::map<std::string, std::string> figure_files(const std::vector<Section>& sections, const Results& results);

}  // namespace loci::experiments
