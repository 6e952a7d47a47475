#include "io/svg_figure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace loci::io {
namespace {

constexpr double left_margin = 58;
constexpr double right_margin = 14;
constexpr double top_margin = 30;
constexpr double bottom_margin = 44;
constexpr double title_height = 30;
constexpr double note_height = 24;

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

// Pixels to a tenth: finer is not seen, and files stay small.
std::string px(double value) {
  const double rounded = std::round(value * 10.0) / 10.0;
  return fmt::format("{:g}", rounded == 0.0 ? 0.0 : rounded);
}

struct Limits {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  // Nothing, and one value alone, become a range that can be drawn.
  void mend() {
    if (low > high) *this = {0.0, 1.0};
    if (low == high) *this = {low - 0.5, high + 0.5};
  }
  double width() const { return high - low; }
};

double bar_end(const SvgSeries& series, std::size_t i) {
  const std::size_t n = series.x.size();
  if (i + 1 < n) return series.x[i + 1];
  return n > 1 ? 2.0 * series.x[n - 1] - series.x[n - 2] : series.x[i] + 1.0;
}

// A panel's axes and the way from numbers to pixels.
class Frame {
 public:
  Frame(const SvgPanel& panel, double x0, double y0, double width, double height)
      : left_(x0 + left_margin),
        top_(y0 + top_margin),
        width_(width - left_margin - right_margin),
        height_(height - top_margin - bottom_margin),
        log_x_(panel.log_x),
        log_y_(panel.log_y) {
    for (const SvgSeries& series : panel.series) include(series);
    if (panel.cells) {
      const SvgCells& cells = *panel.cells;
      x_.include(cells.x_low);
      x_.include(cells.x_low + cells.x_width * static_cast<double>(cells.n_x));
      y_.include(cells.y_low);
      y_.include(cells.y_low + cells.y_width * static_cast<double>(cells.n_y));
    }
    if (panel.x_limits) x_ = scaled(*panel.x_limits, log_x_);
    if (panel.y_limits) y_ = scaled(*panel.y_limits, log_y_);
    x_.mend();
    y_.mend();
    if (panel.equal_scales) equalise();
  }

  double x(double value) const { return left_ + (scaled(value, log_x_) - x_.low) / x_.width() * width_; }
  double y(double value) const {
    return top_ + height_ - (scaled(value, log_y_) - y_.low) / y_.width() * height_;
  }
  double left() const { return left_; }
  double top() const { return top_; }
  double right() const { return left_ + width_; }
  double bottom() const { return top_ + height_; }
  std::vector<double> x_ticks() const { return ticks(x_, log_x_); }
  std::vector<double> y_ticks() const { return ticks(y_, log_y_); }

 private:
  static double scaled(double value, bool log) { return log ? std::log10(value) : value; }
  static Limits scaled(const std::array<double, 2>& limits, bool log) {
    return {scaled(limits[0], log), scaled(limits[1], log)};
  }
  static std::vector<double> ticks(const Limits& limits, bool log) {
    return log ? log_ticks(std::pow(10.0, limits.low), std::pow(10.0, limits.high))
               : round_ticks(limits.low, limits.high, 5);
  }

  void include(const SvgSeries& series) {
    assert(series.x.size() == series.y.size());
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      x_.include(scaled(series.x[i], log_x_));
      y_.include(scaled(series.y[i], log_y_));
      if (series.mark == Mark::bars && series.y[i] != 0.0) x_.include(bar_end(series, i));
    }
    if (series.mark == Mark::bars) y_.include(0.0);
  }

  void equalise() {
    const double per_px = std::max(x_.width() / width_, y_.width() / height_);
    const auto widen = [](Limits& limits, double width) {
      const double middle = 0.5 * (limits.low + limits.high);
      limits = {middle - 0.5 * width, middle + 0.5 * width};
    };
    widen(x_, per_px * width_);
    widen(y_, per_px * height_);
  }

  double left_;
  double top_;
  double width_;
  double height_;
  bool log_x_;
  bool log_y_;
  Limits x_;
  Limits y_;
};

std::string text_at(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view more = "") {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\"{}>{}</text>\n", px(x), px(y), anchor, more,
                     escaped(text));
}

// Thousands and millions shortened: 10k, 2M.
std::string tick_text(double tick) {
  if (std::abs(tick) >= 1e6) return fmt::format("{:g}M", tick / 1e6);
  return std::abs(tick) >= 1e4 ? fmt::format("{:g}k", tick / 1e3) : fmt::format("{:g}", tick);
}

std::string axes(const SvgPanel& panel, const Frame& frame) {
  std::string svg;
  std::string ticks;
  for (const double tick : frame.x_ticks()) {
    ticks += fmt::format("M{} {}v4", px(frame.x(tick)), px(frame.bottom()));
    svg += text_at(frame.x(tick), frame.bottom() + 16, "middle", tick_text(tick));
  }
  for (const double tick : frame.y_ticks()) {
    ticks += fmt::format("M{} {}h-4", px(frame.left()), px(frame.y(tick)));
    svg += text_at(frame.left() - 7, frame.y(tick) + 3.5, "end", tick_text(tick));
  }
  svg += fmt::format("<path class=\"axis\" d=\"M{} {}V{}H{}{}\"/>\n", px(frame.left()), px(frame.top()),
                     px(frame.bottom()), px(frame.right()), ticks);
  svg += text_at(0.5 * (frame.left() + frame.right()), frame.bottom() + 34, "middle", panel.x_label);
  const double x = frame.left() - 44;
  const double y = 0.5 * (frame.top() + frame.bottom());
  svg +=
      text_at(x, y, "middle", panel.y_label, fmt::format(" transform=\"rotate(-90 {} {})\"", px(x), px(y)));
  if (!panel.title.empty())
    svg += text_at(frame.left(), frame.top() - 10, "start", panel.title, " class=\"panel\"");
  return svg;
}

std::string_view colour_of(const SvgPanel& panel, std::size_t s) {
  const std::string& own = panel.series[s].colour;
  return own.empty() ? palette_colour(s) : own;
}

std::string line(const SvgSeries& series, const Frame& frame, std::string_view colour) {
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{} {}", pen_down ? 'L' : 'M', px(frame.x(series.x[i])), px(frame.y(series.y[i])));
    pen_down = true;
  }
  return fmt::format("<path class=\"line\" stroke=\"{}\" d=\"{}\"/>\n", colour, path);
}

// Dots of one colour are one path: a point each, made round by the ends of its line.
std::string dots(const SvgSeries& series, const Frame& frame, std::string_view colour,
                 const std::vector<std::size_t>& chosen) {
  std::string path;
  for (const std::size_t i : chosen)
    path += fmt::format("M{} {}h0", px(frame.x(series.x[i])), px(frame.y(series.y[i])));
  return path.empty()
             ? ""
             : fmt::format("<path class=\"dots\" stroke=\"{}\" stroke-width=\"{}\" d=\"{}\"/>\n", colour,
                           px(series.mark == Mark::marked_line ? std::max(series.size, 5.0) : series.size),
                           path);
}

std::string points(const SvgSeries& series, const Frame& frame, std::string_view colour) {
  constexpr std::size_t n_shades = 32;
  const bool shaded = !series.value.empty();
  std::vector<std::vector<std::size_t>> by_shade(shaded ? n_shades : 1);
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.x[i]) || !std::isfinite(series.y[i])) continue;
    std::size_t shade = 0;
    if (shaded && std::isfinite(series.value[i]))
      shade = static_cast<std::size_t>(
          std::lround(std::clamp(series.value[i], 0.0, 1.0) * static_cast<double>(n_shades - 1)));
    by_shade[shade].push_back(i);
  }
  if (!shaded) return dots(series, frame, colour, by_shade.front());
  std::string svg;
  for (std::size_t shade = 0; shade < n_shades; ++shade)
    svg += dots(series, frame, scale_colour(static_cast<double>(shade) / (n_shades - 1), series.scale),
                by_shade[shade]);
  return svg;
}

std::string labels(const SvgSeries& series, const Frame& frame) {
  const double aside = series.labels_beside ? 0.5 * series.size + 4.0 : 0.0;
  std::string svg;
  for (std::size_t i = 0; i < series.labels.size(); ++i)
    if (std::isfinite(series.x[i]) && std::isfinite(series.y[i]))
      svg += text_at(frame.x(series.x[i]) + aside, frame.y(series.y[i]) + 3.5,
                     series.labels_beside ? "start" : "middle", series.labels[i], " class=\"key\"");
  return svg;
}

std::string bars(const SvgSeries& series, const Frame& frame, std::string_view colour) {
  std::string path;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!std::isfinite(series.y[i]) || series.y[i] == 0.0) continue;
    path += fmt::format("M{} {}V{}H{}V{}z", px(frame.x(series.x[i])), px(frame.y(0.0)),
                        px(frame.y(series.y[i])), px(frame.x(bar_end(series, i))), px(frame.y(0.0)));
  }
  return fmt::format("<path fill=\"{0}\" fill-opacity=\"0.45\" stroke=\"{0}\" d=\"{1}\"/>\n", colour, path);
}

std::string cells(const SvgCells& cells, const Frame& frame) {
  const double most = cells.counts.empty() ? 0.0 : *std::ranges::max_element(cells.counts);
  std::string svg;
  for (std::size_t j = 0; j < cells.n_y; ++j)
    for (std::size_t i = 0; i < cells.n_x; ++i) {
      const double count = cells.counts[j * cells.n_x + i];
      if (!(count > 0.0)) continue;
      const double left = frame.x(cells.x_low + cells.x_width * static_cast<double>(i));
      const double right = frame.x(cells.x_low + cells.x_width * static_cast<double>(i + 1));
      const double top = frame.y(cells.y_low + cells.y_width * static_cast<double>(j + 1));
      const double bottom = frame.y(cells.y_low + cells.y_width * static_cast<double>(j));
      svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n", px(left),
                         px(top), px(right - left + 0.2), px(bottom - top + 0.2),
                         scale_colour(std::log1p(count) / std::log1p(most)));
    }
  return svg;
}

// How much is drawn in a rectangle of pixels: points, and of lines and bars a sample every few pixels.
std::size_t n_drawn_in(const SvgPanel& panel, const Frame& frame, Limits x, Limits y) {
  constexpr double every = 4;
  std::size_t n = 0;
  const auto sample = [&](double x0, double y0, double x1, double y1) {
    if (!std::isfinite(x0 + y0 + x1 + y1)) return;
    const auto n_samples = static_cast<std::size_t>(std::hypot(x1 - x0, y1 - y0) / every) + 1;
    for (std::size_t s = 0; s <= n_samples; ++s) {
      const double part = static_cast<double>(s) / static_cast<double>(n_samples);
      const double at_x = x0 + part * (x1 - x0);
      const double at_y = y0 + part * (y1 - y0);
      n += at_x >= x.low && at_x <= x.high && at_y >= y.low && at_y <= y.high;
    }
  };
  for (const SvgSeries& series : panel.series)
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const double here_x = frame.x(series.x[i]);
      const double here_y = frame.y(series.y[i]);
      if (series.mark == Mark::bars)
        sample(here_x, frame.y(0.0), here_x, here_y);
      else if (series.mark == Mark::points || i == 0)
        sample(here_x, here_y, here_x, here_y);
      else
        sample(frame.x(series.x[i - 1]), frame.y(series.y[i - 1]), here_x, here_y);
    }
  return n;
}

std::string legend(const SvgPanel& panel, const Frame& frame) {
  constexpr double line_height = 15;
  constexpr double letter_width = 6;  // about, of 11 px
  std::size_t n_lines = 0;
  std::size_t n_letters = 0;
  for (const SvgSeries& series : panel.series) {
    n_lines += !series.name.empty();
    n_letters = std::max(n_letters, series.name.size());
  }
  if (n_lines == 0) return "";
  const double width = 20 + letter_width * static_cast<double>(n_letters);
  const double height = line_height * static_cast<double>(n_lines) + 2;
  struct Corner {
    bool right;
    bool top;
  };
  Corner best{true, true};
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (const Corner corner :
       {Corner{true, true}, Corner{true, false}, Corner{false, true}, Corner{false, false}}) {
    const Limits x = corner.right ? Limits{frame.right() - width, frame.right()}
                                  : Limits{frame.left(), frame.left() + width};
    const Limits y = corner.top ? Limits{frame.top(), frame.top() + height}
                                : Limits{frame.bottom() - height, frame.bottom()};
    const std::size_t n = n_drawn_in(panel, frame, x, y);
    if (n >= least) continue;
    least = n;
    best = corner;
  }
  std::string svg;
  double y = best.top ? frame.top() + 10 : frame.bottom() - height + 8;
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    if (panel.series[s].name.empty()) continue;
    svg += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\" fill=\"{}\"/>\n",
                       px(best.right ? frame.right() - 8 : frame.left() + 10), px(y), colour_of(panel, s));
    svg += text_at(best.right ? frame.right() - 16 : frame.left() + 18, y + 3.5, best.right ? "end" : "start",
                   panel.series[s].name, " class=\"key\"");
    y += line_height;
  }
  return svg;
}

std::string drawn(const SvgPanel& panel, const Frame& frame, std::size_t number) {
  constexpr double rim = 5;  // dots on the border are whole
  std::string svg = fmt::format(
      "<clipPath id=\"panel{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n"
      "<g clip-path=\"url(#panel{})\">\n",
      number, px(frame.left() - rim), px(frame.top() - rim), px(frame.right() - frame.left() + 2 * rim),
      px(frame.bottom() - frame.top() + 2 * rim), number);
  if (panel.cells) svg += cells(*panel.cells, frame);
  for (std::size_t s = 0; s < panel.series.size(); ++s) {
    const SvgSeries& series = panel.series[s];
    const auto colour = colour_of(panel, s);
    if (series.mark == Mark::bars) svg += bars(series, frame, colour);
    if (series.mark == Mark::line || series.mark == Mark::marked_line) svg += line(series, frame, colour);
    if (series.mark == Mark::points || series.mark == Mark::marked_line) svg += points(series, frame, colour);
    svg += labels(series, frame);
  }
  return svg + "</g>\n" + axes(panel, frame) + legend(panel, frame);
}

constexpr std::string_view style = R"(<style>
text { font: 11px "Helvetica Neue", Arial, sans-serif; fill: #222 }
.panel { font-weight: bold }
.title { font-size: 15px; font-weight: bold }
.key { paint-order: stroke; stroke: #fff; stroke-width: 3px }
.axis { fill: none; stroke: #444 }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
.dots { fill: none; stroke-linecap: round }
</style>
)";

}  // namespace

std::string to_svg(const SvgFigure& figure) {
  const std::size_t n_columns = std::max<std::size_t>(figure.n_columns, 1);
  const std::size_t n_rows = (figure.panels.size() + n_columns - 1) / n_columns;
  const double top = figure.title.empty() ? 0.0 : title_height;
  const double width = figure.panel_width * static_cast<double>(std::min(n_columns, figure.panels.size()));
  const double height =
      top + figure.panel_height * static_cast<double>(n_rows) + (figure.note.empty() ? 0.0 : note_height);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n",
      px(width), px(height));
  svg += style;
  svg += "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
  if (!figure.title.empty()) svg += text_at(14, 20, "start", figure.title, " class=\"title\"");
  for (std::size_t p = 0; p < figure.panels.size(); ++p) {
    const std::size_t row = p / n_columns;
    const std::size_t column = p % n_columns;
    const Frame frame(figure.panels[p], figure.panel_width * static_cast<double>(column),
                      top + figure.panel_height * static_cast<double>(row), figure.panel_width,
                      figure.panel_height);
    svg += drawn(figure.panels[p], frame, p);
  }
  if (!figure.note.empty()) svg += text_at(14, height - 8, "start", figure.note);
  return svg + "</svg>\n";
}

}  // namespace loci::io
