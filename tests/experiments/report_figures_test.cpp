// Which figures there are of a report, what they hold, and the report as JSON.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "experiments/report/figures.hpp"
#include "experiments/report/report_json.hpp"
#include "sim/error.hpp"

using namespace loci;
using Catch::Contains;
using experiments::Report;

namespace {

Report sample_report() {
  Report report{.title = "sample", .made_by = "a test"};
  experiments::NetworkView network{.title = "net", .source = "model", .groups = {{"a", 2}, {"b", 1}}};
  network.axes = {"x", "y", "z"};
  network.neurons = {0, 1, 2};
  network.positions = {0, 0, 0, 1, 0, 0, 0.5F, 2, 1};
  network.sign = {-1, 1, 0};
  network.outgoing = {.begin = {0, 1, 2, 2}, .neuron = {2, 2}, .weight = {-1, 0.5F}};
  network.incoming = {.begin = {0, 0, 0, 2}, .neuron = {0, 1}, .weight = {-1, 0.5F}};
  report.network = network;
  report.inputs = {.height = 1, .width = 2, .unit = "output"};
  report.inputs->inputs = {{.name = "mean of 0", .label = 0, .pixels = {0, 255}, .activation = {0, 2, 4}}};
  report.raster = {.title = "spikes", .groups = {{"a", 2}, {"b", 1}}, .duration_ms = 10, .n_spikes = 3};
  report.raster->time_ms = {1, 2, 3};
  report.raster->neuron = {0, 2, 1};
  report.raster->bin_ms = 5;
  report.raster->rates_hz = {{100, 0}, {200, 0}};
  report.raster->rate_hz = {50, 50, 100};
  report.training = {.columns = {"epoch", "train_loss", "train_accuracy", "validation_accuracy"},
                     .rows = {{1, 2.5, 0.5, std::nan("")}, {2, 1.5, 0.75, std::nan("")}}};
  return report;
}

}  // namespace

TEST_CASE("a report says which figures its data allow") {
  const Report report = sample_report();
  CHECK(experiments::figures_of(report) ==
        std::vector<std::string>{"raster", "rates", "positions", "training"});
  CHECK_THROWS_WITH(experiments::figure(report, "membranes", {}),
                    Contains("raster, rates, positions, training"));
}

TEST_CASE("a raster's figure has a series of points for each group, and says what is not drawn") {
  const auto figure = experiments::figure(sample_report(), "raster", {});
  REQUIRE(figure.panels.size() == 1);
  REQUIRE(figure.panels[0].series.size() == 2);
  CHECK(figure.panels[0].series[0].x == std::vector<double>{1, 3});
  CHECK(figure.panels[0].series[0].y == std::vector<double>{0, 1});
  CHECK(figure.panels[0].series[1].y == std::vector<double>{2});
  CHECK(figure.panels[0].x_label == "time (ms)");
  CHECK(figure.note.empty());
  CHECK_THAT(experiments::figure(sample_report(), "raster", {.most_points = 1}).note,
             Contains("1 of 3 spikes"));
}

TEST_CASE("positions are coloured by sign or by the activations for an input") {
  const auto by_sign = experiments::figure(sample_report(), "positions", {});
  REQUIRE(by_sign.panels.size() == 2);
  CHECK(by_sign.panels[0].series[0].value == std::vector<double>{0, 1});
  CHECK(by_sign.panels[1].series[0].value == std::vector<double>{0.5});
  CHECK(by_sign.panels[0].series[0].x == std::vector<double>{0, 1});
  const auto by_input = experiments::figure(sample_report(), "positions", {.input = "mean of 0"});
  CHECK(by_input.panels[0].series[0].value == std::vector<double>{0, 1});
  CHECK(by_input.panels[1].series[0].value == std::vector<double>{1});
  CHECK_THROWS_WITH(experiments::figure(sample_report(), "positions", {.input = "mean of 7"}),
                    Contains("mean of 0"));
}

TEST_CASE("curves of training leave out what was not measured") {
  const auto figure = experiments::figure(sample_report(), "training", {});
  REQUIRE(figure.panels.size() == 2);  // loss and accuracy: no spikes, no learning rate
  CHECK(figure.panels[0].series[0].y == std::vector<double>{2.5, 1.5});
  CHECK(figure.panels[1].series.size() == 1);
}

TEST_CASE("a report as JSON has all its parts, and null where nothing was measured") {
  const auto json = experiments::report_json(sample_report());
  CHECK(json["format"] == "loci-report");
  CHECK(json["version"] == experiments::report_data_version);
  CHECK(json["network"]["groups"][1]["name"] == "b");
  CHECK(json["network"]["positions"]["shape"] == nlohmann::json({3, 3}));
  CHECK(json["network"]["neurons"]["type"] == "u8");
  CHECK(json["network"]["neurons"]["base64"] == "AAEC");
  CHECK(json["inputs"]["inputs"][0]["pixels"]["base64"] == "AP8=");
  CHECK(json["raster"]["spikes"] == 3);
  CHECK(json["training"]["rows"][0][3].is_null());
  CHECK(json["training"]["rows"][1][2] == 0.75);
  CHECK_FALSE(json.contains("confusion"));
}
