// The page that shows kept runs beside the paper's numbers, and the figures' data as tables in CSV.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "experiments/reproduction_tables.hpp"

namespace loci::experiments {

// The whole page. figures: where the CSV files lie as seen from the page.
std::string page_text(const std::vector<Section>& sections, const Results& results,
                      const std::string& figures);
// By file name: what the figures are drawn from.
std::map<std::string, std::string> figure_data(const std::vector<Section>& sections, const Results& results);

}  // namespace loci::experiments
