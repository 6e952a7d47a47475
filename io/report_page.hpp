// The report as one HTML file: the page that was bundled at build time, with data in it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace loci::io {

// Whether this build has the page (docs/report.md says what it needs).
bool has_report_page();

// Throws InputError where the build has no page, naming the script that makes it.
void require_report_page();

// The page with the data of docs/report.md. Throws as require_report_page() does.
std::string report_page(const nlohmann::json& data);

// `page` with the data in place of its mark. Nothing in the data can end the element that holds it. Throws
// std::logic_error for a page without the mark.
std::string page_with_data(std::string page, const nlohmann::json& data);

}  // namespace loci::io
