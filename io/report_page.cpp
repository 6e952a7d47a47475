#include "io/report_page.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "sim/error.hpp"

namespace loci::io {
namespace {

// An array, which knows its length: a compiler that had to count it would refuse.
#ifdef LOCI_REPORT_PAGE
constexpr char page_text[] =
#include "io/report_page.inc"
    ;
#else
constexpr char page_text[] = "";
#endif
constexpr std::string_view bundled_page(page_text, sizeof(page_text) - 1);

constexpr std::string_view data_mark = "@LOCI_DATA@";

}  // namespace

bool has_report_page() {
  return !bundled_page.empty();
}

void require_report_page() {
  if (!has_report_page())
    throw InputError("loci report", "this program was built without the report's page",
                     "run scripts/report_page.sh, which needs node and npm and builds loci with it; "
                     "`loci plot` draws without");
}

std::string report_page(const nlohmann::json& data) {
  require_report_page();
  return page_with_data(std::string(bundled_page), data);
}

std::string page_with_data(std::string page, const nlohmann::json& data) {
  const auto mark = page.find(data_mark);
  if (mark == std::string::npos) throw std::logic_error("the report's page has no place for its data");
  const std::string json = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  safe.reserve(json.size());
  // In JSON a < is part of a string, where it may be written so: </script> and <!-- become harmless.
  for (const char c : json)
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  page.replace(mark, data_mark.size(), safe);
  return page;
}

}  // namespace loci::io
