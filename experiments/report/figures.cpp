#include "experiments/report/figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "sim/error.hpp"

namespace loci::experiments {
namespace {

using io::Mark;
using io::SvgFigure;
using io::SvgPanel;
using io::SvgSeries;

SvgFigure raster_figure(const RasterView& raster, const FigureOptions& options) {
  SvgPanel panel{.x_label = "time (ms)", .y_label = "neuron"};
  std::vector<std::size_t> end;
  std::size_t n_neurons = 0;
  for (const NeuronGroup& group : raster.groups) {
    panel.series.push_back({.name = group.name, .mark = Mark::points});
    n_neurons += group.n_neurons;
    end.push_back(n_neurons);
  }
  const std::size_t n = raster.neuron.size();
  const std::size_t n_drawn = std::min(n, options.most_points);
  for (std::size_t k = 0; k < n_drawn; ++k) {
    const std::size_t spike = k * n / n_drawn;
    const std::size_t neuron = raster.neuron[spike];
    auto& series =
        panel.series[static_cast<std::size_t>(std::ranges::upper_bound(end, neuron) - end.begin())];
    series.x.push_back(static_cast<double>(raster.time_ms[spike]));
    series.y.push_back(static_cast<double>(neuron));
  }
  panel.x_limits = {0.0, raster.duration_ms};
  panel.y_limits = {-0.5, static_cast<double>(n_neurons) - 0.5};
  SvgFigure figure{
      .title = raster.title, .panels = {std::move(panel)}, .panel_width = 840, .panel_height = 420};
  if (n_drawn < raster.n_spikes)
    figure.note = fmt::format("{} of {} spikes are drawn", n_drawn, raster.n_spikes);
  return figure;
}

SvgFigure rates_figure(const RasterView& raster) {
  SvgPanel panel{.x_label = "time (ms)", .y_label = "rate (spikes/s per neuron)"};
  for (std::size_t g = 0; g < raster.groups.size(); ++g) {
    SvgSeries series{.name = raster.groups[g].name};
    for (std::size_t bin = 0; bin < raster.rates_hz[g].size(); ++bin) {
      series.x.push_back((static_cast<double>(bin) + 0.5) * raster.bin_ms);
      series.y.push_back(static_cast<double>(raster.rates_hz[g][bin]));
    }
    panel.series.push_back(std::move(series));
  }
  return {.title = raster.title,
          .note = fmt::format("bins of {} ms", raster.bin_ms),
          .panels = {std::move(panel)},
          .panel_width = 840};
}

// A column of a table as a series over the first one.
SvgSeries column_series(const io::HistoryTable& table, std::size_t column, const std::string& name) {
  SvgSeries series{.name = name};
  for (const auto& row : table.rows) {
    series.x.push_back(row.front());
    series.y.push_back(row[column]);
  }
  return series;
}

SvgFigure table_rates_figure(const io::HistoryTable& table) {
  SvgPanel panel{.x_label = "time (ms)", .y_label = "rate (spikes/s per neuron)"};
  for (std::size_t c = 1; c < table.columns.size(); ++c) {
    std::string name = table.columns[c];
    if (name.ends_with("_hz")) name.resize(name.size() - 3);
    panel.series.push_back(column_series(table, c, name));
  }
  return {.panels = {std::move(panel)}, .panel_width = 840};
}

SvgFigure training_figure(const io::HistoryTable& table) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> panels{
      {{"train_loss"}, "loss (nats)"},
      {{"train_accuracy", "validation_accuracy"}, "accuracy (share of images)"},
      {{"spikes_per_image"}, "spikes per image"},
      {{"learning_rate"}, "learning rate"}};
  SvgFigure figure{.title = "Training", .n_columns = 2};
  for (const auto& [names, label] : panels) {
    SvgPanel panel{.x_label = "epoch", .y_label = label};
    for (const std::string name : names) {
      const auto column = std::ranges::find(table.columns, name);
      if (column == table.columns.end()) continue;
      auto series = column_series(table, static_cast<std::size_t>(column - table.columns.begin()),
                                  names.size() > 1 ? name.substr(0, name.find('_')) : "");
      if (std::ranges::any_of(series.y, [](double y) { return std::isfinite(y); }))
        panel.series.push_back(std::move(series));
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  return figure;
}

// Activations as shades from 0 to 1 within the layer, in which all are shown relative to its largest.
std::vector<double> shades(const std::vector<float>& values, std::size_t begin, std::size_t end,
                           bool around_zero) {
  float most = 0.0F;
  for (std::size_t i = begin; i < end; ++i) most = std::max(most, std::abs(values[i]));
  std::vector<double> result;
  for (std::size_t i = begin; i < end; ++i) {
    const double share = most > 0.0F ? static_cast<double>(values[i] / most) : 0.0;
    result.push_back(around_zero ? 0.5 + 0.5 * share : share);
  }
  return result;
}

SvgFigure positions_figure(const Report& report, const FigureOptions& options) {
  const NetworkView& view = *report.network;
  const std::vector<float>* values = &view.sign;
  SvgFigure figure{.title = view.title, .panel_width = 330, .panel_height = 340};
  figure.note = "colour: sign, from inhibiting (dark) to exciting (bright)";
  if (!options.input.empty()) {
    const InputView* found = nullptr;
    std::string known;
    if (report.inputs)
      for (const InputView& each : report.inputs->inputs) {
        if (each.name == options.input) found = &each;
        known += (known.empty() ? "" : ", ") + each.name;
      }
    if (found == nullptr)
      throw InputError(
          "--input", fmt::format("there is no input called '{}'", options.input),
          known.empty() ? "name a model whose images can be found (--data-dir)" : "use one of: " + known);
    values = &found->activation;
    figure.note = fmt::format("colour: {} for {}, relative to the largest of each layer", report.inputs->unit,
                              found->name);
  }
  for (std::size_t g = 0; g < view.groups.size(); ++g) {
    const auto index = [&](std::size_t neuron) {
      return static_cast<std::size_t>(std::ranges::lower_bound(view.neurons, neuron) - view.neurons.begin());
    };
    const std::size_t begin = index(view.first_of(g));
    const std::size_t end = index(view.first_of(g + 1));
    SvgSeries series{.mark = Mark::points, .value = shades(*values, begin, end, options.input.empty())};
    series.size = end - begin < 50 ? 9 : end - begin < 1000 ? 4.5 : 3;
    if (!options.input.empty()) series.scale = io::ColourScale::from_ground;
    for (std::size_t i = begin; i < end; ++i) {
      series.x.push_back(static_cast<double>(view.positions[3 * i]));
      series.y.push_back(static_cast<double>(view.positions[3 * i + 1]));
    }
    figure.panels.push_back({.title = fmt::format("{} ({})", view.groups[g].name, view.groups[g].n_neurons),
                             .x_label = view.axes[0],
                             .y_label = view.axes[1],
                             .series = {std::move(series)},
                             .equal_scales = true});
  }
  figure.n_columns = std::min<std::size_t>(figure.panels.size(), 3);
  return figure;
}

SvgFigure weights_figure(const NetworkView& view) {
  SvgFigure figure{.title = "Weight over distance", .note = "colour: number of edges, logarithmic"};
  const std::string unit = view.weight_unit.empty() ? "" : fmt::format(" ({})", view.weight_unit);
  for (const GridHistogram& grid : view.edge_grids) {
    io::SvgCells cells{.n_x = grid.n_x,
                       .n_y = grid.n_y,
                       .x_low = grid.x_low,
                       .x_width = grid.x_width,
                       .y_low = grid.y_low,
                       .y_width = grid.y_width,
                       .counts = {grid.counts.begin(), grid.counts.end()}};
    figure.panels.push_back({.title = grid.name,
                             .x_label = "log10 of distance (units of space)",
                             .y_label = "log10 of |weight|" + unit,
                             .series = {},
                             .cells = std::move(cells)});
  }
  figure.n_columns = std::min<std::size_t>(figure.panels.size(), 2);
  return figure;
}

SvgFigure axes_figure(const NetworkView& view) {
  SvgFigure figure{.title = "Coordinates", .n_columns = 3, .panel_width = 330};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    SvgPanel panel{.x_label = view.axes[axis], .y_label = "neurons"};
    for (const AxisHistogram& each : view.axis_histograms) {
      if (each.axis != axis) continue;
      SvgSeries series{.name = view.groups[each.group].name, .mark = Mark::bars};
      // The end of the last bin, with nothing above it, says how wide bins are.
      for (std::size_t bin = 0; bin <= each.counts.size(); ++bin) {
        series.x.push_back(each.low + static_cast<double>(bin) * each.width);
        series.y.push_back(bin < each.counts.size() ? static_cast<double>(each.counts[bin]) : 0.0);
      }
      panel.series.push_back(std::move(series));
    }
    if (!panel.series.empty()) figure.panels.push_back(std::move(panel));
  }
  return figure;
}

SvgFigure membranes_figure(const std::vector<TracesView>& all) {
  SvgFigure figure{.panel_width = 840};
  for (const TracesView& view : all) {
    SvgPanel panel{
        .title = view.title,
        .x_label = "time (ms)",
        .y_label = view.unit.empty() ? view.quantity : fmt::format("{} ({})", view.quantity, view.unit)};
    for (const TraceView& trace : view.traces) {
      SvgSeries series{.name = trace.name};
      for (std::size_t t = 0; t < trace.values.size(); ++t) {
        series.x.push_back(view.start_ms + static_cast<double>(t) * view.interval_ms);
        series.y.push_back(static_cast<double>(trace.values[t]));
      }
      panel.series.push_back(std::move(series));
    }
    figure.panels.push_back(std::move(panel));
  }
  return figure;
}

SvgFigure pruning_figure(const PruningView& view) {
  SvgPanel panel{.x_label = "share of edges removed, weakest first", .y_label = "accuracy (share of images)"};
  panel.series.push_back({.x = view.pruned, .y = view.accuracy});
  panel.series.push_back({.mark = Mark::points, .x = view.pruned, .y = view.accuracy, .size = 5});
  return {.title = "Pruning", .note = fmt::format("{} images", view.n_images), .panels = {std::move(panel)}};
}

SvgFigure confusion_figure(const ConfusionView& view) {
  io::SvgCells cells{.n_x = view.n_classes, .n_y = view.n_classes, .x_low = -0.5, .y_low = -0.5};
  cells.counts.assign(view.counts.begin(), view.counts.end());
  SvgPanel panel{.x_label = "predicted class", .y_label = "label", .series = {}, .cells = std::move(cells)};
  return {.title = fmt::format("Confusion on {}", view.data),
          .note = fmt::format("{} images, colour: number of them, logarithmic", view.n_images()),
          .panels = {std::move(panel)},
          .panel_height = 440};
}

bool has(const Report& report, const std::string& name) {
  if (name == "raster") return report.raster && report.raster->n_spikes > 0;
  if (name == "rates") return (report.raster && !report.raster->rates_hz.empty()) || report.rates;
  if (name == "positions") return report.network.has_value();
  if (name == "training") return report.training && !report.training->rows.empty();
  if (name == "weights") return report.network && !report.network->edge_grids.empty();
  if (name == "axes") return report.network && !report.network->axis_histograms.empty();
  if (name == "membranes") return !report.traces.empty();
  if (name == "pruning") return report.pruning.has_value();
  if (name == "confusion") return report.confusion.has_value();
  return false;
}

}  // namespace

std::vector<std::string> figure_names() {
  return {"raster", "rates", "positions", "training", "weights", "axes", "membranes", "pruning", "confusion"};
}

std::vector<std::string> figures_of(const Report& report) {
  std::vector<std::string> names = figure_names();
  std::erase_if(names, [&](const std::string& name) { return !has(report, name); });
  return names;
}

SvgFigure figure(const Report& report, const std::string& name, const FigureOptions& options) {
  if (!has(report, name)) {
    const auto names = figures_of(report);
    throw InputError("--what", fmt::format("there is nothing to draw for '{}'", name),
                     names.empty() ? "name other files"
                                   : fmt::format("of these files there are: {}", fmt::join(names, ", ")));
  }
  if (name == "raster") return raster_figure(*report.raster, options);
  if (name == "rates")
    return report.raster ? rates_figure(*report.raster) : table_rates_figure(*report.rates);
  if (name == "positions") return positions_figure(report, options);
  if (name == "training") return training_figure(*report.training);
  if (name == "weights") return weights_figure(*report.network);
  if (name == "axes") return axes_figure(*report.network);
  if (name == "membranes") return membranes_figure(report.traces);
  if (name == "pruning") return pruning_figure(*report.pruning);
  return confusion_figure(*report.confusion);
}

}  // namespace loci::experiments
