// A report's data as its page reads them: docs/report.md has the format.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "experiments/report/views.hpp"

namespace loci::experiments {

inline constexpr int report_data_version = 1;

nlohmann::json report_json(const Report& report);

}  // namespace loci::experiments
