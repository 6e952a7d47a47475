#include "experiments/reproduction_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "io/svg_figure.hpp"

namespace loci::experiments {
namespace {

using io::Mark;
using io::SvgFigure;
using io::SvgPanel;
using io::SvgSeries;

// Beneath this no line is worth room: networks start there, or fall there when little is left of them.
constexpr double least_accuracy_shown = 0.4;

constexpr double tall_panel = 360;  // px, for lines that lie close

std::string panel_title(const std::string& recipe) {
  return fmt::format("recipe {}", recipe);
}

// Accuracy axes fit what is shown, from least_accuracy_shown on.
void fit_accuracies(SvgPanel& panel) {
  double low = 1.0;
  for (const SvgSeries& series : panel.series)
    for (const double y : series.y)
      if (std::isfinite(y)) low = std::min(low, y);
  panel.y_limits = {std::max(least_accuracy_shown, std::floor(low * 50.0) / 50.0), 1.0};
}

// Test errors in %: on a logarithmic scale they stay apart where accuracies near 1 do not. None is not drawn.
double error_percent(double accuracy) {
  return accuracy < 1.0 ? 100.0 * (1.0 - accuracy) : std::numeric_limits<double>::quiet_NaN();
}

// Error axes, logarithmic, fit what is shown and leave it clear of the other axis.
void fit_errors(SvgPanel& panel) {
  constexpr double room = 1.15;
  std::array<double, 2> y{std::numeric_limits<double>::infinity(), 0.0};
  for (const SvgSeries& series : panel.series)
    for (const double error : series.y)
      if (std::isfinite(error)) y = {std::min(y[0], error), std::max(y[1], error)};
  if (y[1] > 0.0) panel.y_limits = {y[0] / room, y[1] * room};
}

// A panel for each recipe, filled series by series; those without any line are left out.
SvgFigure by_recipe(const Section& section, const Results& results, const SvgPanel& empty,
                    const std::function<SvgSeries(const Series&)>& drawn) {
  SvgFigure figure{.title = section.experiment->title};
  for (const std::string_view recipe : recipe_names) {
    SvgPanel panel = empty;
    panel.title = panel_title(std::string(recipe));
    for (const Series& series : section.series)
      if (series.recipe == recipe && any_finished(series, results)) panel.series.push_back(drawn(series));
    if (panel.series.empty()) continue;
    panel.log_y ? fit_errors(panel) : fit_accuracies(panel);
    figure.panels.push_back(std::move(panel));
  }
  figure.n_columns = figure.panels.size();
  return figure;
}

SvgFigure curves_figure(const Section& section, const Results& results) {
  return by_recipe(section, results, {.x_label = "epoch", .y_label = "training accuracy"},
                   [&](const Series& series) {
                     SvgSeries line{.name = series.row->title};
                     const auto runs = finished(series.points.front().runs, results);
                     for (std::size_t e = 0; e < runs.front()->train_accuracy.size(); ++e) {
                       std::vector<double> values;
                       for (const RunResult* run : runs)
                         if (e < run->train_accuracy.size()) values.push_back(run->train_accuracy[e]);
                       line.x.push_back(static_cast<double>(e + 1));
                       line.y.push_back(summary_of(values).mean);
                     }
                     return line;
                   });
}

SvgFigure varied_figure(const Section& section, const Results& results) {
  const SvgPanel empty{.x_label = section.experiment->varied, .y_label = "test error (%)", .log_y = true};
  SvgFigure figure = by_recipe(section, results, empty, [&](const Series& series) {
    SvgSeries line{.name = series.row->title, .mark = Mark::marked_line};
    for (const Point& point : series.points) {
      const auto values = accuracies(point.runs, results);
      if (values.empty()) continue;
      line.x.push_back(point.value);
      line.y.push_back(error_percent(summary_of(values).mean));
    }
    return line;
  });
  figure.panel_height = tall_panel;
  return figure;
}

// What the paper reports beside a panel's own lines, on the paper's data set.
SvgSeries references_of(const Experiment& experiment) {
  SvgSeries points{
      .name = "the paper's", .colour = "#000000", .mark = Mark::points, .size = 7.0, .labels_beside = true};
  for (const Reference& reference : experiment.references) {
    points.x.push_back(static_cast<double>(reference.parameters));
    points.y.push_back(error_percent(reference.accuracy));
    points.labels.push_back(reference.title);
  }
  return points;
}

// Room on the right of a logarithmic axis for the texts of references.
void widen(SvgPanel& panel) {
  constexpr double left_room = 1.3;
  constexpr double right_room = 2.5;
  std::array<double, 2> x{std::numeric_limits<double>::infinity(), 0.0};
  for (const SvgSeries& series : panel.series)
    for (const double at : series.x) x = {std::min(x[0], at), std::max(x[1], at)};
  panel.x_limits = {x[0] / left_room, x[1] * right_room};
}

// Error over parameters, a line for each kind of network.
SvgFigure parameters_figure(const Section& section, const Results& results,
                            const std::function<std::string(const Row&)>& kind_of) {
  SvgFigure figure{.title = section.experiment->title, .panel_height = tall_panel};
  for (const std::string_view recipe : recipe_names) {
    SvgPanel panel{.title = panel_title(std::string(recipe)),
                   .x_label = "parameters",
                   .y_label = "test error (%)",
                   .log_x = true,
                   .log_y = true};
    bool on_paper_dataset = false;
    for (const Series& series : section.series) {
      if (series.recipe != recipe || !any_finished(series, results)) continue;
      on_paper_dataset |= series.dataset == paper_dataset;
      const auto& runs = series.points.front().runs;
      const std::string kind = kind_of(*series.row);
      auto line = std::ranges::find(panel.series, kind, &SvgSeries::name);
      if (line == panel.series.end())
        line = panel.series.insert(line, SvgSeries{.name = kind, .mark = Mark::marked_line});
      line->x.push_back(static_cast<double>(finished(runs, results).front()->parameters));
      line->y.push_back(error_percent(summary_of(accuracies(runs, results)).mean));
    }
    if (panel.series.empty()) continue;
    if (on_paper_dataset && !section.experiment->references.empty())
      panel.series.push_back(references_of(*section.experiment));
    widen(panel);
    fit_errors(panel);
    figure.panels.push_back(std::move(panel));
  }
  figure.n_columns = figure.panels.size();
  if (figure.panels.size() == 1) figure.panel_width = 720;
  return figure;
}

// A panel for each way of removing edges and each recipe.
SvgFigure pruning_figure(const Section& section, const Results& results) {
  SvgFigure figure{.title = section.experiment->title, .n_columns = 2};
  for (const std::string_view recipe : recipe_names)
    for (const Series& series : section.series) {
      if (series.recipe != recipe || !any_finished(series, results)) continue;
      const RunResult& run = *finished(series.points.front().runs, results).front();
      for (auto& curve : pruning_curves(run)) {
        const std::string title = fmt::format("{}, {}", panel_title(std::string(recipe)), curve.removed);
        auto panel = std::ranges::find(figure.panels, title, &SvgPanel::title);
        if (panel == figure.panels.end())
          panel = figure.panels.insert(
              panel, SvgPanel{.title = title, .x_label = "share removed", .y_label = "test accuracy"});
        panel->series.push_back({.name = series.row->title,
                                 .mark = Mark::marked_line,
                                 .x = std::move(curve.shares),
                                 .y = std::move(curve.accuracies)});
      }
    }
  for (SvgPanel& panel : figure.panels) panel.y_limits = {0.0, 1.0};
  return figure;
}

// How many neurons of each layer came to lie where, of the first seed.
SvgFigure layers_figure(const Section& section, const Results& results) {
  SvgFigure figure{.title = section.experiment->title, .n_columns = 2};
  for (const Series& series : section.series) {
    const auto runs = series.points.empty() ? std::vector<const RunResult*>()
                                            : finished(series.points.front().runs, results);
    if (runs.empty() || !runs.front()->measures.contains("layers")) continue;
    SvgPanel panel{.title = panel_title(series.recipe),
                   .x_label = "layer coordinate",
                   .y_label = "share of the layer's neurons"};
    const auto& layers = runs.front()->measures.at("layers");
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const auto edges = layers[l]["edge"].get<std::vector<double>>();
      const auto counts = layers[l]["count"].get<std::vector<double>>();
      double n_neurons = 0.0;
      for (const double count : counts) n_neurons += count;
      SvgSeries bars{.name = fmt::format("layer {}", l), .mark = Mark::bars};
      for (std::size_t b = 0; b < counts.size(); ++b) {
        bars.x.push_back(edges[b]);
        bars.y.push_back(counts[b] / n_neurons);
      }
      panel.series.push_back(std::move(bars));
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

// Where all but a hundredth of some values on either side lie, and all of others: far outliers would leave
// the rest no room.
std::array<double, 2> core_limits(std::vector<double> most, const std::vector<double>& all) {
  std::ranges::sort(most);
  const auto at = [&](double share) {
    return most[static_cast<std::size_t>(std::lround(share * static_cast<double>(most.size() - 1)))];
  };
  std::array<double, 2> limits{at(0.01), at(0.99)};
  for (const double value : all) limits = {std::min(limits[0], value), std::max(limits[1], value)};
  const double rim = 0.05 * (limits[1] - limits[0]);
  return {limits[0] - rim, limits[1] + rim};
}

// Activities of a layer, none below 0, against what all but a hundredth of its neurons stay below: a few are
// many times as active as all others.
std::vector<double> shades(std::vector<double> values) {
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const double most =
      sorted[static_cast<std::size_t>(std::lround(0.99 * static_cast<double>(sorted.size() - 1)))];
  for (double& value : values) value = most > 0.0 ? std::min(value / most, 1.0) : 0.0;
  return values;
}

// Hidden neurons small, outputs large, for each class, of the first series that has it.
SvgFigure activity_figure(const Section& section, const Results& results) {
  SvgFigure figure{
      .title = section.experiment->title, .n_columns = 5, .panel_width = 250, .panel_height = 252};
  for (const Series& series : section.series) {
    const auto runs = series.points.empty() ? std::vector<const RunResult*>()
                                            : finished(series.points.front().runs, results);
    if (series.recipe != "loci" || runs.empty() || !runs.front()->measures.contains("activity")) continue;
    const auto& measure = runs.front()->measures.at("activity");
    const std::size_t n_classes = measure["activity"].back().size();
    for (std::size_t c = 0; c < n_classes; ++c) {
      SvgPanel panel{.title = fmt::format("mean image of class {}", c),
                     .x_label = "x",
                     .y_label = "y",
                     .equal_scales = true};
      const std::size_t n_layers = measure["positions"].size();
      for (std::size_t l = 1; l < n_layers; ++l) {
        const bool output = l + 1 == n_layers;
        SvgSeries points{
            .mark = Mark::points, .size = output ? 15.0 : 3.0, .scale = io::ColourScale::from_ground};
        for (const auto& position : measure["positions"][l]) {
          if (output) points.labels.push_back(fmt::format("{}", points.x.size()));
          points.x.push_back(position[0].get<double>());
          points.y.push_back(position[1].get<double>());
        }
        points.value = shades(measure["activity"][l - 1][c].get<std::vector<double>>());
        panel.series.push_back(std::move(points));
      }
      const auto& hidden = panel.series.front();
      const auto& outputs = panel.series.back();
      panel.x_limits = core_limits(hidden.x, outputs.x);
      panel.y_limits = core_limits(hidden.y, outputs.y);
      figure.panels.push_back(std::move(panel));
    }
    figure.note = fmt::format(
        "{}, seed {}: hidden neurons small, from silent (light) to the most active hundredth (dark); outputs "
        "with "
        "their "
        "class, by its probability. A few neurons lie outside.",
        series.row->title, series.points.front().runs.empty() ? 0 : runs.front()->seed);
    break;
  }
  return figure;
}

// A row's kind of network: what comes first in "spatial-mlp".
std::string wiring_of(const Row& row) {
  return row.recipe.starts_with("dense") ? "dense" : "spatial";
}

SvgFigure figure_of(const Section& section, const Results& results) {
  const std::string& kind = section.experiment->kind;
  if (kind == "curves") return curves_figure(section, results);
  if (kind == "varied") return varied_figure(section, results);
  if (kind == "pruning") return pruning_figure(section, results);
  if (kind == "layers") return layers_figure(section, results);
  if (kind == "activity") return activity_figure(section, results);
  if (kind == "parameters") return parameters_figure(section, results, wiring_of);
  if (kind == "frontier")
    return parameters_figure(section, results, [](const Row& row) { return row.title; });
  return {};
}

}  // namespace

std::string section_figure(const Section& section, const Results& results) {
  const SvgFigure figure = figure_of(section, results);
  return figure.panels.empty() ? "" : io::to_svg(figure);
}

}  // namespace loci::experiments
