// Figures as SVG: panels with axes, in which series are drawn as lines, points, bars or cells of colour.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loci::io {

enum class Mark {
  line,
  marked_line,  // with a point at each value
  points,
  bars,  // x: left ends of the bins, as wide as to the next one; y: heights from 0
};

enum class ColourScale {
  viridis,      // from dark to bright: cells, and values whose two ends say as much
  from_ground,  // from next to white to dark blue: what is 0 stands back
};

struct SvgSeries {
  std::string name;    // in the legend; empty: none
  std::string colour;  // empty: the palette's next one
  Mark mark = Mark::line;
  std::vector<double> x;
  std::vector<double> y;                     // lines break where it is not a number
  std::vector<double> value;                 // points: coloured by it, from 0 to 1; empty: one colour for all
  double size = 1.5;                         // points: diameter in px (marked_line: at least 5)
  ColourScale scale = ColourScale::viridis;  // of `value`
  std::vector<std::string> labels;           // points: a text on each; empty: none
  bool labels_beside = false;                // right of their points
};

// Colours of cells, from no count to the largest; shown on a logarithmic scale, for counts span decades.
struct SvgCells {
  std::size_t n_x = 0;
  std::size_t n_y = 0;
  double x_low = 0.0;
  double x_width = 1.0;  // of a cell
  double y_low = 0.0;
  double y_width = 1.0;
  std::vector<double> counts;  // (n_y, n_x), row-major
};

struct SvgPanel {
  std::string title;
  std::string x_label;  // with units
  std::string y_label;
  std::vector<SvgSeries> series;
  std::optional<SvgCells> cells;
  bool equal_scales = false;                      // one unit is as long on both axes
  bool log_x = false;                             // x, all above 0, on a logarithmic scale
  bool log_y = false;                             // the same for y, without bars and cells
  std::optional<std::array<double, 2>> x_limits;  // default: what the series span
  std::optional<std::array<double, 2>> y_limits;
};

struct SvgFigure {
  std::string title;
  std::string note;  // below the panels: what is not shown, and why
  std::vector<SvgPanel> panels;
  std::size_t n_columns = 1;
  double panel_width = 420;  // px, axes included
  double panel_height = 280;
};

// A complete SVG document; the same figure gives the same bytes. Values that are not finite are not drawn.
// A panel's legend stands in the corner where it hides least.
std::string to_svg(const SvgFigure& figure);

// Okabe and Ito's palette (2008), which people with any colour vision tell apart, beginning anew after eight.
std::string_view palette_colour(std::size_t index);
// "#rrggbb" at 0 to 1.
std::string scale_colour(double value, ColourScale scale = ColourScale::viridis);

// About n round numbers from low to high: 1, 2 or 5 times a power of ten apart.
std::vector<double> round_ticks(double low, double high, std::size_t n);
// 1, 2 and 5 times powers of ten from low to high, both above 0; round numbers where that makes fewer than 3.
std::vector<double> log_ticks(double low, double high);

}  // namespace loci::io
