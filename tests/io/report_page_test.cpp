// Data in the page of a report.
#include "io/report_page.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sim/error.hpp"

using namespace loci;
using Catch::Contains;

TEST_CASE("a report's page holds its data where the mark was") {
  const nlohmann::json data{{"title", "a"}, {"numbers", {1, 2}}};
  CHECK(io::page_with_data("<script>@LOCI_DATA@</script>", data) ==
        "<script>{\"numbers\":[1,2],\"title\":\"a\"}</script>");
}

TEST_CASE("no text in a report's data ends the element that holds it") {
  const std::string page =
      io::page_with_data("<script>@LOCI_DATA@</script>", {{"title", "</script><!-- <script>"}});
  CHECK(page == "<script>{\"title\":\"\\u003c/script>\\u003c!-- \\u003cscript>\"}</script>");
  CHECK(nlohmann::json::parse(page.substr(8, page.size() - 17))["title"] == "</script><!-- <script>");
}

TEST_CASE("a page without a mark is refused") {
  CHECK_THROWS_AS(io::page_with_data("<p></p>", {}), std::logic_error);
}

TEST_CASE("a build with the page fills it, one without says what makes it") {
  if (io::has_report_page()) {
    const std::string page = io::report_page({{"title", "a title of its own"}});
    CHECK_THAT(page, Contains("a title of its own") && Contains("three.js") && Contains("uPlot") &&
                         Contains("Permission is hereby granted"));
    CHECK_THAT(page, !Contains("@LOCI_DATA@"));
  } else {
    CHECK_THROWS_WITH(io::report_page({}), Contains("without the report's page"));
  }
}
