// loci report and loci plot, as a user runs them.
#include <catch2/catch.hpp>

#include "io/report_page.hpp"
#include "workspace.hpp"

using namespace loci;
using Catch::Contains;
using nlohmann::json;

namespace {

// What the page holds between the tags of its data.
json data_of(const std::filesystem::path& page) {
  const std::string html = read_bytes(page);
  const std::string tag = "id=\"loci-data\">";
  const auto begin = html.find(tag) + tag.size();
  return json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

// With a trained model.h5.
struct Trained : Workspace {
  Trained() { REQUIRE(train({"--out", "model.h5"}).exit_code == 0); }
};

}  // namespace

TEST_CASE("a report of a model has its neurons, what images do to them, and how often it is right") {
  if (!io::has_report_page()) return;  // the next test looks at builds without
  const Trained work;
  const auto result = work.loci({"report", "model.h5", "-o", "report.html", "--images", "3", "--json"});
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.json()["bytes"] == std::filesystem::file_size(work / "report.html"));
  const json data = data_of(work / "report.html");
  CHECK(data["network"]["positions"]["shape"] == json({98, 3}));
  CHECK(data["inputs"]["inputs"].size() == n_classes + 3);
  CHECK(data["raster"]["samples"].size() == 3);
  CHECK(data["raster"]["spikes"].get<std::size_t>() > 0);
  CHECK(data["training"]["rows"].size() == 3);
  CHECK(data["pruning"]["accuracy"].size() == 8);
  CHECK(data["traces"].size() == 2);
  // The numbers of loci eval.
  const auto eval = work.loci({"eval", "model.h5", "--json"}).json();
  std::vector<std::size_t> counts;
  for (const auto& row : eval["confusion"])
    for (const auto& count : row) counts.push_back(count.get<std::size_t>());
  CHECK(data["confusion"]["counts"] == counts);
  CHECK(data["pruning"]["accuracy"][0].get<double>() == eval["accuracy"].get<double>());
  CHECK(work.loci({"report", "model.h5", "-o", "report.html"}).exit_code == 2);  // it exists
}

TEST_CASE("a report says what it needs: a page in the program, and files of a known kind") {
  const Workspace work;
  const auto result = work.loci({"report", "tiny.toml", "-o", "report.html"});
  CHECK(result.exit_code == 2);
  if (!io::has_report_page()) CHECK_THAT(result.err, Contains("scripts/report_page.sh"));
  CHECK_FALSE(std::filesystem::exists(work / "report.html"));
}

TEST_CASE("without its images a model is shown all the same, and what is missing is said") {
  const Trained work;
  std::filesystem::remove_all(work / "data");
  const auto plot = work.loci({"plot", "model.h5", "--what", "raster"});
  CHECK(plot.exit_code == 2);
  CHECK_THAT(plot.err, Contains("positions, training, weights, axes"));
  if (!io::has_report_page()) return;
  const auto result = work.loci({"report", "model.h5", "-o", "report.html", "--json"});
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.json()["notes"].dump(), Contains("the images are missing"));
  CHECK_FALSE(data_of(work / "report.html").contains("confusion"));
  CHECK(work.loci({"report", "model.h5", "-o", "b.html", "--data-dir", "data"}).exit_code == 2);
}

TEST_CASE("a recording, its rates and a model are shown together, two networks are not") {
  const Trained work;
  REQUIRE(work.loci({"simulate", "model.h5", "--samples", "4", "--out", "spikes.h5"}).exit_code == 0);
  std::filesystem::copy(work / "model.h5", work / "second.h5");
  const auto both = work.loci({"plot", "model.h5", "second.h5"});
  CHECK(both.exit_code == 2);
  CHECK_THAT(both.err, Contains("one network"));
  if (!io::has_report_page()) return;
  REQUIRE(work.loci({"report", "spikes.h5", "model.h5", "model.csv", "-o", "report.html", "--pruning-images",
                     "0"})
              .exit_code == 0);
  const json data = data_of(work / "report.html");
  CHECK(data["raster"]["title"] == "spikes.h5");
  CHECK(data["raster"]["samples"].size() == 4);
  CHECK(data["files"].size() == 3);
  CHECK_FALSE(data.contains("pruning"));
}

TEST_CASE("an exported circuit and its certificate are read back into a report") {
  const Trained work;
  REQUIRE(work.loci({"export", "model.h5", "--target", "sonata", "--samples", "10", "--calibration", "10",
                     "--out", "net"})
              .exit_code == 0);
  const auto plot =
      work.loci({"plot", "net/nodes.h5", "net/edges.h5", "--what", "positions", "-o", "net.svg"});
  CAPTURE(plot.err);
  CHECK(plot.exit_code == 0);
  CHECK_THAT(read_bytes(work / "net.svg"), Contains("hidden") && Contains("</svg>"));
  CHECK(work.loci({"plot", "net/edges.h5"}).exit_code == 2);
  if (!io::has_report_page()) return;
  REQUIRE(work.loci({"report", "net", "-o", "report.html"}).exit_code == 0);
  CHECK(data_of(work / "report.html")["certificates"][0]["target"] == "sonata");
}

TEST_CASE("every figure of a model is drawn, the same each time, and an unknown one is refused") {
  const Trained work;
  for (const char* what :
       {"raster", "rates", "positions", "training", "weights", "axes", "membranes", "pruning", "confusion"}) {
    CAPTURE(what);
    const auto result = work.loci({"plot", "model.h5", "--what", what, "-o", "a.svg", "--force"});
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    const std::string first = read_bytes(work / "a.svg");
    CHECK_THAT(first, Contains("</svg>") && !Contains("nan"));
    REQUIRE(work.loci({"plot", "model.h5", "--what", what, "-o", "a.svg", "--force"}).exit_code == 0);
    CHECK(read_bytes(work / "a.svg") == first);
  }
  const auto coloured = work.loci({"plot", "model.h5", "--what", "positions", "--input", "mean of 3"});
  CHECK(coloured.exit_code == 0);
  CHECK_THAT(read_bytes(work / "positions.svg"), Contains("mean of 3"));
  const auto unknown = work.loci({"plot", "model.h5", "--what", "everything"});
  CHECK(unknown.exit_code == 2);
  CHECK_THAT(unknown.err, Contains("raster, rates, positions"));
}
