// The page made from kept results, word by word.
#include "experiments/reproduction_page.hpp"

#include <catch2/catch.hpp>

#include "experiments/reproduction_figures.hpp"

using namespace loci::experiments;
using Catch::Contains;

namespace {

RunResult result(const std::string& id, std::uint64_t seed, double accuracy) {
  return {.id = id,
          .dataset = "mnist",
          .network = "784-14-10 dense mlp",
          .parameters = 11140,
          .seed = seed,
          .epochs = 2,
          .train_loss = {0.5, 0.25},
          .train_accuracy = {0.5 + 0.1 * static_cast<double>(seed), 0.75},
          .test_accuracy = accuracy,
          .seconds = 900,
          .machine = "a processor",
          .threads = 1,
          .jobs = 2,
          .instruction_set = "avx2",
          .loci_version = "1.0",
          .loci_commit = "abc"};
}

struct Shown {
  Row row{.id = "a", .title = "A", .paper_accuracy = 0.9, .paper_deviation = 0.01};
  Row other{.id = "b", .title = "B"};
  Experiment experiment{
      .id = "fig", .title = "Figure", .kind = "table", .text = "What it shows.", .varied = "share"};
  Results results{{"r1", result("r1", 1, 0.92)}, {"r2", result("r2", 2, 0.94)}, {"r3", result("r3", 1, 0.8)}};
  Section section{
      .experiment = &experiment,
      .series = {{.row = &row, .recipe = "loci", .dataset = "mnist", .points = {{0.0, {"r1", "r2", "r9"}}}},
                 {.row = &other, .recipe = "paper", .dataset = "mnist", .points = {{0.0, {"r3"}}}},
                 {.row = &other, .recipe = "loci", .dataset = "mnist", .points = {{0.0, {"r8"}}}}}};
};

}  // namespace

TEST_CASE("means and sample deviations are those worked out by hand") {
  const auto summary = summary_of({1, 2, 6});
  CHECK(summary.mean == Approx(3));
  CHECK(summary.deviation == Approx(std::sqrt((4.0 + 1 + 9) / 2)));
  CHECK(summary_of({5}).deviation == 0.0);
  CHECK(summary_of({}).n == 0);
}

TEST_CASE("a table has a line for each row and recipe that is run, beside the paper's number") {
  const Shown shown;
  CHECK(
      section_text(shown.section, shown.results) ==
      "| network | parameters | paper | recipe | test accuracy | less the paper's | seeds | epochs | time |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
      "| A | 11140 | 0.9000 ± 0.0100 | loci | 0.9300 ± 0.0141 | +0.0300 | 2 | 2 | 30 min |\n"
      "| B | 11140 |  | paper | 0.8000 |  | 1 | 2 | 15 min |\n");
  CHECK(section_text(shown.section, {}).empty());
}

TEST_CASE("the paper's numbers stand beside its own data set alone") {
  Shown shown;
  for (Series& series : shown.section.series) series.dataset = "fashion-mnist";
  shown.experiment.finding = "Only there.";
  shown.experiment.finding_elsewhere = "Only here.";
  CHECK(section_text(shown.section, shown.results) ==
        "| network | parameters | recipe | test accuracy | seeds | epochs | time |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| A | 11140 | loci | 0.9300 ± 0.0141 | 2 | 2 | 30 min |\n"
        "| B | 11140 | paper | 0.8000 | 1 | 2 | 15 min |\n");
  const auto page = page_text({shown.section}, shown.results, "data");
  CHECK_THAT(page, Contains("\n## Fashion-MNIST\n\nNot in the paper.") && Contains("Only here.") &&
                       !Contains("Only there.") && !Contains("What it shows."));
}

TEST_CASE("the page holds what is run under its data set, says how, and names what is not") {
  Shown shown;
  shown.experiment.finding = "They agree.";
  Experiment missing{.id = "table9", .title = "None", .kind = "table"};
  const auto page = page_text({shown.section, {.experiment = &missing, .series = {}}}, shown.results, "data");
  CHECK_THAT(page, Contains("\n## MNIST\n\n### Figure\n\nWhat it shows.\n\n| network |"));
  CHECK_THAT(
      page, Contains("\nThey agree.\n\nRun on a processor, 2 at a time with 1 thread, avx2 kernels; loci 1.0 "
                     "(abc).\nData: `data/fig.csv`.\n"));
  CHECK_THAT(page, Contains("\nNot run yet: table9.\n"));
  CHECK_THAT(page_text({}, {}, "data"), Contains("Nothing is run yet."));
}

TEST_CASE("curves show training accuracy by epoch, varied rows a column for each value") {
  Shown shown;
  shown.experiment.kind = "curves";
  CHECK_THAT(
      section_text(shown.section, shown.results),
      Contains("| network | recipe | epoch 1 | epoch 2 |\n") && Contains("| A | loci | 0.6500 | 0.7500 |\n"));
  CHECK(figure_files({shown.section}, shown.results).at("fig.csv") ==
        "dataset,network,recipe,seed,epoch,train_accuracy,train_loss\n"
        "mnist,\"A\",loci,1,1,0.6,0.5\nmnist,\"A\",loci,1,2,0.75,0.25\n"
        "mnist,\"A\",loci,2,1,0.7,0.5\nmnist,\"A\",loci,2,2,0.75,0.25\n"
        "mnist,\"B\",paper,1,1,0.6,0.5\nmnist,\"B\",paper,1,2,0.75,0.25\n");
  shown.experiment.kind = "varied";
  shown.section.series[0].points = {{0.2, {"r1"}}, {0.8, {"r3"}}, {0.9, {"r7"}}};
  CHECK_THAT(section_text(shown.section, shown.results),
             Contains("By share:\n\n| network | recipe | 0 | 0.2 | 0.8 | epochs | time |\n") &&
                 Contains("| A | loci |  | 0.9200 | 0.8000 | 2 | 30 min |\n"));
}

TEST_CASE("pruning and layers show what their runs measured") {
  Shown shown;
  shown.experiment.kind = "pruning";
  CHECK(section_text(shown.section, shown.results).empty());
  shown.results.at("r1").measures["pruning"] = {{"share", {0.0, 0.8}},
                                                {"curves", {{"by weight", {0.9, 0.5}}}}};
  CHECK_THAT(section_text(shown.section, shown.results),
             Contains("| A | loci | by weight | 0.9000 |  |  |  |  | 0.5000 |  |  |\n"));
  CHECK_THAT(figure_files({shown.section}, shown.results).at("fig.csv"),
             Contains("mnist,\"A\",loci,1,\"by weight\",0.8,0.5\n"));
  shown.results.at("r1").measures["soft_pruning"] = {{"share", {0.0, 0.95}},
                                                     {"curves", {{"softly", {0.9, 0.75}}}}};
  CHECK_THAT(section_text(shown.section, shown.results),
             Contains("0.5000 |  |  |\n| A | loci | softly | 0.9000 |  |  |  |  |  |  | 0.7500 |\n"));
  shown.experiment.kind = "layers";
  shown.results.at("r1").measures["layers"] = {
      {{"quantiles", {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1}}, {"edge", {0, 0.5, 1}}, {"count", {3, 4}}}};
  CHECK_THAT(section_text(shown.section, shown.results),
             Contains("| A | loci | 1 | 0 | 0.00 | 0.05 | 0.25 | 0.50 | 0.75 | 0.95 | 1.00 |\n"));
  CHECK_THAT(figure_files({shown.section}, shown.results).at("fig.csv"),
             Contains("mnist,\"A\",loci,1,0,0.5,1,4\n"));
}

TEST_CASE("figures have a panel for each recipe, draw the mean over seeds, and stand in the page") {
  Shown shown;
  CHECK(section_figure(shown.section, shown.results).empty());  // tables are not drawn
  shown.experiment.kind = "varied";
  shown.section.series[0].points = {{0.0, {"r1", "r2"}}, {0.5, {"r3"}}, {1.0, {"r7"}}};
  const auto svg = section_figure(shown.section, shown.results);
  CHECK_THAT(svg, Contains(">recipe paper</text>") && Contains(">recipe loci</text>") &&
                      Contains(">share</text>") && Contains(">A</text>") && Contains(">B</text>"));
  // Of the second panel, 348 x 286 px from (478, 60) on: errors of 7 and 20 %, log(1.15) from its ends, where
  // the axis is log(20 / 7 x 1.15^2) long.
  CHECK_THAT(svg, Contains("d=\"M478 315.9L826 90.1\""));
  CHECK(figure_files({shown.section}, shown.results).at("fig.svg") == svg);
  CHECK_THAT(page_text({shown.section}, shown.results, "data"), Contains("\n\n![Figure](data/fig.svg)\n\n"));
  CHECK(section_figure(shown.section, {}).empty());
}

TEST_CASE("errors are drawn over parameters, a line for each kind of network, beside the paper's") {
  Shown shown;
  shown.experiment.kind = "parameters";
  shown.row.recipe = "spatial-mlp";
  shown.other.recipe = "dense-mlp";
  shown.results.at("r3").parameters = 1000;
  shown.section.series = {
      {.row = &shown.row, .recipe = "loci", .dataset = "mnist", .points = {{0.0, {"r1"}}}},
      {.row = &shown.row, .recipe = "loci", .dataset = "mnist", .points = {{0.0, {"r3"}}}},
      {.row = &shown.other, .recipe = "loci", .dataset = "mnist", .points = {{0.0, {"r2"}}}}};
  const auto svg = section_figure(shown.section, shown.results);
  CHECK_THAT(svg, Contains(">spatial</text>") && Contains(">dense</text>") && Contains(">10k</text>") &&
                      Contains(">test error (%)</text>") && !Contains("the paper's"));
  shown.experiment.references = {{"P", 1000, 0.8}};
  // As good as the spatial network of 1000 parameters, so in the same place.
  const auto beside = section_figure(shown.section, shown.results);
  const auto place = [&](const std::string& colour) {
    const auto path = beside.find("class=\"dots\" stroke=\"" + colour);
    const auto from = beside.find("d=\"", path);
    return beside.substr(from + 3, beside.find('"', from + 3) - from - 3);
  };
  CHECK_THAT(beside, Contains(">the paper's</text>") && Contains(">P</text>"));
  CHECK_THAT(place("#0072b2"), Contains(place("#000000")));
  for (Series& series : shown.section.series) series.dataset = "fashion-mnist";
  CHECK_THAT(section_figure(shown.section, shown.results), !Contains("the paper's"));
  shown.experiment.kind = "frontier";
  CHECK_THAT(section_figure(shown.section, shown.results), Contains(">A</text>") && Contains(">B</text>"));
}

TEST_CASE("what pruning, layers and activity measured is drawn") {
  Shown shown;
  shown.experiment.kind = "pruning";
  CHECK(section_figure(shown.section, shown.results).empty());
  auto& measures = shown.results.at("r1").measures;
  measures["pruning"] = {{"share", {0.0, 0.8}}, {"curves", {{"by weight", {0.9, 0.5}}}}};
  CHECK_THAT(section_figure(shown.section, shown.results), Contains(">recipe loci, by weight</text>"));
  shown.experiment.kind = "layers";
  measures["layers"] = {{{"edge", {0, 0.5, 1}}, {"count", {3, 1}}}};
  // Bars of 3/4 and 1/4 of the neurons.
  CHECK_THAT(section_figure(shown.section, shown.results),
             Contains("d=\"M58 266V60H232V266zM232 266V197.3H406V266z\""));
  shown.experiment.kind = "activity";
  measures["activity"] = {{"positions", {{{0, 0}}, {{0, 0}, {1, 1}}, {{0, 1}}}},
                          {"activity", {{{0.0, 2.0}}, {{1.0}}}}};
  const auto svg = section_figure(shown.section, shown.results);
  CHECK_THAT(svg, Contains("mean image of class 0") && Contains("stroke=\"#e2e6e0\" stroke-width=\"3\"") &&
                      Contains("stroke=\"#1a246a\" stroke-width=\"3\"") &&
                      Contains("stroke=\"#1a246a\" stroke-width=\"15\""));
}

TEST_CASE("the frontier names the network that was chosen and among how many") {
  Shown shown;
  shown.experiment.kind = "frontier";
  shown.row.budget = 12000;
  shown.section.series[0].candidates = {"r3", "r1"};
  CHECK_THAT(
      section_text(shown.section, shown.results),
      Contains("| 12000 | A | 784-14-10 dense mlp | 11140 | 2 | 0.9300 ± 0.0141 | 2 | 2 | 60 min |\n"));
}
