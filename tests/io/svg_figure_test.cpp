// Figures in SVG: where things are drawn, worked out by hand.
#include "io/svg_figure.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace loci;
using Catch::Contains;

namespace {

// Panels of 172 x 174 px leave 100 x 100 px for what is drawn, from (58, 30) to (158, 130).
io::SvgFigure square(io::SvgPanel panel) {
  return {.panels = {std::move(panel)}, .panel_width = 172, .panel_height = 174};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("ticks are round and reach from end to end") {
  CHECK(io::round_ticks(0.0, 10.0, 5) == std::vector<double>{0, 2, 4, 6, 8, 10});
  CHECK(io::round_ticks(-1.0, 1.0, 4) == std::vector<double>{-1, -0.5, 0, 0.5, 1});
  CHECK(io::round_ticks(3.0, 47.0, 5) == std::vector<double>{10, 20, 30, 40});
  CHECK(io::round_ticks(1.0, 1.0, 5).empty());
  CHECK(io::round_ticks(0.0, std::numeric_limits<double>::quiet_NaN(), 5).empty());
}

TEST_CASE("the colours of a scale begin and end as viridis does") {
  CHECK(io::scale_colour(0.0) == "#440154");
  CHECK(io::scale_colour(1.0) == "#fde725");
  CHECK(io::scale_colour(0.5) == "#21908d");
  CHECK(io::scale_colour(0.0625) == "#461767");  // halfway from (68, 1, 84) to (71, 44, 122), halves up
  CHECK(io::scale_colour(std::nan("")) == io::scale_colour(0.0));
  CHECK(io::palette_colour(8) == io::palette_colour(0));
}

TEST_CASE("a line runs from corner to corner and breaks where nothing was measured") {
  const double nothing = std::nan("");
  const auto svg = io::to_svg(square({.x_label = "time (ms)",
                                      .y_label = "U",
                                      .series = {{.x = {0, 1, 2, 3, 4}, .y = {0, 1, nothing, 3, 4}}}}));
  CHECK_THAT(svg, Contains("d=\"M58 130L83 105M133 55L158 30\""));
  CHECK_THAT(svg, Contains(">time (ms)</text>") && Contains(">U</text>"));
}

TEST_CASE("a logarithmic axis has ticks at 1, 2 and 5, and decades are equally long") {
  CHECK(io::log_ticks(2.0, 50.0) == std::vector<double>{2, 5, 10, 20, 50});
  const auto svg = io::to_svg(square(
      {.series = {{.mark = io::Mark::marked_line, .x = {1, 10, 100}, .y = {0, 1, 2}}}, .log_x = true}));
  CHECK_THAT(svg, Contains("d=\"M58 130L108 80L158 30\"") && Contains("d=\"M58 130h0M108 80h0M158 30h0\""));
  CHECK_THAT(svg, Contains("<text x=\"108\" y=\"146\" text-anchor=\"middle\">10</text>"));
}

TEST_CASE("both axes may be logarithmic, and narrow ones have round ticks") {
  // Three decades across and two down, the limits given in the axes' own units.
  const auto svg = io::to_svg(square({.series = {{.x = {1, 1000}, .y = {100, 1}}},
                                      .log_x = true,
                                      .log_y = true,
                                      .y_limits = std::array{1.0, 10000.0}}));
  CHECK_THAT(svg, Contains("d=\"M58 80L158 130\""));
  CHECK_THAT(svg, Contains("<text x=\"51\" y=\"83.5\" text-anchor=\"end\">100</text>") &&
                      Contains("<text x=\"51\" y=\"33.5\" text-anchor=\"end\">10k</text>"));
  CHECK(io::log_ticks(2.2, 11.0) == std::vector<double>{4, 6, 8, 10});
}

TEST_CASE("points of one colour are one path, and points with values are coloured by them") {
  const auto plain = io::to_svg(square({.series = {{.mark = io::Mark::points, .x = {0, 10}, .y = {0, 10}}}}));
  CHECK_THAT(plain, Contains("stroke=\"#0072b2\"") && Contains("d=\"M58 130h0M158 30h0\""));
  const auto shaded = io::to_svg(
      square({.series = {{.mark = io::Mark::points, .x = {0, 10}, .y = {0, 10}, .value = {0.0, 1.0}}}}));
  CHECK_THAT(shaded, Contains("stroke=\"#440154\" stroke-width=\"1.5\" d=\"M58 130h0\""));
  CHECK_THAT(shaded, Contains("stroke=\"#fde725\" stroke-width=\"1.5\" d=\"M158 30h0\""));
}

TEST_CASE("what is 0 stands back where a scale begins next to white, and points may have texts") {
  const auto svg = io::to_svg(square({.series = {{.mark = io::Mark::points,
                                                  .x = {0, 10},
                                                  .y = {0, 10},
                                                  .value = {0.0, 1.0},
                                                  .scale = io::ColourScale::from_ground,
                                                  .labels = {"zero", "one"}}}}));
  CHECK_THAT(svg, Contains("stroke=\"#e2e6e0\" stroke-width=\"1.5\" d=\"M58 130h0\""));
  CHECK_THAT(svg, Contains("stroke=\"#1a246a\" stroke-width=\"1.5\" d=\"M158 30h0\""));
  CHECK_THAT(svg, Contains("<text x=\"58\" y=\"133.5\" text-anchor=\"middle\" class=\"key\">zero</text>"));
  CHECK_THAT(svg, Contains("<text x=\"158\" y=\"33.5\" text-anchor=\"middle\" class=\"key\">one</text>"));
}

TEST_CASE("a series may have a colour of its own and texts beside its points") {
  const auto svg = io::to_svg(square({.series = {{.name = "a",
                                                  .colour = "#123456",
                                                  .mark = io::Mark::points,
                                                  .x = {0, 10},
                                                  .y = {0, 10},
                                                  .size = 6,
                                                  .labels = {"zero", ""},
                                                  .labels_beside = true}}}));
  CHECK_THAT(svg, Contains("stroke=\"#123456\" stroke-width=\"6\"") && Contains("fill=\"#123456\""));
  CHECK_THAT(svg, Contains("<text x=\"65\" y=\"133.5\" text-anchor=\"start\" class=\"key\">zero</text>"));
}

TEST_CASE("a legend stands in the first corner where it hides nothing") {
  const auto with = [](std::vector<double> x, std::vector<double> y) {
    return io::to_svg(square({.series = {{.name = "a", .x = std::move(x), .y = std::move(y)}}}));
  };
  // Rising lines end at the top right, falling ones at the bottom right; 26 x 17 px are needed.
  CHECK_THAT(with({0, 1}, {0, 1}),
             Contains("<text x=\"142\" y=\"124.5\" text-anchor=\"end\" class=\"key\">a"));
  CHECK_THAT(with({0, 1}, {1, 0}),
             Contains("<text x=\"142\" y=\"43.5\" text-anchor=\"end\" class=\"key\">a"));
  // Down the right side and along the bottom: the left top is free.
  CHECK_THAT(with({1, 1, 0}, {1, 0, 0}),
             Contains("<text x=\"76\" y=\"43.5\" text-anchor=\"start\" class=\"key\">a"));
}

TEST_CASE("bars stand on zero, as wide as to the next one") {
  const auto svg = io::to_svg(square({.series = {{.mark = io::Mark::bars, .x = {0, 1, 2}, .y = {2, 4, 0}}}}));
  // x from 0 to 2, y from 0 to 4; the last bar has no height.
  CHECK_THAT(svg, Contains("d=\"M58 130V80H108V130zM108 130V30H158V130z\""));
}

TEST_CASE("cells without a count are left out and the fullest has the end of the scale") {
  const auto svg = io::to_svg(square({.cells = io::SvgCells{.n_x = 2, .n_y = 2, .counts = {0, 0, 0, 7}}}));
  CHECK(count(svg, "<rect x=") == 2);  // the panel's own frame, and one cell
  CHECK_THAT(svg, Contains("<rect x=\"108\" y=\"30\" width=\"50.2\" height=\"50.2\" fill=\"#fde725\"/>"));
}

TEST_CASE("equal scales keep a square a square") {
  // 2 wide and 1 high: the height is widened to 2 around its middle.
  const auto svg = io::to_svg(
      square({.series = {{.mark = io::Mark::points, .x = {0, 2}, .y = {0, 1}}}, .equal_scales = true}));
  CHECK_THAT(svg, Contains("d=\"M58 105h0M158 55h0\""));
}

TEST_CASE("a figure without anything to draw is still a figure") {
  const auto svg = io::to_svg(square({.x_label = "x", .series = {{.name = "none"}}}));
  CHECK_THAT(svg, Contains("viewBox=\"0 0 172 174\"") && Contains("</svg>"));
  CHECK_THAT(svg, !Contains("nan") && !Contains("inf"));
}

TEST_CASE("texts cannot break a figure") {
  const auto svg = io::to_svg({.title = "a < b & \"c\"", .panels = {{.series = {{.name = "</svg>"}}}}});
  CHECK_THAT(svg, Contains("a &lt; b &amp; &quot;c&quot;") && Contains("&lt;/svg&gt;"));
  CHECK(count(svg, "</svg>") == 1);
}

TEST_CASE("panels stand in columns") {
  const io::SvgFigure figure{.panels = {{}, {}, {}}, .n_columns = 2, .panel_width = 100, .panel_height = 100};
  CHECK_THAT(io::to_svg(figure), Contains("viewBox=\"0 0 200 200\""));
}
